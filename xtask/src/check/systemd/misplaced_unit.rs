//! `misplaced-unit`: a quadlet where systemd looks for units, a unit where podman looks for quadlets.

use lapstrake::value::UnitName;

use super::{loaded, quadlet_generator};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "misplaced-unit",
    "systemd reads no quadlets and podman reads no units: in the other's directory a file does nothing",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("[Container]\nImage=registry.example/app:1\n", "/usr/lib/systemd/system/app.container")"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))"##,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = Vec::new();
    let files = |directories: &[&str]| -> Vec<_> {
        let nodes = directories.iter().flat_map(|directory| tree.children(directory));
        nodes.filter(|node| node.site().is_some() && node.is_file()).collect()
    };
    for node in files(&loaded::DIRECTORIES) {
        let name = node.path().file_name();
        if quadlet_generator::is_quadlet(name) {
            let message = format!("`{}` is a quadlet, and systemd does not read it there", node.path());
            let help = format!("write `{}/{name}`", quadlet_generator::DIRECTORIES[1]);
            faults.push(Fault::at(&node, message).help(help));
        }
    }
    for node in files(&quadlet_generator::DIRECTORIES) {
        if UnitName::parse(node.path().file_name()).is_ok() {
            let message = format!("`{}` is a unit, and podman does not read it there", node.path());
            faults.push(Fault::at(&node, message).help("bring it by `.unit(Unit::file(…))`"));
        }
    }
    faults
}
