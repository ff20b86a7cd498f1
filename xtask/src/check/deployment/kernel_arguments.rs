//! `kernel-arguments`: what a kernel argument of the image names. bootc takes any word; the kernel and systemd do not.

use crate::check::kargs::of_layers;
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "kernel-arguments",
    "a kernel argument that names a program or a disk that the device has not stops the boot",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").kargs("10-init", ["init=/usr/bin/no-init"])"#,
    fixed: r#"Layer::new("app").kargs("10-init", ["systemd.show_status=false"])"#,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let arguments = of_layers(subject);
    arguments.iter().filter_map(|(node, argument)| fault(subject, node, argument)).collect()
}

fn fault(subject: &Subject<'_>, node: &Node<'_>, argument: &str) -> Option<Fault> {
    let (name, value) = argument.split_once('=')?;
    let of = format!("the kernel argument `{argument}` of `{}`", node.path());
    match name {
        "init" if subject.tree().follow(value).is_none() && !subject.runs_unseen() => {
            let message = format!("{of} starts `{value}`, which the image has not");
            Some(Fault::at(node, message).help("leave it out: the kernel starts `/sbin/init`"))
        }
        "root" | "rootfstype" | "ostree" | "composefs" => {
            let message = format!("{of} competes with that which `bootc install` writes for each device");
            let help = "leave it out, or name the disk with `root-mount-spec` in /usr/lib/bootc/install";
            Some(Fault::at(node, message).help(help).as_warning("it may be meant for one device"))
        }
        _ => None,
    }
}
