//! Whether the user of a service can reach and execute its program: a fault, and its near miss.

use lapstrake::entry::{Dir, File, Unit};

use super::*;

/// A base with accounts that have numbers, and one that gets its number on the device.
fn below() -> Tar {
    Tar::new().file(
        "usr/lib/sysusers.d/web.conf",
        "g web 970\nu web 970:970\ng wheel 10\nu other 971\nm other wheel\nu late -\n",
    )
}

/// The severities of `unit-access` where `/usr/libexec/app/run` and its directory have these modes and owners.
fn of(directory: (u32, u32, u32), program: (u32, u32, u32), lines: &str) -> Vec<Finding> {
    let (mode, uid, gid) = directory;
    let layer = Layer::new("u")
        .with(Dir::new("/usr/libexec/app").mode(mode).owner(format!("{uid}:{gid}").as_str()))
        .with(
            File::text("x", "/usr/libexec/app/run")
                .mode(program.0)
                .owner(format!("{}:{}", program.1, program.2).as_str()),
        );
    let unit = format!("[Service]\nExecStart=/usr/libexec/app/run\n{lines}\n");
    found("unit-access", below(), layer.unit(Unit::text("app.service", unit)))
}

fn program(mode: u32, uid: u32, gid: u32, lines: &str) -> Vec<Severity> {
    of((0o755, 0, 0), (mode, uid, gid), lines).into_iter().map(|finding| finding.severity).collect()
}

fn directory(mode: u32, uid: u32, gid: u32, lines: &str) -> Vec<Severity> {
    of((mode, uid, gid), (0o755, 0, 0), lines).into_iter().map(|finding| finding.severity).collect()
}

const FATAL: [Severity; 1] = [Severity::Fatal];

/// execve(2): EACCES, which systemd logs as 203/EXEC.
#[test]
fn the_user_may_execute_the_program() {
    for (mode, uid, gid, lines) in [
        (0o744, 0, 0, "User=web"),
        (0o750, 0, 0, "User=web"),
        (0o700, 970, 970, "User=other"),
        (0o655, 970, 0, "User=web"),
        (0o750, 0, 970, "User=late"),
        (0o750, 0, 0, "DynamicUser=yes"),
        (0o750, 0, 0, "User=1000"),
        (0o744, 0, 0, "User=web\nAmbientCapabilities=CAP_NET_ADMIN"),
    ] {
        assert_eq!(program(mode, uid, gid, lines), FATAL, "{mode:o} {uid}:{gid} {lines}");
    }
    for (mode, uid, gid, lines) in [
        (0o755, 0, 0, "User=web"),
        (0o700, 970, 0, "User=web"),
        (0o700, 970, 0, "User=970"),
        (0o750, 0, 970, "User=web"),
        (0o750, 0, 10, "User=other"),
        (0o750, 0, 10, "User=web\nSupplementaryGroups=wheel"),
        (0o750, 0, 970, "User=other\nGroup=web"),
        (0o700, 0, 0, ""),
        (0o700, 0, 0, "User=root"),
        (0o700, 0, 0, "User=0"),
        (0o700, 0, 0, "User=%i"),
        (0o700, 0, 0, "User=web\nAmbientCapabilities=CAP_DAC_OVERRIDE"),
        (0o700, 0, 0, "User=web\nExecStart=\nExecStart=+/usr/libexec/app/run"),
        (0o700, 0, 0, "User=web\nRootDirectory=/srv"),
        (0o700, 0, 0, "User=web\nPermissionsStartOnly=yes\nExecStart=\nExecStartPre=/usr/libexec/app/run"),
    ] {
        assert_eq!(program(mode, uid, gid, lines), [], "{mode:o} {uid}:{gid} {lines}");
    }
    let optional = "User=web\nExecStart=\nExecStart=-/usr/libexec/app/run";
    assert_eq!(program(0o700, 0, 0, optional), [Severity::Warning]);
}

/// `path_resolution(7)`: search permission on each directory.
#[test]
fn the_user_may_enter_each_directory_above_it() {
    assert_eq!(directory(0o750, 0, 0, "User=web"), FATAL);
    assert_eq!(directory(0o644, 0, 0, "User=web"), FATAL);
    assert_eq!(directory(0o750, 0, 970, "User=web"), []);
    assert_eq!(directory(0o711, 0, 0, "User=web"), []);
    let found = of((0o750, 0, 0), (0o755, 0, 0), "User=web");
    let message = "`app.service` has `ExecStart=` run `/usr/libexec/app/run`, and `web` may not enter `/usr/libexec/app`, whose mode is 0750 and owner 0:0 (line 2)";
    assert_eq!(found[0].message, message);
}

/// systemd.exec(5), "Process exit codes": 200/CHDIR.
#[test]
fn the_user_may_enter_the_working_directory() {
    let of = |mode: u32, lines: &str, tmpfiles: &str| {
        let layer = Layer::new("u")
            .with(File::text("x", "/usr/bin/app").mode(0o755))
            .with(Dir::new("/usr/share/app").mode(mode))
            .tmpfiles("app", [tmpfiles])
            .unit(Unit::text("app.service", format!("[Service]\nExecStart=/usr/bin/app\n{lines}\n")));
        found("unit-access", below(), layer).len()
    };
    let other = "d /var/lib/app 0755 root root -";
    let lines = "User=web\nWorkingDirectory=/usr/share/app";
    assert_eq!(of(0o700, lines, other), 1);
    assert_eq!(of(0o711, lines, other), 0);
    assert_eq!(of(0o700, "User=web\nWorkingDirectory=-/usr/share/app", other), 0);
    assert_eq!(of(0o700, "WorkingDirectory=/usr/share/app", other), 0);
    assert_eq!(of(0o700, lines, "z /usr/share/app 0755 - - -"), 0, "a boot changes its mode");
}

#[test]
fn a_user_may_execute_what_the_services_of_users_start() {
    let of = |mode: u32| {
        let program = lapstrake::entry::File::text("x", "/usr/bin/app").mode(mode);
        let unit = "[Service]\nExecStart=/usr/bin/app\n";
        let layer = Layer::new("u").with(program).text(unit, "/usr/lib/systemd/user/app.service");
        found("unit-access", Tar::new(), layer)
    };
    assert_eq!(of(0o755), []);
    let found = of(0o750);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].severity, Severity::Warning);
    assert!(
        found[0].message.contains("a user may not execute `/usr/bin/app`, whose mode is 0750"),
        "{found:#?}"
    );
}
