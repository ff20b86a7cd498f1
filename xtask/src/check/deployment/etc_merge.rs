//! `etc-merge`: a directory of the base that is gone, or became a link, or the other way round. Below
//! /etc the merge of an update fails on it, at shutdown, and the device goes on booting the old image;
//! elsewhere programs find another place than before.

use std::collections::BTreeSet;

use crate::check::{Check, Example, Fault, Kind, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "etc-merge",
    "an update can't merge changes made on the device into a directory that is none any more",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").remove("/opt").dir("/opt")"#,
    fixed: r#"Layer::new("app").dir("/usr/lib/app")"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let base = subject.base_alone();
    let below = base.as_ref().map_or_else(|| subject.below(), Subject::tree);
    // Steps state no paths, so every directory and link of the base is looked at where an engine built a layer.
    let all = base.iter().flat_map(|base| base.tree().iter()).filter(|node| !node.is_file());
    let of_steps: Vec<_> = all.map(|node| node.path().clone()).collect();
    let stated = subject.plan.layers.iter().flat_map(|layer| {
        // A file can be in the place of a directory or a link only if that is removed.
        let members = layer.members.iter().filter(|(_, member)| !member.kind.is_file());
        layer.removals.keys().chain(members.map(|(path, _)| path))
    });
    let is_transient = super::super::autosd::is_etc_transient(subject);
    let mut faults = Vec::new();
    for path in stated.chain(&of_steps).collect::<BTreeSet<_>>() {
        let Some(was) = below.get(path.as_str()) else { continue };
        let in_etc = path.as_str().starts_with("/etc/");
        let now = subject.tree().get(path.as_str());
        let message = match (was.kind(), now.as_ref().map(Node::kind)) {
            (Kind::Directory, None) if in_etc && !is_transient => {
                format!("`{path}` is a directory of the base, and is gone")
            }
            (Kind::Directory, Some(Kind::Symlink { target: to })) => {
                format!("`{path}` is a directory of the base, and becomes a link to `{to}`")
            }
            (Kind::Symlink { target: to }, Some(Kind::Directory)) => {
                format!("`{path}` is a link of the base to `{to}`, and becomes a directory")
            }
            _ => continue,
        };
        let fault = match &now {
            Some(node) => Fault::at(node, message),
            None => subject.gone(path.as_str(), message),
        };
        let fault = fault.help("keep what the base has; remove or replace single files in it");
        faults.push(if in_etc && !is_transient {
            fault.as_fatal("the merge of /etc fails on a device, which then keeps the old image")
        } else {
            fault
        });
    }
    faults
}
