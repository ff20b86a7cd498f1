//! Owners, capabilities, and the lines of sysusers.d and tmpfiles.d.

use lapstrake::value::{Capabilities, Owner, SysusersLine, TmpfilesLine};

use super::{accepts, refuses};

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
            "r - 700",
            "u sensord /usr/bin/sensord",
            "u sensord -:can",
            "u aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "u _x-Y9 - - /home/x/ /bin/sh",
            "u sensord - \"Unit %v\" /var/lib/%m",
            "g can /srv",
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
            ("u 0day", "0day", ""),
            ("u tel.emetry", "tel.emetry", ""),
            ("u -x", "-x", ""),
            ("u -", "u -", "write `u NAME ID DESCRIPTION HOME SHELL`"),
            ("u aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ""),
            ("u a 65535", "65535", ""),
            ("g a 4294967295", "4294967295", ""),
            ("u a 0500", "0500", ""),
            ("u a -5", "-5", ""),
            ("u a 5:0x", "5:0x", ""),
            ("u a 500:-", "500:-", ""),
            ("u a 5:5:5", "5:5:5", ""),
            ("u a - \"a:b\"", "\"a:b\"", ""),
            ("u a - x relative", "relative", ""),
            ("u a - x /home/../x", "/home/../x", ""),
            ("u a - x / bash", "bash", ""),
            ("u a%q", "a%q", ""),
            ("m a 0b", "0b", ""),
            ("m a -", "m a -", "write `m USER GROUP`"),
            ("r - 900-800", "900-800", ""),
            ("r - 500-", "500-", ""),
            ("r - 600-65535", "600-65535", ""),
            ("r x 500-600", "x", ""),
        ],
    );
}

/// What `systemd-tmpfiles --clean --root=DIR` reads and what it refuses (systemd 252; `?` is newer).
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
            "f /etc/motd 0644 root root - it's fine",
            "d /x 0755 root root \"2w 3d\"",
            "e! /x - - - aAbBcCmM:10d",
            "e! /x - - - ~a:10d",
            "d /x - - - ~10d",
            "c /dev/x 0600 root root - 1:3",
            "L /etc/x",
            "L /etc/x - - - - relative",
            "C /etc/x",
            "d /x 0755 root root 10d an argument that systemd ignores",
            "f /x - - - - 100%",
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
            ("d /x 0755 root root 10x -", "10x", ""),
            ("d /x 0755 root root bogus:10d", "bogus:10d", ""),
            ("d /x 0755 root root a:", "a:", ""),
            ("d /x 0755 root root ~", "~", ""),
            ("d \"/x 0755", "d \"/x 0755", ""),
            ("d %q/x", "%q/x", ""),
            ("L /x - - - - /%z", "/%z", ""),
            ("d!! /x", "d!!", ""),
            ("w /x", "w /x", ""),
            ("w /x - - - - -", "-", ""),
            ("t /x", "t /x", ""),
            ("a /x", "a /x", ""),
            ("h /x", "h /x", ""),
            ("c /x 0600 root root - 1", "1", ""),
            ("C /x - - - - relative", "relative", ""),
            ("f^ /x", "f^ /x", ""),
        ],
    );
}
