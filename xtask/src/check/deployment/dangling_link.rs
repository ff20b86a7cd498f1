//! `dangling-link`: a symlink of a layer that leads to nothing.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "dangling-link",
    "a symlink to a path that neither the image nor the running system has is a file that can't be opened",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").symlink("/usr/lib/app/currrent", "/usr/lib/app/run")"#,
    fixed: r#"Layer::new("app").text("x\n", "/usr/lib/app/current").symlink("/usr/lib/app/current", "/usr/lib/app/run")"#,
});

/// What a running system fills.
const AT_RUN_TIME: [&str; 12] =
    ["/boot", "/dev", "/home", "/media", "/mnt", "/proc", "/root", "/run", "/srv", "/sys", "/tmp", "/var"];
/// Where the checks of units and of bound images say what is missing.
const OF_OTHER_CHECKS: [&str; 2] = ["/systemd/", "/usr/lib/bootc/bound-images.d/"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let links = subject.tree().ours().filter(|node| node.target().is_some());
    links.filter_map(|link| fault(subject, &link)).collect()
}

fn fault(subject: &Subject<'_>, link: &Node<'_>) -> Option<Fault> {
    let (path, target) = (link.path(), link.target()?);
    if OF_OTHER_CHECKS.iter().any(|place| path.as_str().contains(place)) || target == "/dev/null" {
        return None;
    }
    let leads_to = subject.tree().place(path.as_str())?;
    let is_below = |directory: &&str| {
        leads_to
            .as_str()
            .strip_prefix(*directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if subject.tree().get(leads_to.as_str()).is_some() || AT_RUN_TIME.iter().any(is_below) {
        return None;
    }
    let message = format!("the symlink `{path}` leads to `{leads_to}`, which the image has not");
    Some(Fault::at(link, message).help(format!("bring `{leads_to}`, or name another target")))
}
