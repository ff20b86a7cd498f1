//! `dracut-module`: modules of dracut that an initramfs shall have, and the image has not.

use std::collections::BTreeSet;

use lapstrake::suggest::nearest;

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "dracut-module",
    "dracut makes the initramfs without a module that it does not find, and the device does not find its root",
    check,
)
.shown(Example::Words {
    faulty: "`.entries(Initramfs::regenerated().modules([\"clevi\"]))`",
    fixed: "`.entries(Initramfs::regenerated().modules([\"clevis\"]))` with `.packages([\"clevis-dracut\"])`",
});

/// Where dracut.conf(5) is read from.
const CONFS: [&str; 2] = ["/usr/lib/dracut/dracut.conf.d", "/etc/dracut.conf.d"];
/// The modules, each in a directory that begins with two digits.
const MODULES: &str = "/usr/lib/dracut/modules.d";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let present: BTreeSet<String> = tree
        .children(MODULES)
        .filter_map(|node| {
            let name = node.path().file_name().trim_start_matches(|c: char| c.is_ascii_digit());
            (!name.is_empty()).then(|| name.to_owned())
        })
        .collect();
    // A base without dracut says so when dracut runs.
    if present.is_empty() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for node in CONFS.iter().flat_map(|directory| tree.children(directory)) {
        if node.site().is_none() || !node.ends_with(".conf") || may_bring_modules(subject, &node) {
            continue;
        }
        let Some(text) = node.text() else { continue };
        for name in text.lines().flat_map(added).filter(|name| !present.contains(*name)) {
            let message = format!("the image has no module `{}` of dracut", name.escape_debug());
            let near = nearest(name, present.iter()).map(|near| format!("did you mean `{near}`?"));
            let help = near.unwrap_or_else(|| format!("install the package that has `{MODULES}/??{name}`"));
            faults.push(Fault::at(&node, message).help(help));
        }
    }
    faults
}

/// Whether something that is not known yet may bring modules before dracut runs. The step that runs dracut brings none.
fn may_bring_modules(subject: &Subject<'_>, node: &Node<'_>) -> bool {
    let Some(own) = node.layer() else { return true };
    let later = subject.plan.layers.iter().skip_while(|layer| !std::ptr::eq(layer.as_ref(), own)).skip(1);
    own.unseen || own.runs.len() > 1 || later.into_iter().any(|layer| layer.needs_engine())
}

/// Returns the modules that a line adds, such as `add_dracutmodules+=" clevis "`.
fn added(line: &str) -> impl Iterator<Item = &str> {
    let line = line.trim();
    let line = line.strip_prefix("force_").unwrap_or(line);
    let list = line.strip_prefix("add_dracutmodules+=").unwrap_or_default();
    // What a shell would compute is not known here.
    let list = if list.contains(['$', '`']) { "" } else { list };
    let quoted = list.strip_prefix(['"', '\'']).and_then(|rest| rest.split(['"', '\'']).next());
    quoted.or_else(|| list.split_whitespace().next()).unwrap_or_default().split_whitespace()
}
