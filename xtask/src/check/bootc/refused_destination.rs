//! `refused-destination`: where a layer may put nothing, by the rules of `lapstrake::rule`. The areas
//! that bootc has a lint for are reported by the checks of that name, by the same rules.

use std::collections::BTreeSet;

use lapstrake::rule::{Refusal, refused};

use crate::check::accounts::names;
use crate::check::{Check, Example, Fault, Node, Subject};
use crate::support::small_map::SmallMap;

pub(super) const CHECK: Check = Check::fatal(
    "refused-destination",
    "what is put there is never seen on the device, or takes away what the base needs",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("web:x:990:990::/:/sbin/nologin\n", "/etc/passwd")"#,
    fixed: r#"Layer::new("app").sysusers("web", ["u web - \"Web server\""])"#,
});

/// The areas of bootc's own lints.
const LINTED: [&str; 5] = ["/boot", "/run", "/tmp", "/usr/etc", "/var"];

/// The files of accounts that a step may extend.
const ACCOUNTS: [&str; 4] = ["/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let elsewhere = |node: &Node<'_>| !LINTED.iter().any(|area| is_in(node, area));
    // A scriptlet or an edit adds its account to the files of the base; another entry replaces them.
    let extends = |node: &Node<'_>| (node.is_of_step() || node.extends()) && is_of_accounts(node);
    let is_refused = |node: &Node<'_>| refused(node.path()).is_some() && elsewhere(node) && !extends(node);
    let mut faults = faults(subject.tree().ours().filter(is_refused));
    faults.extend(lost_accounts(subject));
    faults
}

/// The faults of what the entries of layers put in an area of bootc's lints.
pub(super) fn below(subject: &Subject<'_>, area: &str) -> Vec<Fault> {
    let ours = subject.tree().get(area).into_iter().chain(subject.tree().below(area));
    faults(ours.filter(|node| node.site().is_some() && !node.is_of_step()))
}

/// Returns whether it is a file of accounts, or the copy that shadow-utils keeps of one.
fn is_of_accounts(node: &Node<'_>) -> bool {
    let path = node.path().as_str().trim_end_matches('-');
    ACCOUNTS.contains(&path) || ["/etc/subuid", "/etc/subgid"].contains(&path)
}

/// The faults of steps and edits that remove accounts of the base.
fn lost_accounts(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in ACCOUNTS {
        let changed = subject.tree().get(file).filter(|node| node.is_of_step() || node.extends());
        let Some(node) = changed else { continue };
        let (Some(before), Some(now)) = (subject.base_text(file), node.text()) else { continue };
        let kept: BTreeSet<_> = names(now).collect();
        let lost: Vec<_> = names(before).filter(|name| !kept.contains(name)).collect();
        if !lost.is_empty() {
            let what = if node.is_of_step() { "a step" } else { "an edit" };
            let message = format!("{} removes `{}` of the base from `{file}`", what, lost.join("`, `"));
            let help =
                "add to the file, or let sysusers.d make the account: `.sysusers(\"NAME\", [\"u NAME -\"])`";
            faults.push(Fault::at(&node, message).help(help));
        }
    }
    faults
}

fn is_in(node: &Node<'_>, area: &str) -> bool {
    let rest = node.path().as_str().strip_prefix(area);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One fault for each place of the description, however many files it puts there.
fn faults<'a>(ours: impl Iterator<Item = Node<'a>>) -> Vec<Fault> {
    let mut places: SmallMap<_, (Node<'_>, Refusal, usize)> = SmallMap::new();
    for node in ours {
        let Some(refusal) = refused(node.path()) else { continue };
        places.or_insert_with(node.site(), || (node, refusal, 0)).2 += 1;
    }
    let fault = |(node, refusal, count): (Node<'_>, Refusal, usize)| {
        let more =
            if count > 1 { format!(" ({} more are put in such places)", count - 1) } else { String::new() };
        let message = format!("`{}` {}{more}", node.path(), refusal.reason);
        Fault::at(&node, message).help(refusal.instead).as_fatal("a layer puts it there by name")
    };
    places.into_values().map(fault).collect()
}
