//! `transient-etc`: a service that keeps something in /etc, on a base that forgets what was written there.

use lapstrake::systemd::{UnitFile, words};

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "transient-etc",
    "with a transient /etc, as AutoSD has it, what a service writes there is gone after a reboot",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nReadWritePaths=/etc/app\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nStateDirectory=app\n"))"##,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if !super::is_etc_transient(subject) {
        return Vec::new();
    }
    let is_unit = |node: &Node<'_>| node.path().as_str().contains("/systemd/system/");
    let mut faults = Vec::new();
    for node in subject.tree().ours().filter(is_unit) {
        let unit = UnitFile::parse(node.text().unwrap_or_default());
        let paths = unit.values("Service", "ReadWritePaths").filter_map(words).flatten();
        let etc = paths
            .map(|path| path.trim_start_matches(['-', '+']).to_owned())
            .find(|path| path == "/etc" || path.starts_with("/etc/"));
        if let Some(path) = etc {
            let message = format!("`{}` writes to `{path}`, and the base's /etc is transient", node.path());
            faults.push(
                Fault::at(&node, message).help("keep it in `/var/lib`: `StateDirectory=NAME` in the unit"),
            );
        }
    }
    faults
}
