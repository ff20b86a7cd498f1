//! `etc-usretc`: /usr/etc is where ostree keeps its copy of /etc, made from the image's.

use super::refused_destination;
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "etc-usretc",
    "ostree makes /usr/etc from the image's /etc; an image that has both is refused",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("x\n", "/usr/etc/app.conf")"#,
    fixed: r#"Layer::new("app").text("x\n", "/etc/app.conf")"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    if tree.get("/etc").is_none() {
        return Vec::new();
    }
    let mut faults = refused_destination::below(subject, "/usr/etc");
    if let Some(node) = tree.get("/usr/etc").filter(|node| node.layer().is_none()) {
        faults.push(Fault::at(&node, "`/usr/etc` is beside `/etc`").help("add `.remove(\"/usr/etc\")`"));
    }
    faults
}
