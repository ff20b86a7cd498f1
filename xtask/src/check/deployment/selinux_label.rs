//! `selinux-label`: paths that the policy of the image has no rule for. They would be `default_t` or
//! `unlabeled_t` on the device, which confined services may not read.
//!
//! A rule covers a path when the literal beginning of its pattern is the path's: the rules of a real
//! policy start with the top level that they are for, and a new top level is what is forgotten.

use std::collections::BTreeSet;

use crate::check::{Check, Example, Fault, Node, Subject};
use crate::support::small_map::SmallSet;

pub(super) const CHECK: Check = Check::warning(
    "selinux-label",
    "a path that no file context covers is unlabeled on the device, and confined services can't read it",
    check,
)
.shown(Example::Words {
    faulty: "`.dir(\"/data\")` on a base whose policy has no context for `/data`",
    fixed: "`.dir(\"/usr/share/data\")`, or a policy module with a context for it",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    // A policy without its main file is not in this tree: the contexts of modules alone cover nothing.
    if subject.tree().text(&format!("{}/file_contexts", directory(subject))).is_none() {
        return Vec::new();
    }
    let tops: BTreeSet<&str> = contexts(subject).flat_map(str::lines).filter_map(top).collect();
    if tops.is_empty() {
        return Vec::new();
    }
    let uncovered = |node: &Node<'_>| !node.path().components().next().is_none_or(|top| tops.contains(top));
    let mut seen = SmallSet::new();
    let once = |node: &Node<'_>| seen.insert(node.site());
    let fault = |node: Node<'_>| {
        let message = format!("no file context of the image's policy covers `{}`", node.path());
        Fault::at(&node, message).help("put it below `/usr` or `/etc`")
    };
    subject.tree().ours().filter(uncovered).filter(once).map(fault).collect()
}

/// The texts of the contexts that the image's policy has.
fn contexts<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a str> {
    let files: Vec<_> = subject.tree().children(&directory(subject)).collect();
    files.into_iter().filter_map(|node| node.text())
}

/// Returns the directory of the file contexts (`SELINUXTYPE=` of `selinux_config(5)`).
fn directory(subject: &Subject<'_>) -> String {
    let config = subject.tree().text("/etc/selinux/config").unwrap_or_default();
    let policy = config.lines().find_map(|line| line.trim().strip_prefix("SELINUXTYPE="));
    format!("/etc/selinux/{}/contexts/files", policy.unwrap_or("targeted").trim())
}

/// The top level that a rule is for: none for a rule for all paths.
fn top(line: &str) -> Option<&str> {
    let path = line.trim().strip_prefix('/')?;
    let end = path.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(path.len());
    path.get(..end).filter(|top| !top.is_empty())
}
