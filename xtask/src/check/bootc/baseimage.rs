//! `baseimage-root` and `baseimage-composefs`: what ostree needs of a root filesystem.

use crate::check::prepare_root::{PLACES, is_yes, setting};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const ROOT: Check = Check::fatal(
    "baseimage-root",
    "ostree deploys into /sysroot, and finds its repository by /ostree -> sysroot/ostree",
    root,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").remove("/ostree")"#,
    fixed: r#"Layer::new("app").remove("/usr/share/doc")"#,
});

pub(super) const COMPOSEFS: Check = Check::warning(
    "baseimage-composefs",
    "without composefs nothing verifies the root filesystem, and bootc means to require it",
    composefs,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("[composefs]\nenabled = no\n", "/usr/lib/ostree/prepare-root.conf")"#,
    fixed: r#"Layer::new("app").text("[composefs]\nenabled = verity\n", "/usr/lib/ostree/prepare-root.conf")"#,
});

/// The root, and the copy of a root that bootc's own documentation may bring.
const ROOTS: [&str; 2] = ["", "/usr/share/doc/bootc/baseimage/base"];
const TARGET: &str = "sysroot/ostree";

fn roots(subject: &Subject<'_>) -> impl Iterator<Item = &'static str> {
    let there = |root: &&str| root.is_empty() || subject.tree().get(root).is_some();
    ROOTS.into_iter().filter(there)
}

fn root(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for root in roots(subject) {
        let sysroot = format!("{root}/sysroot");
        match subject.tree().get(&sysroot) {
            Some(node) if node.is_directory() => {}
            Some(node) => faults.push(Fault::at(&node, format!("`{sysroot}` is not a directory"))),
            None => faults.push(subject.gone(&sysroot, format!("the image has no `{sysroot}`"))),
        }
        let ostree = format!("{root}/ostree");
        match subject.tree().get(&ostree) {
            Some(node) if node.target() == Some(TARGET) => {}
            Some(node) => {
                faults.push(Fault::at(&node, format!("`{ostree}` is not a symlink to `{TARGET}`")));
            }
            None => faults.push(subject.gone(&ostree, format!("the image has no `{ostree}`"))),
        }
    }
    faults.into_iter().map(|fault| fault.help("leave `/sysroot` and `/ostree` to the base")).collect()
}

fn composefs(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for root in roots(subject) {
        let found = PLACES.iter().find_map(|place| subject.tree().follow(&format!("{root}{place}")));
        let Some(node) = found else {
            let message = "no `prepare-root.conf` turns composefs on";
            faults.push(subject.gone(&format!("{root}{}", PLACES[1]), message));
            continue;
        };
        // What is no text here was not kept, and is not judged.
        if node.text().is_some() && !is_on(&node) {
            faults.push(Fault::at(&node, format!("`{}` does not turn composefs on", node.path())));
        }
    }
    let help = "write `[composefs]` and `enabled = verity` to `/usr/lib/ostree/prepare-root.conf`";
    faults.into_iter().map(|fault| fault.help(help)).collect()
}

/// By `enabled` of `[composefs]`, or its older name.
fn is_on(node: &Node<'_>) -> bool {
    let value = setting(node, "composefs", "enabled").or_else(|| setting(node, "root", "composefs"));
    value.is_some_and(|value| is_yes(&value) || matches!(value.trim(), "signed" | "verity"))
}
