//! `var-log`: log files with something in them.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "var-log",
    "a log of the build says nothing about the device, and makes no two builds equal",
    check,
)
.shown(Example::Words {
    faulty: "A base whose build left `/var/log/dnf5.log` behind",
    fixed: "`.remove(\"/var/log/dnf5.log\")`, or a base without it. What a layer puts there is `var-tmpfiles`",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let is_of_build = |node: &Node<'_>| node.layer().is_none() || node.is_of_step();
    let logs = subject.tree().below("/var/log").filter(is_of_build);
    let written = logs.filter(|node| node.is_file() && node.size() > Some(0));
    written.map(|node| Fault::at(&node, format!("`{}` is a log of the build", node.path()))).collect()
}
