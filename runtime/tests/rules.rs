//! Where an image may put nothing, and what its author is told to do instead.

use lapstrake::rule::refused;
use lapstrake::value::ImagePath;

fn instead(path: &str) -> Option<String> {
    refused(&ImagePath::parse(path).unwrap()).map(|refusal| refusal.instead)
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
        "/usr/local",
        "/usr/local/bin/x",
        "/usr/etc/x",
        "/home/x",
        "/root/.bashrc",
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
        (
            "/run/sensord/socket",
            r#"`RuntimeDirectory=sensord` in the unit, or `.tmpfiles("sensord", ["d /run/sensord 0755 root root -"])`"#,
        ),
        ("/var/run/sensord", "`RuntimeDirectory=sensord`"),
        ("/run/systemd/system/x.service", "write `/usr/lib/systemd/system/x.service`"),
        ("/usr/local/bin/x", "write `/usr/bin/x`"),
        ("/usr/etc/x.conf", "write `/etc/x.conf`"),
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
fn a_well_known_link_is_refused_for_where_it_leads() {
    let refusal = refused(&ImagePath::parse("/var/run/sensord").unwrap()).unwrap();
    assert_eq!(
        refusal.reason,
        "is `/run/sensord`, which is gone at every boot: `/run` is a file system in memory"
    );
}
