//! `selinux-label`: paths that the policy of the image has no rule for. They would be `default_t` or
//! `unlabeled_t` on the device, which confined services may not read.
//!
//! A rule covers a path when the literal beginning of its pattern is the path's: the rules of a real
//! policy start with the top level that they are for, and a new top level is what is forgotten.

use std::collections::BTreeSet;

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "selinux-label",
    "a path that no file context covers is unlabeled on the device, and confined services can't read it",
    check,
)
.shown(Example::Words {
    faulty: "`.dir(\"/data\")` on a base whose policy has no context for `/data`",
    mended: "`.dir(\"/usr/share/data\")`, or a policy module with a context for it",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tops: BTreeSet<&str> = contexts(subject).flat_map(str::lines).filter_map(top).collect();
    if tops.is_empty() {
        return Vec::new();
    }
    let uncovered = |node: &Node<'_>| !node.path().components().next().is_none_or(|top| tops.contains(top));
    let mut seen = BTreeSet::new();
    let once = |node: &Node<'_>| seen.insert(node.site());
    let fault = |node: Node<'_>| {
        let message = format!("no file context of the image's policy covers `{}`", node.path());
        Fault::at(&node, message).help("put it below `/usr` or `/etc`")
    };
    subject.tree().ours().filter(uncovered).filter(once).map(fault).collect()
}

/// The texts of the contexts that the image's policy has.
fn contexts<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a str> {
    let tree = subject.tree();
    let config = tree.text("/etc/selinux/config").unwrap_or_default();
    let policy = config.lines().find_map(|line| line.trim().strip_prefix("SELINUXTYPE="));
    let directory = format!("/etc/selinux/{}/contexts/files", policy.unwrap_or("targeted").trim());
    let files: Vec<_> = tree.children(&directory).collect();
    files.into_iter().filter_map(|node| node.text())
}

/// The top level that a rule is for: none for one that is for all.
fn top(line: &str) -> Option<&str> {
    let path = line.trim().strip_prefix('/')?;
    let end = path.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(path.len());
    path.get(..end).filter(|top| !top.is_empty())
}
