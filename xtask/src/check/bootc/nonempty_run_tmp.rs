//! `var-run` and `nonempty-run-tmp`: what is in memory on a running system.

use super::refused_destination;
use crate::check::{Check, Example, Fault, Subject};

pub(super) const VAR_RUN: Check = Check::fatal(
    "var-run",
    "programs share sockets between /var/run and /run, which is one place only while /var/run is a symlink",
    var_run,
)
.shown(Example::Words {
    faulty: "A base in which `/var/run` is a directory",
    fixed: "`.remove(\"/var/run\")`: systemd makes the symlink at boot",
});

pub(super) const CHECK: Check = Check::warning(
    "nonempty-run-tmp",
    "/run and /tmp are file systems in memory, mounted over what the image has",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").dir("/run/sensord")"#,
    fixed: r#"Layer::new("app").tmpfiles("sensord", ["d /run/sensord 0755 root root -"])"#,
});

/// What podman and buildah leave of the name server they lend to a build; bootc passes over it too.
const LENT: [&str; 3] = ["/run/systemd", "/run/systemd/resolve", "/run/systemd/resolve/stub-resolv.conf"];

fn var_run(subject: &Subject<'_>) -> Vec<Fault> {
    let found = subject.tree().get("/var/run").filter(|node| node.target().is_none());
    let fault = |node| {
        Fault::at(&node, "`/var/run` is not a symlink to `/run`")
            .help("add `.remove(\"/var/run\")`; systemd links it at boot")
    };
    found.map(fault).into_iter().collect()
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = Vec::new();
    for area in ["/run", "/tmp"] {
        faults.extend(refused_destination::below(subject, area));
        let of_base = tree.below(area).filter(|node| node.layer().is_none());
        let others = of_base.filter(|node| {
            let path = node.path().as_str();
            // A directory on the way is passed over only as long as nothing else is in it.
            !LENT.contains(&path) || tree.below(path).any(|below| !LENT.contains(&below.path().as_str()))
        });
        faults.extend(others.map(|node| Fault::at(&node, format!("`{}` is never seen", node.path()))));
    }
    faults
}
