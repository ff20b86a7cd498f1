//! `top-level`: what is neither in /usr nor in /etc. It follows the image and is read-only, and Automotive
//! Image Builder takes no such path.

use lapstrake::rule::refused;

use crate::check::{Check, Example, Fault, Node, Subject};
use crate::support::small_map::SmallSet;

pub(super) const CHECK: Check = Check::warning(
    "top-level",
    "other top levels than /usr and /etc are read-only on the device, and no tool expects an image's files there",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("x\n", "/data/map.bin")"#,
    fixed: r#"Layer::new("app").text("x\n", "/usr/share/app/map.bin")"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let elsewhere = |node: &Node<'_>| {
        !matches!(node.path().components().next(), Some("usr" | "etc") | None)
            && refused(node.path()).is_none()
    };
    let mut seen = SmallSet::new();
    let once = |node: &Node<'_>| seen.insert(node.site());
    let fault = |node: Node<'_>| {
        let message = format!("`{}` is neither in /usr nor in /etc", node.path());
        let name = node.path().file_name();
        Fault::at(&node, message).help(format!("write `/usr/lib/APP/{name}` or `/usr/share/APP/{name}`"))
    };
    subject.tree().ours().filter(elsewhere).filter(once).map(fault).collect()
}
