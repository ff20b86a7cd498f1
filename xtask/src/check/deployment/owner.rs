//! `owner-number`, `usr-owner` and `setuid`: who owns what the layers bring, and as whom it runs.

use crate::check::accounts::Accounts;
use crate::check::{Check, Example, Fault, Node, Subject};
use crate::support::small_map::SmallMap;

pub(super) const NUMBER: Check = Check::warning(
    "owner-number",
    "a number that no account has is given to another account by a later release, and its files with it",
    number,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").with(File::text("x\n", "/etc/app.key").owner("4711:4711"))"#,
    fixed: r#"Layer::new("app")
    .with(File::text("x\n", "/etc/app.key").owner("4711:4711"))
    .sysusers("app", ["g app 4711", "u app 4711:4711"])"#,
});

pub(super) const USR: Check = Check::warning(
    "usr-owner",
    "/usr is the image's and read-only: an owner other than root gains nothing there, and may become somebody else",
    usr,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").with(File::text("x\n", "/usr/share/app/data").owner("dbus:dbus"))"#,
    fixed: r#"Layer::new("app").text("x\n", "/usr/share/app/data")"#,
});

pub(super) const SETUID: Check = Check::warning(
    "setuid",
    "whoever starts a setuid program has root's rights, and every fault in it is a way to root",
    setuid,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").with(File::text("x", "/usr/bin/probe").mode(0o4755))"#,
    fixed: r#"Layer::new("app").with(File::text("x", "/usr/bin/probe").mode(0o755).capability("cap_net_raw+ep"))"#,
});

/// The mode bits with which a program runs as its owner, and as its group.
const SET_UID: u32 = 0o4000;
const SET_GID: u32 = 0o2000;

fn number(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let all = Accounts::of(subject.tree());
    let has = |numbers: &SmallMap<String, Option<u32>>, id: u32| {
        id == 0 || numbers.values().any(|number| *number == Some(id))
    };
    let mut faults = Vec::new();
    for node in subject.tree().ours() {
        let what = match (has(&all.users, node.uid()), has(&all.groups, node.gid())) {
            (true, true) => continue,
            (false, _) => format!("user {}", node.uid()),
            (true, false) => format!("group {}", node.gid()),
        };
        let message = format!("`{}` belongs to {what}, which the image has no account for", node.path());
        let help = format!(
            "make it: `.sysusers(\"NAME\", [\"g NAME {}\", \"u NAME {}:{}\"])`",
            node.gid(),
            node.uid(),
            node.gid()
        );
        faults.push(Fault::at(&node, message).help(help));
    }
    faults
}

fn usr(subject: &Subject<'_>) -> Vec<Fault> {
    // The owner of a program with set-ID bits is whose rights it runs with; `setuid` reports it.
    let is_used = |node: &Node<'_>, bit: u32| node.is_file() && node.mode().bits() & bit != 0;
    let odd = |node: &Node<'_>| {
        node.path().as_str().starts_with("/usr/")
            && (node.uid() != 0 && !is_used(node, SET_UID) || node.gid() != 0 && !is_used(node, SET_GID))
    };
    let fault = |node: Node<'_>| {
        let message = format!("`{}` in /usr belongs to {}:{}", node.path(), node.uid(), node.gid());
        let help = "leave `.owner(…)` out, and let a mode of 0644 or 0755 make it readable";
        Fault::at(&node, message).help(if node.is_of_step() { accept("USR_OWNER") } else { help.to_owned() })
    };
    subject.tree().ours().filter(odd).map(fault).collect()
}

/// Returns the help where packages or a step have what an entry would be changed for.
fn accept(check: &str) -> String {
    format!("accept it where it comes from: `.allow(checks::{check})` of these packages or this step")
}

fn setuid(subject: &Subject<'_>) -> Vec<Fault> {
    let odd = |node: &Node<'_>| node.is_file() && node.mode().bits() & (SET_UID | SET_GID) != 0;
    let fault = |node: Node<'_>| {
        let bits = node.mode().bits();
        let whose = match (bits & SET_UID != 0, bits & SET_GID != 0) {
            (true, true) => "its owner's and its group's",
            (false, true) => "its group's",
            (true | false, false) => "its owner's",
        };
        let message = format!("`{}` has mode {}: it runs with {whose} rights", node.path(), node.mode());
        let help = "give the one capability that it needs: `.mode(0o755).capability(\"cap_net_raw+ep\")`";
        Fault::at(&node, message).help(if node.is_of_step() { accept("SETUID") } else { help.to_owned() })
    };
    subject.tree().ours().filter(odd).map(fault).collect()
}
