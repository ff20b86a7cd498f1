//! Names of systemd units, and kernel arguments.

use lapstrake::value::{Karg, UnitName};

use super::{accepts, refuses};

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
