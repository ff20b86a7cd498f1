//! `prepare-root`: the file by which ostree mounts the root, where a layer writes it. Only its copy in the initramfs
//! counts at boot.

use crate::check::prepare_root::{PLACES, first_fault, setting};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "prepare-root",
    "ostree deploys no image whose prepare-root.conf it can't read, and at boot it reads the initramfs's copy",
    check,
)
.shown(Example::Words {
    faulty: "`.text(\"composefs = yes\\n\", \"/usr/lib/ostree/prepare-root.conf\")`: a key before any section",
    fixed: "`.text(\"[composefs]\\nenabled = yes\\n\", …)`, and `Initramfs::regenerated()` in the same image",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let found = PLACES.iter().find_map(|place| tree.follow(place));
    let Some((node, text)) = found.and_then(|node| Some((node.clone(), node.text()?))) else {
        return Vec::new();
    };
    if let Some((span, what)) = first_fault(text) {
        let message = format!("`{}` {what}", node.path());
        return vec![
            Fault::at_span(&node, &span, message)
                .help("write sections as `[composefs]`, and keys as `enabled = yes`"),
        ];
    }
    let mut faults = Vec::new();
    for (section, key, allowed) in VALUES {
        if let Some(value) = setting(&node, section, key).filter(|value| !allowed.contains(&value.trim())) {
            let message =
                format!("`{key}` of `[{section}]` in `{}` is `{value}`, which ostree refuses", node.path());
            let words: Vec<_> = allowed.iter().take(4).map(|word| format!("`{word}`")).collect();
            faults.push(Fault::at(&node, message).help(format!("write one of {}", words.join(", "))));
        }
    }
    if !faults.is_empty() {
        return faults;
    }
    let is_changed = node.site().is_some() && subject.base_text(node.path().as_str()) != Some(text);
    if is_changed && !subject.runs_unseen() && !makes_initramfs(subject) {
        let message =
            format!("`{}` changes nothing at boot: the initramfs has a copy of the old one", node.path());
        faults.push(
            Fault::at(&node, message)
                .help("add `Initramfs::regenerated()`")
                .as_warning("the device boots with the old setting"),
        );
    } else if is_changed && setting(&node, "composefs", "enabled").as_deref() == Some("signed") {
        let message = format!(
            "`{}` lets a device boot only what is signed, and nothing here signs the image",
            node.path()
        );
        faults
            .push(Fault::at(&node, message).help("write `enabled = verity`, or take a base that is sealed"));
    }
    faults
}

/// What ostree accepts, ostree-prepare-root(1).
const VALUES: [(&str, &str, &[&str]); 4] = [
    ("composefs", "enabled", &["yes", "no", "maybe", "signed", "verity", "true", "false", "1", "0"]),
    ("etc", "transient", &["true", "false", "yes", "no", "1", "0"]),
    ("root", "transient", &["true", "false", "yes", "no", "1", "0"]),
    ("sysroot", "readonly", &["true", "false", "yes", "no", "1", "0"]),
];

/// Whether a layer brings the initramfs, or makes it again.
fn makes_initramfs(subject: &Subject<'_>) -> bool {
    let directories = subject.tree().children("/usr/lib/modules");
    let initramfs =
        |directory: Node<'_>| subject.tree().follow(&format!("{}/initramfs.img", directory.path()));
    directories.filter_map(initramfs).any(|node| node.site().is_some())
}
