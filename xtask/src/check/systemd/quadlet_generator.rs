//! `quadlet-generator`: quadlets on a base where nothing makes units of them. Newer AutoSD bases mask the
//! generator and bring what it made when they were built.

use std::collections::BTreeSet;

use lapstrake::entry::Unit;

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "quadlet-generator",
    "a quadlet becomes a service by podman's generator; where the base masks it, the container never starts",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text(
    "[Container]\nImage=registry.example/app:1\n",
    "/usr/share/containers/systemd/app.container",
)"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/podman").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/podman run --rm registry.example/app:1\n"))"##,
});

/// Where podman's generator looks (podman-systemd.unit(5)).
pub(super) const DIRECTORIES: [&str; 2] = ["/etc/containers/systemd", "/usr/share/containers/systemd"];
const KINDS: [&str; 8] = ["artifact", "build", "container", "image", "kube", "network", "pod", "volume"];
const GENERATOR: &str = "podman-system-generator";
/// Where generators are, the first wins (systemd.generator(7)).
const GENERATORS: [&str; 3] = [
    "/etc/systemd/system-generators",
    "/usr/local/lib/systemd/system-generators",
    "/usr/lib/systemd/system-generators",
];

pub(super) fn is_quadlet(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, kind)| KINDS.contains(&kind))
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let generator = GENERATORS.iter().find_map(|place| tree.get(&format!("{place}/{GENERATOR}")));
    let why = match generator {
        Some(node) if node.target() == Some("/dev/null") || node.size() == Some(0) => {
            format!("`{}` masks podman's generator", node.path())
        }
        Some(_) => return Vec::new(),
        None => "the image has no podman generator".to_owned(),
    };
    // A run step may make the units, or a package bring podman.
    if subject.runs_unseen() {
        return Vec::new();
    }
    // The generator states there of what it has made a service, for example in the build.
    let units: Vec<Node<'_>> = tree.children(Unit::DIRECTORY).collect();
    let sources = units.iter().filter_map(Node::text).flat_map(str::lines);
    let sources: BTreeSet<&str> = sources.filter_map(|line| line.strip_prefix("SourcePath=")).collect();
    let quadlets = DIRECTORIES.iter().flat_map(|directory| tree.below(directory));
    let ours = quadlets.filter(|node| node.site().is_some() && is_quadlet(node.path().file_name()));
    let ours = ours.filter(|node| !sources.contains(node.path().as_str()));
    let fault = |node: Node<'_>| {
        let help = "bring it by `.quadlet(…)`, so that the build makes a service of it where the base has the generator; or ship a `.service` that runs podman";
        Fault::at(&node, format!("`{}` never becomes a service: {why}", node.path())).help(help)
    };
    ours.map(fault).collect()
}
