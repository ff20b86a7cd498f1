//! What each word of a description may be. A refused one shows the part that is wrong, and where there
//! is one answer, what to write instead.

use std::fmt::{Debug, Display};

use lapstrake::TransportRef;
use lapstrake::value::{
    Capabilities, Glob, ImageName, ImagePath, Invalid, Karg, LabelKey, LayerName, Mode, Owner, PackageSpec,
    Reference, RepositoryId, RepositoryUrl, SecretId, SysusersLine, TmpfilesLine, UnitName, Variable,
};
use proptest::prelude::*;

#[track_caller]
fn accepts<T: Debug>(parse: fn(&str) -> Result<T, Invalid>, texts: &[&str]) {
    for text in texts {
        assert!(parse(text).is_ok(), "{text:?}: {:?}", parse(text));
    }
}

/// Each case: the text, the part of it that is shown, and the help ("" where there is none).
#[track_caller]
fn refuses<T: Debug>(parse: fn(&str) -> Result<T, Invalid>, cases: &[(&str, &str, &str)]) {
    for (text, part, help) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!(error.input(), *text);
        assert_eq!(
            (error.offending(), error.help().unwrap_or_default()),
            (*part, *help),
            "{text:?}: {error}"
        );
    }
}

#[test]
fn repository_ids_and_urls() {
    accepts(RepositoryId::parse, &["vendor", "a:b", "x.y-z_1", &"r".repeat(200)]);
    refuses(
        RepositoryId::parse,
        &[
            ("", "", ""),
            ("vendor nightly", " ", "write `vendor-nightly`"),
            ("a/b", "/", "write `a-b`"),
            ("-a", "-", ""),
            ("a]\nb", "]", "write `a--b`"),
        ],
    );
    accepts(
        RepositoryUrl::parse,
        &[
            "https://rpms.example/el10/$basearch",
            "http://127.0.0.1:8000",
            "file:///srv/rpms",
            "https://x/a@b",
        ],
    );
    refuses(
        RepositoryUrl::parse,
        &[
            ("", "", ""),
            ("rpms.example/el10", "rpms.example/el10", "write `https://rpms.example/el10`"),
            ("/srv/rpms", "/srv/rpms", "write `file:///srv/rpms`"),
            ("gopher://x/", "gopher://x/", ""),
            ("https:///el10", "https:///el10", ""),
            ("https://x/\nenabled=0", "\n", ""),
            ("https://me:pass@x/el10", "me:pass@", "write `https://x/el10`"),
        ],
    );
}

#[test]
fn variables_and_secrets() {
    accepts(Variable::parse, &["LANG", "_", "_a1", "lower"]);
    refuses(
        Variable::parse,
        &[
            ("", "", ""),
            ("1A", "1", ""),
            ("A=b", "=", "give the value as an argument of its own"),
            ("A-B", "-", "write `A_B`"),
            ("É", "É", "write `_`"),
        ],
    );
    accepts(SecretId::parse, &["token", "a.b-c_d", "1"]);
    refuses(
        SecretId::parse,
        &[
            ("", "", ""),
            ("a,src=/etc/shadow", ",", "write `a-src--etc-shadow`"),
            ("../x", "/", ""),
            (".x", ".", ""),
            ("a b", " ", "write `a-b`"),
        ],
    );
}

#[test]
fn image_paths() {
    let component = "x".repeat(255);
    let deep = "/y".repeat(2047);
    accepts(
        ImagePath::parse,
        &[
            "/",
            "/etc/sensord.toml",
            "/a b/\"c\"/'d'/$e/é/\n",
            "/...",
            "/.hidden",
            "/a.wh.b",
            "/wh.x",
            "/-rf",
            &format!("/{component}"),
            &deep,
        ],
    );
    refuses(
        ImagePath::parse,
        &[
            ("", "", ""),
            ("etc/sensord.toml", "etc/sensord.toml", "write `/etc/sensord.toml`"),
            ("./etc", "./etc", "write `/etc`"),
            ("../etc", "../etc", "write `/etc`"),
            ("/etc/", "/", "write `/etc`"),
            ("//", "/", "write `/`"),
            ("/etc//x", "/", "write `/etc/x`"),
            ("/etc/./x", ".", "write `/etc/x`"),
            ("/etc/../x", "..", "write `/x`"),
            ("/..", "..", "write `/`"),
            ("/etc/.wh.motd", ".wh.motd", "to remove a file, use `.remove(…)`"),
            ("/etc/.wh..wh..opq", ".wh..wh..opq", "to remove a file, use `.remove(…)`"),
            ("etc/.wh.motd", "etc/.wh.motd", ""),
            ("/a\0b", "a\0b", ""),
            (&format!("/{component}x"), &format!("{component}x"), ""),
            (&format!("{deep}/y"), &format!("{deep}/y"), ""),
        ],
    );
    let error = ImagePath::parse("/etc/").unwrap_err();
    assert_eq!(error.to_string(), "image path `/etc/` ends in `/`");
    let long = format!("x{deep}");
    let error = ImagePath::parse(&long).unwrap_err();
    assert!(error.to_string().len() < 300, "a message stays readable");
    assert_eq!(error.input(), long);
    // What a terminal would act on is shown, not sent.
    let error = ImagePath::parse("etc/\u{1b}[31m\n").unwrap_err();
    assert_eq!(error.help(), Some("write `/etc/\\u{1b}[31m\\n`"));
    assert!(!error.to_string().contains(char::is_control));
}

#[test]
fn modes_in_octal_digits() {
    for (text, bits) in
        [("755", 0o755), ("0755", 0o755), ("0o755", 0o755), ("0", 0), ("7777", 0o7777), ("4755", 0o4755)]
    {
        assert_eq!(Mode::parse(text).map(Mode::bits), Ok(bits), "{text}");
    }
    let form = "write it as `0o755`";
    refuses(
        Mode::parse,
        &[
            ("", "", form),
            ("0o", "0o", form),
            ("758", "8", form),
            ("0o8", "8", form),
            ("rwxr-xr-x", "r", form),
            ("u+x", "u", form),
            ("-1", "-", form),
            ("+755", "+", form),
            (" 755", " ", form),
            ("0x1ed", "x", form),
            ("100644", "100644", form),
            ("77777777777777777777777", "77777777777777777777777", form),
            ("7é", "é", form),
        ],
    );
}

#[test]
fn modes_as_numbers() {
    for bits in [0, 0o600, 0o644, 0o755, 0o1777, 0o2755, 0o2770, 0o4755, 0o7777] {
        assert_eq!(Mode::try_from(bits).map(Mode::bits), Ok(bits), "{bits:o}");
    }
    // Written without the `0o`, and taken for what rustc reads, each would be a mode nobody asked for.
    for decimal in [
        555, 600, 640, 644, 660, 664, 700, 711, 744, 750, 755, 770, 775, 777, 1777, 2755, 2770, 2775, 4755,
        6755,
    ] {
        let error = Mode::try_from(decimal).unwrap_err();
        assert_eq!(error.help(), Some(format!("write `0o{decimal}`").as_str()), "{decimal}");
    }
    let error = Mode::try_from(0o100_644).unwrap_err();
    assert_eq!((error.offending(), error.help()), ("33188", Some("write `0o755`")));
}

#[test]
fn unit_names() {
    let longest = format!("{}.service", "x".repeat(247));
    accepts(
        UnitName::parse,
        &[
            "sensord.service",
            "a.socket",
            "a.timer",
            "a.mount",
            "a.automount",
            "a.swap",
            "a.target",
            "a.path",
            "a.slice",
            "a.scope",
            "sys-subsystem-net-devices-can0.device",
            "getty@.service",
            "getty@tty1.service",
            "a@b@c.service",
            "dbus-org.freedesktop.hostname1.service",
            "dev-disk-by\\x2dlabel-root.swap",
            "-.mount",
            "a:b_c.service",
            &longest,
        ],
    );
    let all = "units end in `.automount`, `.device`, `.mount`, `.path`, `.scope`, `.service`, `.slice`, \
               `.socket`, `.swap`, `.target`, `.timer`";
    refuses(
        UnitName::parse,
        &[
            ("", "", ""),
            ("sensord", "sensord", "write `sensord.service`"),
            ("sensord.", "sensord.", "write `sensord.service`"),
            ("getty@tty1", "getty@tty1", "write `getty@tty1.service`"),
            ("sensord.sevice", "sevice", "write `sensord.service`"),
            ("sensord.Service", "Service", "write `sensord.service`"),
            ("sensord.tmier", "tmier", "write `sensord.timer`"),
            ("sensord.conf", "conf", all),
            ("org.example.Sensor1", "Sensor1", "write `org.example.Sensor1.service`"),
            (".service", ".", ""),
            ("@.service", "@", ""),
            ("@x.service", "@", ""),
            ("/usr/lib/systemd/system/a.service", "/usr/lib/systemd/system/", "write `a.service`"),
            ("/usr/lib/systemd/system/a.mount", "/usr/lib/systemd/system/", "write `a.mount`"),
            ("var/lib/sensord.mount", "var/lib/", "write `var-lib-sensord.mount`"),
            // `systemd-escape --path --suffix=mount /var/lib/.x-y/ä` says the same.
            ("/var/lib/.x-y/ä.mount", "/var/lib/.x-y/", "write `var-lib-.x\\x2dy-\\xc3\\xa4.mount`"),
            ("/.a.mount", "/", "write `\\x2ea.mount`"),
            ("sensor daemon.service", " ", "write `sensor-daemon.service`"),
            ("sénsor.service", "é", "write `s-nsor.service`"),
            ("a\n.service", "\n", "write `a-.service`"),
            (&format!("x{longest}"), &format!("x{longest}"), ""),
        ],
    );
}

#[test]
fn references() {
    let digest = format!("sha256:{}", "0f".repeat(32));
    let pinned = format!("registry.example/a@{digest}");
    let both = format!("registry.example/a:1@{digest}");
    accepts(
        Reference::parse,
        &[
            "registry.example/autosd-bootc-qemu:1",
            "registry.example:5000/a/b/c:v1.2.3-rc.1_x",
            "localhost/my-base:latest",
            "localhost:5000/x:1",
            "127.0.0.1:5000/x:1",
            "[::1]:5000/x:1",
            "[fe80::1]/x:1",
            "Registry.Example/x:1",
            "autosd:1",
            "a__b/c.d/e--f:1",
            "x:_",
            &pinned,
            &both,
        ],
    );
    let tags =
        "a tag has letters, digits, `_`, `.` and `-`, at most 128, and starts with neither `.` nor `-`";
    refuses(
        Reference::parse,
        &[
            ("docker://registry.example/a:1", "docker://", "write `registry.example/a:1`"),
            ("https://registry.example/a", "https://", ""),
            (
                "registry.example/a",
                "registry.example/a",
                "write `registry.example/a:latest`, or pin a digest",
            ),
            (
                "registry.example:5000/a",
                "registry.example:5000/a",
                "write `registry.example:5000/a:latest`, or pin a digest",
            ),
            ("registry.example/a:", ":", "write `registry.example/a:latest`"),
            ("registry.example/a:-x", "-x", tags),
            ("registry.example/a:x y", "x y", tags),
            ("registry.example/AutoSD:1", "AutoSD", "write `registry.example/autosd:1`"),
            ("registry.example/a b:1", "a b", ""),
            ("registry.example//a:1", "", ""),
            ("registry.example/a..b:1", "a..b", ""),
            ("registry.example/a_-b:1", "a_-b", ""),
            ("registry.example/-a:1", "-a", ""),
            ("registry.example:port/a:1", "registry.example:port", ""),
            ("registry.example:+80/a:1", "registry.example:+80", ""),
            ("registry.example:99999/a:1", "registry.example:99999", ""),
            ("-registry.example/a:1", "-registry.example", ""),
            ("[::1/a:1", "[::1", ""),
            ("", "", ""),
            (":1", "", ""),
            ("/a:1", "", ""),
            ("a@sha256:abcd", "sha256:abcd", "copy the digest that `skopeo inspect` prints"),
            ("a@", "", "copy the digest that `skopeo inspect` prints"),
        ],
    );
    let reference = Reference::parse(&both).unwrap();
    assert_eq!(
        (reference.repository(), reference.tag(), reference.digest()),
        ("registry.example/a", Some("1"), Some(digest.as_str())),
    );
}

#[test]
fn layer_names() {
    accepts(LayerName::parse, &["app", "App-1.2_x", "0", &"x".repeat(63)]);
    refuses(
        LayerName::parse,
        &[
            ("", "", ""),
            ("my app", " ", "write `my-app`"),
            ("a/b", "/", "write `a-b`"),
            ("é", "é", ""),
            ("-x", "-", ""),
            (".x", ".", ""),
            (&"x".repeat(64), &"x".repeat(64), ""),
        ],
    );
}

#[test]
fn image_names() {
    accepts(ImageName::parse, &["telematics", "telematics-cluster", "a.b_c-d", "0", &"x".repeat(128)]);
    refuses(
        ImageName::parse,
        &[
            ("", "", ""),
            ("Telematics", "T", "write `telematics`"),
            ("my image", " ", "write `my-image`"),
            ("a--b", "-", ""),
            ("-a", "-", ""),
            ("a-", "-", ""),
            ("registry.example/a", "/", "write `registry.example-a`"),
            ("a:1", ":", "write `a-1`"),
            ("aé", "é", ""),
            (&"x".repeat(129), &"x".repeat(129), ""),
        ],
    );
}

#[test]
fn owners() {
    accepts(
        Owner::parse,
        &[
            "root:root",
            "0:998",
            "sensord",
            "_chrony:_chrony",
            "Debian-exim",
            "systemd-network:0",
            "4294967294",
        ],
    );
    let form = "write it as `root:root` or `0:0`";
    refuses(
        Owner::parse,
        &[
            ("", "", form),
            ("root:", "", form),
            (":root", "", form),
            ("a:b:c", "b:c", form),
            ("4294967295", "4294967295", form),
            ("0:99999999999", "99999999999", form),
            ("1000a", "1000a", form),
            ("-1", "-1", form),
            ("a b", "a b", form),
            ("root.root", "root.root", form),
            (&"x".repeat(32), &"x".repeat(32), form),
        ],
    );
    assert_eq!(Owner::try_from((0, 998)), Owner::parse("0:998"));
}

/// `setcap CLAUSE FILE`, then `getfattr -n security.capability -e hex FILE` (libcap 2.66).
#[test]
fn capabilities_are_stored_as_setcap_stores_them() {
    for (clause, xattr) in [
        ("cap_net_raw=ep", "0100000200200000000000000000000000000000"),
        ("cap_net_bind_service,cap_net_raw+ep", "0100000200240000000000000000000000000000"),
        ("CAP_NET_ADMIN=ep", "0100000200100000000000000000000000000000"),
        ("cap_chown=p", "0000000201000000000000000000000000000000"),
        ("cap_kill=i", "0000000200000000200000000000000000000000"),
        ("cap_bpf,cap_chown=eip", "0100000201000000010000008000000080000000"),
        ("cap_checkpoint_restore=ei", "0100000200000000000000000000000000010000"),
    ] {
        let bytes = Capabilities::parse(clause).unwrap().to_xattr();
        assert_eq!(bytes.map(|byte| format!("{byte:02x}")).concat(), xattr, "{clause}");
    }
}

#[test]
fn capabilities() {
    refuses(
        Capabilities::parse,
        &[
            ("", "", ""),
            ("cap_net_raw", "cap_net_raw", "write `cap_net_raw=ep`"),
            ("net_raw=ep", "net_raw", "write `cap_net_raw=ep`"),
            ("NET_RAW", "NET_RAW", ""),
            ("cap_chown,NET_RAW=ep", "NET_RAW", "write `cap_chown,cap_net_raw=ep`"),
            ("cap_net_bnd_service=ep", "cap_net_bnd_service", "write `cap_net_bind_service=ep`"),
            ("cap_fly=ep", "cap_fly", ""),
            ("=ep", "", ""),
            ("cap_chown,=ep", "", ""),
            ("cap_chown=", "=", "write `=ep`"),
            ("cap_chown=e", "=e", "write `=ep`"),
            ("cap_chown=epx", "x", "write `=ep`"),
            ("cap_chown=ep cap_kill=ep", " cap_kill=ep", "write `=ep`"),
            ("cap_chown-ep", "cap_chown-ep", ""),
        ],
    );
}

#[test]
fn kernel_arguments() {
    accepts(
        Karg::parse,
        &["quiet", "console=ttyS0,115200", "systemd.unit=\"multi user.target\"", "root=UUID=0-1", "a=$b\\'#"],
    );
    refuses(
        Karg::parse,
        &[
            ("", "", ""),
            (" ", " ", ""),
            ("=x", "=x", ""),
            ("quiet splash", " ", "write `\"quiet\", \"splash\"`"),
            ("a b=\"c d\" e", " ", "write `\"a\", \"b=\\\"c d\\\"\", \"e\"`"),
            (" quiet", " ", "write `\"quiet\"`"),
            ("quiet ", " ", "write `\"quiet\"`"),
            ("a\"b", "a\"b", ""),
            ("a\tb", "\t", ""),
            ("quiet\n", "\n", ""),
            ("é", "é", ""),
        ],
    );
}

#[test]
fn label_keys() {
    accepts(LabelKey::parse, &["org.opencontainers.image.version", "containers.bootc", "a/b-c_d"]);
    refuses(
        LabelKey::parse,
        &[
            ("", "", ""),
            ("a b", " ", ""),
            ("a=b", "=", "write `.label(\"a\", \"b\")`"),
            ("a\"", "\"", ""),
            ("a$b", "$", ""),
            ("a\\", "\\", ""),
            ("a\nb", "\n", ""),
            ("é", "é", ""),
        ],
    );
}

#[test]
fn packages() {
    accepts(
        PackageSpec::parse,
        &["vsomeip3", "bash-5.2.26-3.el10", "@core", "/usr/bin/python3", "libfoo(x86-64)", "glibc*"],
    );
    refuses(
        PackageSpec::parse,
        &[
            ("", "", ""),
            (" ", " ", ""),
            ("--allowerasing", "-", ""),
            ("a b", " ", "write `\"a\", \"b\"`"),
            ("a\n", "\n", "write `\"a\"`"),
            ("a\u{1b}", "\u{1b}", ""),
        ],
    );
}

/// What `systemd-sysusers --root=DIR` reads and what it refuses (systemd 252; `u!` is newer).
#[test]
fn sysusers_lines() {
    accepts(
        SysusersLine::parse,
        &[
            "u sensord",
            "u sensord - \"Telemetry\" /var/lib/sensord",
            "u sensord 990:990 'the \"T\" daemon' /var/lib/sensord /bin/sh",
            "u! locked -",
            "g can 901",
            "g can 901 - - -",
            "m sensord can",
            "m sensord can -",
            "r - 500-900",
            "  u\tsensord -",
        ],
    );
    refuses(
        SysusersLine::parse,
        &[
            ("", "", "write `u NAME - \"DESCRIPTION\"`"),
            ("   ", "   ", "write `u NAME - \"DESCRIPTION\"`"),
            ("user sensord", "user", "write `u sensord`"),
            ("group can -", "group", "write `g can -`"),
            ("U sensord", "U", ""),
            ("# a comment", "#", ""),
            ("u", "u", "write `u NAME ID DESCRIPTION HOME SHELL`"),
            ("m sensord", "m sensord", "write `m USER GROUP`"),
            ("r -", "r -", "write `r - FROM-TO`"),
            ("u a - A b /x /bin/sh", "/bin/sh", "write `u NAME ID DESCRIPTION HOME SHELL`"),
            ("g can 901 x", "x", "write `g NAME GID`"),
            ("g can 901 - - - -", "-", "write `g NAME GID`"),
            ("u a - \"open", "u a - \"open", ""),
            ("u a - x\\", "u a - x\\", ""),
            ("u a\nu b", "\n", ""),
        ],
    );
}

#[test]
fn tmpfiles_lines() {
    accepts(
        TmpfilesLine::parse,
        &[
            "d /var/lib/sensord 0750 sensord sensord -",
            "L+ /etc/x - - - - ../usr/share/x",
            "L? /etc/x - - - - /usr/x",
            "f^ /run/x 0600 - - - cred",
            "d \"/var/lib/a b\" -",
            "D %t/sensord",
            "C+! /var/x",
            "r! /x",
            "a+ /x - - - - u:y:r",
        ],
    );
    refuses(
        TmpfilesLine::parse,
        &[
            ("", "", "write `d PATH MODE USER GROUP -`"),
            ("mkdir /x", "mkdir", "write `d PATH MODE USER GROUP -`"),
            ("/var/lib/x", "/var/lib/x", "write `d PATH MODE USER GROUP -`"),
            ("d", "d", "write `d /PATH MODE USER GROUP -`"),
            ("d var/lib/x - -", "var/lib/x", "write `d /var/lib/x - -`"),
            ("d x - - - - x", "x", "write `d /x - - - - x`"),
            ("d /a\nd /b", "\n", ""),
        ],
    );
}

#[test]
fn places_of_a_base() {
    let parse: fn(&str) -> Result<TransportRef, Invalid> = str::parse;
    accepts(
        parse,
        &[
            "docker://registry.example/a:1",
            "containers-storage:localhost/my-base:latest",
            "oci:bases/autosd",
            "oci:/abs/dir:tag",
            "oci-archive:base.tar:tag",
            "oci:dir:registry.example/a:1",
            "stand-in",
        ],
    );
    let transports = "registry.example/a:1";
    refuses(
        parse,
        &[
            ("", "", ""),
            (transports, transports, "write `docker://registry.example/a:1`"),
            (
                "docker:registry.example/a:1",
                "docker:registry.example/a:1",
                "write `docker://registry.example/a:1`",
            ),
            ("oci:", "oci:", ""),
            ("oci:dir:", "oci:dir:", ""),
            ("oci://dir:tag", "//", "write `oci:dir:tag`"),
            ("oci-archive://base.tar", "//", "write `oci-archive:base.tar`"),
            ("stand_in", "stand_in", "write `stand-in`"),
            ("standin", "standin", "write `stand-in`"),
            ("base.tar", "base.tar", ""),
        ],
    );
    let error = parse("docker://registry.example/a").unwrap_err();
    assert_eq!(error.help(), Some("write `registry.example/a:latest`, or pin a digest"));
}

/// Any text, mostly of what makes a parser stumble.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"([/.:@%\\"'=+, \t\n\x00\[\]-]|[a-z0-9_]{1,3}|[A-Zé]|0o|\.wh\.|\.\.|sha256:|://|\.service|cap_net_raw|u|d){0,12}"#,
        "[a-z0-9/.:@_-]{1,16}",
        any::<String>(),
    ]
}

/// No text makes the parser panic; what it takes it reads back from its own Display; what it refuses has
/// one printable line to say, and "write `…`" is something that it would take.
fn holds<T: PartialEq + Debug + Display>(
    parse: fn(&str) -> Result<T, Invalid>,
    text: &str,
) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(value) => {
            let again = parse(&value.to_string());
            prop_assert_eq!(again, Ok(value));
        }
        Err(error) => {
            prop_assert!(text.contains(error.offending()));
            let help = error.help().unwrap_or_default();
            prop_assert!(!error.to_string().contains(char::is_control) && !help.contains(char::is_control));
            let meant = help.strip_prefix("write `").and_then(|rest| rest.strip_suffix('`'));
            // Escapes, quotes and capitals stand for something else than themselves.
            if let Some(meant) = meant.filter(|meant| !meant.contains(['\\', '"', 'N', 'P', '='])) {
                prop_assert!(parse(meant).is_ok(), "{} helps with {}", error, help);
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn parsers_hold(text in text()) {
        holds(ImagePath::parse, &text)?;
        holds(Mode::parse, &text)?;
        holds(UnitName::parse, &text)?;
        holds(Reference::parse, &text)?;
        holds(LayerName::parse, &text)?;
        holds(ImageName::parse, &text)?;
        holds(Owner::parse, &text)?;
        holds(Capabilities::parse, &text)?;
        holds(Karg::parse, &text)?;
        holds(LabelKey::parse, &text)?;
        holds(PackageSpec::parse, &text)?;
        holds(SysusersLine::parse, &text)?;
        holds(TmpfilesLine::parse, &text)?;
        holds::<TransportRef>(str::parse, &text)?;
    }

    #[test]
    fn every_number_is_a_mode_or_is_told_one(bits in any::<u32>()) {
        match Mode::try_from(bits) {
            Ok(mode) => prop_assert_eq!(mode.bits(), bits),
            Err(error) => prop_assert!(error.help().is_some()),
        }
    }
}

#[test]
fn globs() {
    accepts(Glob::parse, &["*.map", "**/*.map", "/dist", "node_modules/", "a/**/b", "a?c d", "**"]);
    refuses(
        Glob::parse,
        &[
            ("", "", ""),
            ("/", "/", ""),
            ("a//b", "a//b", "write it as `**/*.map`"),
            ("../x", "../x", "write it as `**/*.map`"),
            ("./x", "./x", "write it as `**/*.map`"),
            ("a**", "a**", "write `a*`"),
            ("*.{map,ts}", "{", "write one pattern for each alternative"),
            ("[ab]", "[", "write one pattern for each alternative"),
            ("!keep", "!", "name what is left out, and leave out what is taken"),
            ("a\\b", "\\", ""),
        ],
    );
}

/// As `git check-ignore` has it for a `.gitignore` in the directory.
#[test]
fn what_globs_match() {
    let cases: [(&str, &[&str], &[&str]); 10] = [
        ("*.map", &["a.map", "x/y/a.map", ".map", "a.map/below"], &["a.mapx", "map"]),
        ("**/*.map", &["a.map", "x/y/a.map"], &["a.ts"]),
        ("/dist", &["dist", "dist/a"], &["web/dist", "dist2"]),
        ("web/dist", &["web/dist", "web/dist/x"], &["a/web/dist", "web"]),
        ("**/dist", &["dist", "a/b/dist/c"], &["adist"]),
        ("a/**/b", &["a/b", "a/x/b", "a/x/y/b/c"], &["ab", "x/a/b", "a"]),
        ("a/**", &["a/b", "a/b/c"], &["b", "x/a/b"]),
        ("node_modules/", &["node_modules", "x/node_modules/y"], &["node_modules2"]),
        ("?", &["a", "x/é"], &["", "ab"]),
        ("a*b*c", &["abc", "axxbbxc", "abcbc"], &["ab", "acb", "abcd"]),
    ];
    for (pattern, matching, others) in cases {
        let glob = Glob::parse(pattern).unwrap();
        for path in matching {
            assert!(glob.matches(path), "{pattern} {path}");
        }
        for path in others {
            assert!(!glob.matches(path), "{pattern} {path}");
        }
    }
    // A pattern that makes others take exponential time.
    let many = Glob::parse(&"a*".repeat(100)).unwrap();
    assert!(!many.matches(&format!("{}b", "a".repeat(99))));
    assert!(!Glob::parse(&format!("{}b", "**/".repeat(60))).unwrap().matches(&"a/".repeat(200)));
}
