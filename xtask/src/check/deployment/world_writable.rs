//! `world-writable`: what every process of the device may change, below /etc and /usr.

use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::warning(
    "world-writable",
    "every process of a device may change a file below /etc or /usr whose mode lets others write",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").with(File::text("x\n", "/etc/app.conf").mode(0o666))"#,
    fixed: r#"Layer::new("app").with(File::text("x\n", "/etc/app.conf").mode(0o644))"#,
});

const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o002;

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let places = ["/etc/", "/usr/"];
    let ours = subject.tree().ours().filter(|node| node.is_file() || node.is_directory());
    let open = ours.filter(|node| {
        let mode = node.mode().bits();
        let is_shared = node.is_directory() && mode & STICKY != 0;
        mode & OTHERS_WRITE != 0
            && !is_shared
            && places.iter().any(|place| node.path().as_str().starts_with(place))
    });
    let fault = |node: crate::check::Node<'_>| {
        let mode = node.mode().bits();
        let message = format!("`{}` has the mode {mode:04o}: every process may change it", node.path());
        Fault::at(&node, message).help(format!("give it the mode 0o{:o}", mode & !0o022))
    };
    open.map(fault).collect()
}
