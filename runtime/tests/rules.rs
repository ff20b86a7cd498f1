//! Where an image may put nothing, and what its author is told to do instead.

use lapstrake::rule::refused;
use lapstrake::value::ImagePath;

fn instead(path: &str) -> Option<String> {
    let path = ImagePath::parse(path).ok()?;
    refused(&path).map(|refusal| refusal.instead)
}

#[test]
fn an_image_puts_its_files_in_usr_etc_and_opt() {
    for path in [
        "/usr/bin/sensord",
        "/usr/lib/x",
        "/usr/share/factory/var/x",
        "/etc/motd",
        "/etc/passwd.d/x",
        "/etc/groups",
        "/etc/var/x",
        "/opt/vendor/x",
        "/srv/x",
        "/usr/local/bin/x",
        "/usr/localtime",
        "/variant/x",
        "/bootstrap",
        "/",
        "/etc",
        "/usr",
        "/runner",
    ] {
        assert_eq!(instead(path), None, "{path}");
    }
}

#[test]
fn what_a_device_would_never_see_is_refused() {
    for path in [
        "/var",
        "/var/lib",
        "/var/lib/x",
        "/var/x/y/z",
        "/run",
        "/run/x",
        "/tmp/x",
        "/proc/x",
        "/sys/x",
        "/dev/x",
        "/boot/x",
        "/usr/etc/x",
        "/home/x",
        "/root/x",
        "/etc/passwd",
        "/etc/group",
        "/etc/shadow",
        "/etc/gshadow",
        "/etc/subuid",
        "/etc/subgid",
        "/etc/passwd-",
        "/var/run/x",
        "/var/lock/x",
        "/usr/tmp/x",
    ] {
        assert!(instead(path).is_some(), "{path}");
    }
}

#[test]
fn a_refusal_says_what_to_write_instead() {
    for (path, help) in [
        (
            "/var/lib/sensord",
            r#"`.tmpfiles("sensord", ["d /var/lib/sensord 0755 root root -"])`, or `StateDirectory=sensord`"#,
        ),
        ("/var/cache/x", "`CacheDirectory=x`"),
        ("/var/log/x", "`LogsDirectory=x`"),
        (
            "/var/lib/sensord/seed.db",
            r#"`/usr/share/factory/var/lib/sensord/seed.db`, and have it copied at boot: `.tmpfiles("sensord", ["C /var/lib/sensord/seed.db"])`"#,
        ),
        ("/home/pi/.bashrc", "`/usr/share/factory/var/home/pi/.bashrc`"),
        // tmpfiles.d(5): a copy is made where nothing is, so that an update does not reach it.
        (
            "/var/lib/sensord/seed.db",
            "; no update changes the copy, and with `L+` for `C` it is a link that follows updates",
        ),
        (
            "/run/sensord/socket",
            r#"`RuntimeDirectory=sensord` in the unit, or `.tmpfiles("sensord", ["d /run/sensord 0755 root root -"])`"#,
        ),
        ("/var/run/sensord", "`RuntimeDirectory=sensord`"),
        ("/run/systemd/system/x.service", "write `/usr/lib/systemd/system/x.service`"),
        ("/usr/etc/x.conf", "write `/etc/x.conf`"),
        // Where the first answer would be refused in its turn.
        ("/usr/etc/passwd", ".sysusers("),
        ("/boot/loader/x", ".kargs("),
        ("/etc/shadow", ".sysusers("),
        ("/etc/group", r#"["g NAME -"]"#),
        ("/dev/ttyX", "/usr/lib/udev/rules.d"),
        ("/proc/sys/net/x", "/usr/lib/sysctl.d"),
    ] {
        let found = instead(path).unwrap_or_default();
        assert!(found.contains(help), "{path}: {found}");
    }
}

#[test]
fn what_is_to_be_written_instead_is_allowed() {
    for path in ["/usr/etc", "/usr/etc/x.conf", "/run/systemd/system/x.service"] {
        let help = instead(path).unwrap_or_default();
        let meant = help.strip_prefix("write `").and_then(|help| help.strip_suffix('`'));
        assert_eq!(meant.and_then(instead), None, "{path}: {help}");
        assert!(meant.is_some(), "{path}: {help}");
    }
}

#[test]
fn a_well_known_link_is_refused_for_where_it_leads() {
    let refusal = refused(&ImagePath::parse("/var/run/sensord").unwrap()).unwrap();
    assert_eq!(
        refusal.reason,
        "is `/run/sensord`, which is gone at every boot: `/run` is a file system in memory"
    );
}

mod conflict {
    use lapstrake::entry::State;
    use lapstrake::rule::{Claim, Kind, What, conflicts};
    use lapstrake::value::{ImagePath, LayerName, UnitName};

    fn put(layer: usize, path: &str, kind: Kind) -> (usize, What) {
        (layer, What::Destination { path: ImagePath::try_from(path).unwrap_or(ImagePath::root()), kind })
    }

    fn state(unit: &str, state: State) -> (usize, What) {
        (0, What::State { unit: unit.parse().unwrap_or_else(|_| fallback()), state })
    }

    fn fallback() -> UnitName {
        unreachable!("the tests name real units")
    }

    /// The rules that are broken, with the numbers of the two claims.
    fn found(said: impl IntoIterator<Item = (usize, What)>) -> Vec<(&'static str, usize, usize)> {
        let claims: Vec<_> =
            said.into_iter().enumerate().map(|(id, (layer, what))| Claim { id, layer, what }).collect();
        conflicts(&claims, |_, _| true).into_iter().map(|c| (c.rule, c.first, c.second)).collect()
    }

    #[test]
    fn one_path_holds_one_thing_of_a_layer() {
        let twice = [put(0, "/etc/motd", Kind::File), put(0, "/etc/motd", Kind::Symlink)];
        assert_eq!(found(twice), [("duplicate-destination", 0, 1)]);
        let layers = [put(0, "/etc/motd", Kind::File), put(1, "/etc/motd", Kind::File)];
        assert_eq!(found(layers), [], "the plan warns of what a layer hides");
    }

    #[test]
    fn a_directory_may_be_named_again_but_not_with_another_mode() {
        let dir = |mode: Option<&str>| put(0, "/usr/share/x", Kind::Directory(mode.map(str::to_owned)));
        assert_eq!(found([dir(None), dir(Some("0700")), dir(None), dir(Some("0700"))]), []);
        assert_eq!(found([dir(Some("0700")), dir(Some("0755"))]), [("duplicate-destination", 0, 1)]);
        assert_eq!(found([dir(None), put(0, "/usr/share/x", Kind::File)]), [("duplicate-destination", 0, 1)]);
    }

    #[test]
    fn a_file_holds_no_file() {
        let file = |layer, path| put(layer, path, Kind::File);
        assert_eq!(found([file(0, "/etc/x"), file(0, "/etc/x/y")]), [("no-directory", 0, 1)]);
        assert_eq!(found([file(0, "/etc/x/y"), file(0, "/etc/x")]), [("no-directory", 0, 1)]);
        assert_eq!(found([file(0, "/etc/x"), file(1, "/etc/x/y")]), [("no-directory", 0, 1)]);
        assert_eq!(found([file(0, "/etc/x"), file(0, "/etc/xy")]), []);
        let removed = (1, What::Removal(ImagePath::try_from("/etc/x").unwrap_or(ImagePath::root())));
        assert_eq!(found([file(0, "/etc/x"), removed, file(1, "/etc/x/y")]), []);
    }

    #[test]
    fn a_symlink_of_a_layer_below_is_followed_one_of_the_same_layer_is_not() {
        let link = put(0, "/usr/share/x", Kind::Symlink);
        let below = |layer| put(layer, "/usr/share/x/y", Kind::File);
        assert_eq!(found([link.clone(), below(0)]), [("no-directory", 0, 1)]);
        assert_eq!(found([link, below(1)]), []);
    }

    #[test]
    fn a_unit_is_one_thing_at_a_time() {
        let unit = "a.service";
        let twice = [state(unit, State::Enabled), state(unit, State::Masked), state(unit, State::Masked)];
        assert_eq!(found(twice), [("contradictory-unit", 0, 1), ("contradictory-unit", 0, 2)]);
        let targets = [state("a.target", State::DefaultTarget), state("b.target", State::DefaultTarget)];
        assert_eq!(found(targets), [("contradictory-unit", 0, 1)]);
        let drop_in = (0, What::DropIn(unit.parse().unwrap_or_else(|_| fallback())));
        assert_eq!(found([drop_in.clone(), state(unit, State::Masked)]), [("contradictory-unit", 0, 1)]);
        assert_eq!(found([drop_in, state(unit, State::Disabled)]), []);
    }

    #[test]
    fn a_layer_has_a_name_of_its_own_and_arms_of_a_match_do_not_meet() {
        let name = || What::Layer(LayerName::try_from("app").unwrap_or_else(|_| unreachable!()));
        assert_eq!(found([(0, name()), (1, name())]), [("duplicate-layer", 0, 1)]);
        let claims = [(0, name()), (1, name())].map(|(layer, what)| Claim { id: layer, layer, what });
        assert_eq!(conflicts(&claims, |_, _| false), []);
    }
}
