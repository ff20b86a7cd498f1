//! `machine-id`: the identity of one device, which no image has.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "machine-id",
    "an empty /etc/machine-id makes systemd skip the first boot's presets, and a filled one is shared by all devices",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("", "/etc/machine-id")"#,
    fixed: r#"Layer::new("app").text("uninitialized\n", "/etc/machine-id")"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(node) = subject.tree().get("/etc/machine-id").filter(Node::is_file) else {
        return Vec::new();
    };
    let message = match node.text().map(str::trim_end) {
        Some("uninitialized") | None if node.size() != Some(0) => return Vec::new(),
        Some("") | None => "`/etc/machine-id` is empty: systemd takes the first boot for a later one",
        Some(_) => "`/etc/machine-id` is filled: all devices would have one identity",
    };
    vec![
        Fault::at(&node, message)
            .help("write `uninitialized`, or leave the file out: `.remove(\"/etc/machine-id\")`"),
    ]
}
