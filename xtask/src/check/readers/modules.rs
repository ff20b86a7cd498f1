//! `modules-load`: modules of modules-load.d that the image's kernel has not.

use std::collections::BTreeSet;

use lapstrake::Span;
use lapstrake::suggest::nearest;

use super::texts;
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

pub(super) const CHECK: Check = Check::warning(
    "modules-load",
    "systemd-modules-load fails at boot on a module that the kernel of the image has not",
    check,
)
.shown(Example::Words {
    faulty: "`.modules_load(\"can\", [\"can_gateway\"])` on a base whose kernel has `can-gw.ko.xz`",
    fixed: "`.modules_load(\"can\", [\"can-gw\"])`",
});

const MODULES: &str = "/usr/lib/modules";
/// The names that are compared with all modules of a kernel, which are thousands.
const HELPED: usize = 32;

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let files = texts(subject, "modules-load.d", ".conf");
    if files.is_empty() {
        return Vec::new();
    }
    let Some(known) = modules(subject.tree()) else { return Vec::new() };
    let mut faults = Vec::new();
    for (node, text) in files {
        for line in Span::lines(text).filter(|line| !line.of(text).starts_with(['#', ';'])) {
            let written = line.of(text);
            let name = normalised(written);
            if known.contains(&name) || is_alias(&name) {
                continue;
            }
            let message = format!("the kernel of the image has no module `{}`", written.escape_debug());
            let help = match written.split_once(char::is_whitespace) {
                Some(_) => "write one module on each line, without options".to_owned(),
                None => match Some(&known)
                    .filter(|_| faults.len() < HELPED)
                    .and_then(|known| nearest(&name, known))
                {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("install the package that has the module `{written}`"),
                },
            };
            faults.push(Fault::at_span(&node, &line, message).help(help));
        }
    }
    faults
}

/// Returns the names of the modules that are files or built in; none if they are not known.
fn modules(tree: &Tree<'_>) -> Option<BTreeSet<String>> {
    let kernels = tree.children(MODULES).filter(Node::is_directory);
    let mut known = BTreeSet::new();
    for kernel in kernels {
        let directory = kernel.path().as_str();
        known.extend(tree.text(&format!("{directory}/modules.builtin"))?.lines().filter_map(module));
        known.extend(tree.below(directory).filter_map(|node| module(node.path().as_str())));
    }
    (!known.is_empty()).then_some(known)
}

/// Returns the module of a file: `can-gw.ko.xz` is `can_gw`.
fn module(path: &str) -> Option<String> {
    let name = path.rsplit('/').next()?.trim();
    let stem = [".ko", ".ko.xz", ".ko.zst", ".ko.gz"].iter().find_map(|ending| name.strip_suffix(ending))?;
    Some(normalised(stem))
}

/// Returns the name as the kernel has it: `-` is `_`.
fn normalised(name: &str) -> String {
    name.replace('-', "_")
}

/// Whether a name is of the form of the aliases that the kernel itself asks for.
fn is_alias(name: &str) -> bool {
    let starts =
        ["net_pf_", "fs_", "char_major_", "block_major_", "crypto_", "rtnl_link_", "tcp_", "binfmt_"];
    name.contains([':', '*']) || starts.iter().any(|start| name.starts_with(start))
}
