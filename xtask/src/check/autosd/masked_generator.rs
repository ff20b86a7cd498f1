//! `masked-generator`: files that a generator of systemd would read, where the base has masked it.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "masked-generator",
    "AutoSD masks the generators that make units of fstab, rc.local and init scripts: the files do nothing",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("data")
    .symlink("/dev/null", "/etc/systemd/system-generators/systemd-fstab-generator")
    .text("/dev/vdb /var/lib/data ext4 nofail 0 0\n", "/etc/fstab")"#,
    fixed: r#"Layer::new("data")
    .symlink("/dev/null", "/etc/systemd/system-generators/systemd-fstab-generator")
    .unit(Unit::text("var-lib-data.mount", "[Mount]\nWhat=/dev/vdb\nWhere=/var/lib/data\n"))"#,
});

/// What a generator reads, the generator, and what does the same without it.
const READ: [(&str, &str, &str); 5] = [
    ("/etc/fstab", "systemd-fstab-generator", "write a `.mount` unit, and enable it"),
    ("/etc/rc.local", "systemd-rc-local-generator", "write a `.service` with `Type=oneshot`, and enable it"),
    (
        "/etc/rc.d/rc.local",
        "systemd-rc-local-generator",
        "write a `.service` with `Type=oneshot`, and enable it",
    ),
    ("/etc/init.d", "systemd-sysv-generator", "write a `.service`, and enable it"),
    ("/etc/rc.d/init.d", "systemd-sysv-generator", "write a `.service`, and enable it"),
];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = Vec::new();
    for (read, generator, instead) in READ {
        let ours = tree.get(read).into_iter().chain(tree.below(read)).find(|node| node.site().is_some());
        let Some(node) = ours else { continue };
        if let Some(mask) = masked(subject, generator) {
            let message = format!("`{}` does nothing: `{}` masks `{generator}`", node.path(), mask.path());
            faults.push(Fault::at(&node, message).help(instead));
        }
    }
    faults
}

/// A generator is masked by an empty file or a link to /dev/null of its name in a directory that comes
/// before its own (systemd.generator(7)).
fn masked<'a>(subject: &Subject<'a>, generator: &str) -> Option<Node<'a>> {
    let places = [
        "/etc/systemd/system-generators",
        "/usr/local/lib/systemd/system-generators",
        "/usr/lib/systemd/system-generators",
    ];
    let first = places.iter().find_map(|place| subject.tree().get(&format!("{place}/{generator}")))?;
    let is_mask = first.target() == Some("/dev/null") || first.is_file() && first.size() == Some(0);
    is_mask.then_some(first)
}
