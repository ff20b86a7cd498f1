//! `api-base-directories`: the mount points of the kernel's API filesystems, and /tmp and /var.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "api-base-directories",
    "systemd mounts file systems over /dev, /proc, /run, /sys, /tmp and /var, and can't where no directory is",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").remove("/run")"#,
    fixed: r#"Layer::new("app").remove("/usr/share/doc")"#,
});

const DIRECTORIES: [&str; 6] = ["/dev", "/proc", "/run", "/sys", "/tmp", "/var"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let fault = |path| {
        let found = subject.tree().get(path);
        if found.as_ref().is_some_and(Node::is_directory) {
            return None;
        }
        let fault = match found {
            Some(node) => Fault::at(&node, format!("`{path}` is not a directory")),
            None => subject.gone(path, format!("the image has no `{path}`")),
        };
        Some(fault.help(format!("leave `{path}` to the base")))
    };
    DIRECTORIES.into_iter().filter_map(fault).collect()
}
