//! The paths that services need before their programs start: a fault, and its near miss.

use lapstrake::entry::{DropIn, File, Unit};

use super::*;

/// The severities of `unit-path` in a service with these lines, beside some files.
fn of(lines: &str) -> Vec<Severity> {
    beside(Layer::new("u"), Tar::new(), lines).into_iter().map(|finding| finding.severity).collect()
}

fn beside(layer: Layer, below: Tar, lines: &str) -> Vec<Finding> {
    let text = format!("[Service]\nExecStart=/usr/bin/app\n{lines}\n");
    let layer = layer
        .with(File::text("x", "/usr/bin/app").mode(0o755))
        .text("A=b\n", "/etc/app.env")
        .dir("/usr/share/app")
        .unit(Unit::text("app.service", text));
    found("unit-path", below, layer)
}

/// systemd 252: "Failed to load environment files: No such file or directory", 200/CHDIR, 226/NAMESPACE and
/// 243/CREDENTIALS (systemd.exec(5), "Process exit codes").
#[test]
fn what_a_service_needs_is_in_the_image() {
    for wrong in [
        "EnvironmentFile=/etc/ap.env",
        "EnvironmentFile=/usr/share/app",
        "WorkingDirectory=/usr/share/ap",
        "WorkingDirectory=/usr/bin/app",
        "ReadWritePaths=/usr/share/app /etc/gone",
        "ReadOnlyPaths=+/usr/share/gone",
        "InaccessiblePaths=/usr/gone",
        "BindPaths=/usr/gone:/usr/share/app",
        "BindReadOnlyPaths=/etc/app.env:/x /etc/gone",
        "LoadCredential=key:/etc/key.pem",
        "RootDirectory=/usr/gone",
        "RootDirectory=/usr/gone\nEnvironmentFile=/etc/gone",
    ] {
        assert_eq!(of(wrong), [Severity::Fatal], "{wrong}");
    }
    for right in [
        "EnvironmentFile=/etc/app.env",
        "EnvironmentFile=-/etc/gone",
        "EnvironmentFile=/etc/%i.env",
        "EnvironmentFile=/etc/app.d/*.env",
        "EnvironmentFile=/run/app/env",
        "EnvironmentFile=/etc/gone\nEnvironmentFile=",
        "WorkingDirectory=/usr/share/gone\nWorkingDirectory=/usr/share/app",
        "WorkingDirectory=-/usr/share/gone",
        "WorkingDirectory=~",
        "RootDirectory=/usr/share/app",
        "RootDirectory=/usr/share/app\nWorkingDirectory=/srv/gone",
        "WorkingDirectory=/bin",
        "ReadWritePaths=-/etc/gone -+/etc/gone",
        "ReadOnlyPaths=/proc/gone /sys/gone /dev/gone",
        "BindPaths=-/usr/gone:/x",
        "BindPaths=/usr/share/app:/gone",
        "LoadCredential=key:name-in-the-store",
        "LoadCredential=key:/etc/key.pem\nSetCredential=key:default",
        "TemporaryFileSystem=/usr/share\nReadWritePaths=/usr/share/gone",
        "[Unit]\nConditionPathExists=/etc/gone\n[Service]\nEnvironmentFile=/etc/gone",
    ] {
        assert_eq!(of(right), [], "{right}");
    }
}

/// systemd.exec(5), `StateDirectory=`; tmpfiles.d(5); systemd.mount(5): "the mount point … will be created".
#[test]
fn what_a_boot_makes_is_there() {
    for right in [
        "WorkingDirectory=/var/lib/app\nStateDirectory=app",
        "WorkingDirectory=/var/lib/app\nStateDirectory=app/data",
        "ReadWritePaths=/var/cache/app\nCacheDirectory=other app",
        "EnvironmentFile=/etc/app\nConfigurationDirectory=app",
    ] {
        assert_eq!(of(right), [], "{right}");
    }
    let made = |lines: &str| {
        let mount = Unit::text("srv-data.mount", "[Mount]\nWhat=/dev/sdb\nWhere=/usr/data\n");
        let drop_in = DropIn::text("10-x", "[Service]\nStateDirectory=dropped\n", "app.service");
        let layer =
            Layer::new("u").tmpfiles("app", ["d /etc/made 0755 root root -", "C /etc/copied - - - - -"]);
        beside(layer.with(mount).with(drop_in), Tar::new(), lines).len()
    };
    assert_eq!(made("ReadWritePaths=/etc/made /etc/copied/below /usr/data/app /var/lib/dropped"), 0);
    assert_eq!(made("ReadWritePaths=/etc/made/below"), 1);
    assert_eq!(made("ReadWritePaths=/usr/database"), 1);
    let fstab = Tar::new().file("etc/fstab", "/dev/sdb /usr/data ext4 defaults 0 0\n");
    assert_eq!(beside(Layer::new("u"), fstab, "WorkingDirectory=/usr/data/app"), []);
}

#[test]
fn what_only_state_can_have_is_a_warning() {
    assert_eq!(of("WorkingDirectory=/var/lib/app"), [Severity::Warning]);
    let found = beside(Layer::new("u"), Tar::new(), "WorkingDirectory=/var/lib/app");
    let help = "add `StateDirectory=app`, or write `WorkingDirectory=-/var/lib/app` if the service can do without it";
    assert_eq!(found[0].help.as_deref(), Some(help));
    let message = "`app.service` has `WorkingDirectory=/var/lib/app`, which the image does not have: the service fails with 200/CHDIR (line 3)";
    assert_eq!(found[0].message, message);
}

/// systemd reads the file when it starts the service, and does not wait for who writes it.
#[test]
fn what_something_of_the_image_may_write_below_etc_is_a_warning() {
    let severities = |layer: Layer, below: Tar, lines: &str| {
        let found = beside(layer, below, lines).into_iter().map(|finding| finding.severity);
        found.collect::<Vec<_>>()
    };
    let wrong = "EnvironmentFile=/etc/app/site.env";
    let writer =
        |text: &str| Layer::new("u").unit(Unit::text("site.service", format!("[Service]\n{text}\n")));
    assert_eq!(severities(Layer::new("u"), Tar::new(), wrong), [Severity::Fatal]);
    for text in
        ["ExecStart=/usr/bin/app -o /etc/app/site.env", "ExecStart=sh -c 'echo A=1 >/etc/app/site.env'"]
    {
        assert_eq!(severities(writer(text), Tar::new(), wrong), [Severity::Warning], "{text}");
    }
    assert_eq!(
        severities(writer("ExecStart=/usr/bin/app /etc/app/other.env"), Tar::new(), wrong),
        [Severity::Fatal]
    );
    let own = format!("{wrong}\nExecStartPre=/usr/bin/app -o /etc/app/site.env");
    assert_eq!(
        severities(Layer::new("u"), Tar::new(), &own),
        [Severity::Fatal],
        "it is read before that runs"
    );
    let provisioned = Tar::new().file("usr/bin/cloud-init", "x");
    assert_eq!(severities(Layer::new("u"), provisioned, wrong), [Severity::Warning]);
}

#[test]
fn services_of_users_need_their_files_too() {
    let of = |lines: &str| {
        let text = format!("[Service]\nExecStart=/usr/bin/env\n{lines}\n");
        let layer = Layer::new("u").text(text, "/usr/lib/systemd/user/app.service");
        found("unit-path", Tar::new(), layer).into_iter().map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(of("EnvironmentFile=/etc/gone"), [Severity::Fatal]);
    assert_eq!(of("WorkingDirectory=/usr/share/gone"), [Severity::Fatal]);
    for right in [
        "EnvironmentFile=-/etc/gone",
        "WorkingDirectory=%h",
        "WorkingDirectory=/usr/bin",
        "ReadWritePaths=/usr/gone",
    ] {
        assert_eq!(of(right), [], "{right}");
    }
}
