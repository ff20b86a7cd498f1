//! `qm-path`: the QM partition has a root of its own, with its /etc and /var elsewhere.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "qm-path",
    "the QM partition's /etc is /etc/qm and its /var is /var/qm: what is in those of its root is hidden",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("qm").text("x\n", "/usr/lib/qm/rootfs/etc/app.conf")"#,
    fixed: r#"Layer::new("qm").dir("/usr/lib/qm/rootfs/usr/bin").text("x\n", "/etc/qm/app.conf")"#,
});

const ROOT: &str = "/usr/lib/qm/rootfs";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = Vec::new();
    for (directory, instead) in [("etc", "/etc/qm"), ("var", "/var/qm")] {
        let hidden = tree.below(&format!("{ROOT}/{directory}")).filter(|node| node.site().is_some());
        let fault = |node: Node<'_>| {
            let rest = node.path().as_str().strip_prefix(&format!("{ROOT}/{directory}")).unwrap_or_default();
            let message =
                format!("`{}` is hidden: the QM partition has its /{directory} in `{instead}`", node.path());
            let help = match directory {
                "var" => format!(
                    "let tmpfiles.d make it: `.tmpfiles(\"qm-app\", [\"d {instead}{rest} 0755 root root -\"])`"
                ),
                _ => format!("write `{instead}{rest}`"),
            };
            Fault::at(&node, message).help(help)
        };
        faults.extend(hidden.map(fault));
    }
    faults
}
