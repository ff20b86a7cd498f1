//! `var-tmpfiles`: state. An image's /var is laid down by the first installation and never again, so a
//! directory there wants a line of tmpfiles.d that makes it at each boot, and a file wants another place.

use std::collections::BTreeSet;

use super::refused_destination;
use crate::check::{Check, Example, Fault, Kind, Subject, tmpfiles};

pub(super) const CHECK: Check = Check::warning(
    "var-tmpfiles",
    "only the first installation lays down what an image has in /var; no update touches it",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").dir("/var/lib/sensord")"#,
    mended: r#"Layer::new("app").tmpfiles("sensord", ["d /var/lib/sensord 0755 root root -"])"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = refused_destination::below(subject, "/var");
    // bootc reads the vendor's files alone, and any type of line counts.
    let vendor = tmpfiles::lines(tree).filter(|line| line.node.path().as_str().starts_with("/usr/"));
    let made: BTreeSet<String> = vendor.filter_map(|line| line.given(1).map(str::to_owned)).collect();
    let of_base = tree.below("/var").filter(|node| node.layer().is_none());
    for node in of_base.filter(|node| !made.contains(node.path().as_str())) {
        let message = match node.kind() {
            Kind::Directory | Kind::Symlink { .. } => format!("no tmpfiles.d makes `{}`", node.path()),
            Kind::File(()) | Kind::Device { .. } | Kind::Fifo => format!("`{}` is no directory", node.path()),
        };
        faults.push(Fault::at(&node, message));
    }
    faults
}
