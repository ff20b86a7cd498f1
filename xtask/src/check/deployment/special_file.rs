//! `special-file`: device nodes and named pipes, which ostree's importer refuses outside of /dev.

use crate::check::{Check, Example, Fault, Kind, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "special-file",
    "ostree imports no device node and no named pipe, so the image can't be deployed",
    check,
)
.shown(Example::Words {
    faulty: "A base whose build left a whiteout of overlayfs (a device 0:0) in `/var/lib/containers`, by a `podman pull`",
    fixed: "`.remove(…)` it, and bind the container by `/usr/lib/bootc/bound-images.d`",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let nodes = subject.tree().iter().filter(|node| !node.path().as_str().starts_with("/dev/"));
    let fault = |node: crate::check::Node<'_>, what| Fault::at(&node, format!("`{}` is {what}", node.path()));
    nodes
        .filter_map(|node| match node.kind() {
            Kind::Device { .. } => Some(fault(node, "a device node")),
            Kind::Fifo => Some(fault(node, "a named pipe")),
            Kind::Directory | Kind::File(()) | Kind::Symlink { .. } => None,
        })
        .collect()
}
