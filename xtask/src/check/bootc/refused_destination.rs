//! `refused-destination`: where a layer may put nothing, by the rules of `lapstrake::rule`. The areas
//! that bootc has a lint for are told by those lints, with what is said here.

use std::collections::BTreeMap;

use lapstrake::rule::{Refusal, refused};

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "refused-destination",
    "what is put there is never seen on the device, or takes away what the base needs",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("web:x:990:990::/:/sbin/nologin\n", "/etc/passwd")"#,
    mended: r#"Layer::new("app").sysusers("web", ["u web - \"Web server\""])"#,
});

/// The areas of bootc's own lints.
const LINTED: [&str; 5] = ["/boot", "/run", "/tmp", "/usr/etc", "/var"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let elsewhere = |node: &Node<'_>| !LINTED.iter().any(|area| is_in(node, area));
    faults(subject.tree().ours().filter(elsewhere))
}

/// The faults of what the layers put in an area of bootc's.
pub(super) fn below(subject: &Subject<'_>, area: &str) -> Vec<Fault> {
    let ours = subject.tree().get(area).into_iter().chain(subject.tree().below(area));
    faults(ours.filter(|node| node.site().is_some()))
}

fn is_in(node: &Node<'_>, area: &str) -> bool {
    let rest = node.path().as_str().strip_prefix(area);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One fault for each place of the description, however many files it puts there.
fn faults<'a>(ours: impl Iterator<Item = Node<'a>>) -> Vec<Fault> {
    let mut places: BTreeMap<_, (Node<'_>, Refusal, usize)> = BTreeMap::new();
    for node in ours {
        let Some(refusal) = refused(node.path()) else { continue };
        places.entry(node.site()).or_insert((node, refusal, 0)).2 += 1;
    }
    let fault = |(node, refusal, count): (Node<'_>, Refusal, usize)| {
        let more =
            if count > 1 { format!(" ({} more are put in such places)", count - 1) } else { String::new() };
        let message = format!("`{}` {}{more}", node.path(), refusal.reason);
        Fault::at(&node, message).help(refusal.instead).as_fatal()
    };
    places.into_values().map(fault).collect()
}
