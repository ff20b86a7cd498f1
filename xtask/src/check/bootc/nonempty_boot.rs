//! `nonempty-boot`: /boot is bootc's to fill. `EFI` in it is left out, as bootc leaves it out.

use super::refused_destination;
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "nonempty-boot",
    "bootc fills /boot from /usr/lib/modules, and what an image has there is hidden",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("set timeout=0\n", "/boot/grub2/user.cfg")"#,
    fixed: r#"Layer::new("app").kargs("10-quiet", ["quiet"])"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let Some(boot) = subject.tree().get("/boot").filter(Node::is_directory) else {
        // bootc's composefs backend refuses the image; its ostree backend makes the directory.
        let fault = subject
            .gone("/boot", "the image has no directory `/boot`")
            .as_fatal("bootc's composefs backend does not deploy such an image");
        return vec![fault.help("leave it to the base")];
    };
    let mut faults = refused_destination::below(subject, boot.path().as_str());
    let of_base = subject.tree().children("/boot").filter(|node| node.layer().is_none());
    let left = of_base.filter(|node| node.path().file_name() != "EFI");
    faults.extend(left.map(|node| Fault::at(&node, format!("`{}` is hidden at run time", node.path()))));
    faults
}
