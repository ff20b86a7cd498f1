//! `api-base-directories`: the mount points of the kernel's API filesystems, and /tmp and /var.

use crate::check::{Check, Example, Fault, Kind, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "api-base-directories",
    "systemd mounts file systems over /dev, /proc, /run, /sys, /tmp and /var, and can't where no directory is",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").remove("/run")"#,
    mended: r#"Layer::new("app").remove("/usr/share/doc")"#,
});

const DIRECTORIES: [&str; 6] = ["/dev", "/proc", "/run", "/sys", "/tmp", "/var"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for path in DIRECTORIES {
        match subject.tree().get(path) {
            Some(node) if node.kind() == Kind::Directory => {}
            Some(node) => faults
                .push(Fault::at(&node, format!("`{path}` is no directory")).help("leave it to the base")),
            None => faults.push(subject.gone(path, format!("the image has no `{path}`"))),
        }
    }
    faults
}
