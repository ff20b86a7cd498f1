//! `var-tmpfiles`: state. Only the first installation writes an image's /var, so a
//! directory there wants a line of tmpfiles.d that makes it at each boot, and a file wants another place.

use std::collections::BTreeSet;

use lapstrake::value::LayerName;

use super::refused_destination;
use crate::check::accounts::Accounts;
use crate::check::{Check, Example, Fault, Kind, Node, Subject, tmpfiles};
use crate::plan::state_line;
use crate::support::small_map::SmallMap;

pub(super) const CHECK: Check = Check::warning(
    "var-tmpfiles",
    "only the first installation writes what an image has in /var; no update changes it",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").dir("/var/lib/sensord")"#,
    fixed: r#"Layer::new("app").tmpfiles("sensord", ["d /var/lib/sensord 0755 root root -"])"#,
});

/// How many paths a finding names.
const SHOWN: usize = 4;

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = refused_destination::below(subject, "/var");
    // bootc reads the vendor's files alone, and any type of line counts.
    let vendor =
        tmpfiles::lines(tree).into_iter().filter(|line| line.node.path().as_str().starts_with("/usr/"));
    let made: BTreeSet<String> = vendor.filter_map(|line| line.given(1).map(str::to_owned)).collect();
    let of_base = tree.below("/var").filter(|node| node.layer().is_none());
    for node in of_base.filter(|node| !made.contains(node.path().as_str())) {
        let message = match node.kind() {
            Kind::Directory | Kind::Symlink { .. } => format!("no tmpfiles.d makes `{}`", node.path()),
            Kind::File(()) | Kind::Device { .. } | Kind::Fifo => {
                format!("`{}` is not a directory", node.path())
            }
        };
        faults.push(Fault::at(&node, message));
    }
    faults.extend(of_steps(subject, &made));
    faults
}

/// The faults of what packages and steps have below /var, one for each layer.
fn of_steps(subject: &Subject<'_>, made: &BTreeSet<String>) -> Vec<Fault> {
    let tree = subject.tree();
    let is_lost = |node: &Node<'_>| node.is_of_step() && !made.contains(node.path().as_str());
    let mut layers: SmallMap<_, Vec<Node<'_>>> = SmallMap::new();
    for node in tree.below("/var").filter(is_lost) {
        if let Some(layer) = node.layer() {
            layers.or_default(layer.name.clone()).push(node);
        }
    }
    let accounts = Accounts::of(tree);
    let fault = |(layer, nodes): (LayerName, Vec<Node<'_>>)| {
        let first = nodes.first()?;
        let shown: Vec<_> = nodes.iter().take(SHOWN).map(|node| format!("`{}`", node.path())).collect();
        let more = nodes.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!(
            "no tmpfiles.d makes {}{more}: a device gets them at its first installation, and no update changes them",
            shown.join(", ")
        );
        let lines: Vec<_> = nodes.iter().filter_map(|node| line(node, &accounts)).collect();
        let fault = Fault::at(first, message).and_paths(&nodes);
        Some(if lines.is_empty() {
            fault.help("keep the file below `/usr`, or accept it: `.allow(\"var-tmpfiles\")`")
        } else if nodes.iter().all(Node::is_of_packages) {
            fault.help(format!(".tmpfiles_of_packages(\"{layer}-state\")"))
        } else {
            // Entries come before the steps of their layer.
            fault.help(format!(".tmpfiles(\"{layer}-state\", {lines:?})"))
        })
    };
    layers.into_iter().filter_map(fault).collect()
}

/// Returns the line of tmpfiles.d that makes a directory or link, with its mode and owner.
fn line(node: &Node<'_>, accounts: &Accounts) -> Option<String> {
    let name = |numbers: &SmallMap<String, Option<u32>>, id: u32| {
        let known = numbers.iter().find(|(_, number)| **number == Some(id));
        known.map_or_else(|| id.to_string(), |(name, _)| name.clone())
    };
    let (user, group) = (name(&accounts.users, node.uid()), name(&accounts.groups, node.gid()));
    state_line(node.path(), &node.kind(), node.mode(), &user, &group)
}
