//! `buildah-injected`: empty files that a build in a container leaves behind.

use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::warning(
    "buildah-injected",
    "an empty /etc/hostname or /etc/resolv.conf is what a container build leaves, and hides the system's own",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("", "/etc/hostname")"#,
    fixed: r#"Layer::new("app").text("gateway\n", "/etc/hostname")"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let found = ["/etc/hostname", "/etc/resolv.conf"].into_iter().filter_map(|path| subject.tree().get(path));
    let empty = found.filter(|node| node.is_file() && node.size() == Some(0));
    let fault = |node| {
        Fault::at(&node, format!("`{}` is empty", node.path()))
            .help(format!("leave it out, or add `.remove(\"{}\")` where the base has it", node.path()))
    };
    empty.map(fault).collect()
}
