//! `boot-target`: what the system starts, by `default.target` or by a kernel argument of the image. A target that
//! only repairs or ends a system starts nothing of the image.

use lapstrake::value::UnitName;

use crate::check::kargs;
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "boot-target",
    "a device that boots to a target for repair, or to one for shutting down, starts nothing of the image",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").kargs("10-debug", ["systemd.unit=emergency.target"])"#,
    fixed: r#"Layer::new("app").kargs("10-debug", ["systemd.unit=multi-user.target"])"#,
});

/// The targets of systemd.special(7) that no device stays up with.
const NO_SYSTEM: [&str; 11] = [
    "emergency.target",
    "rescue.target",
    "poweroff.target",
    "halt.target",
    "reboot.target",
    "soft-reboot.target",
    "kexec.target",
    "shutdown.target",
    "umount.target",
    "final.target",
    "exit.target",
];

const LINKS: [&str; 2] = ["/etc/systemd/system/default.target", "/usr/lib/systemd/system/default.target"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let help = "name `multi-user.target` or `graphical.target`";
    let mut faults = Vec::new();
    // The administrator's link hides the vendor's.
    if let Some(link) = LINKS.iter().find_map(|link| subject.tree().get(link))
        && let Some(target) = link.target()
    {
        let name = target.rsplit('/').next().unwrap_or(target);
        if NO_SYSTEM.contains(&name) {
            let message = format!("the system boots to `{name}`, with which nothing of the image starts");
            faults.push(Fault::at(&link, message).help("write `.default_target(\"multi-user.target\")`"));
        }
    }
    for (node, argument) in kargs::of_layers(subject) {
        let Some(name) = unit_of(&argument) else { continue };
        if NO_SYSTEM.contains(&name) {
            faults.push(
                fault(
                    &node,
                    &argument,
                    &format!("boots to `{name}`, with which nothing of the image starts"),
                )
                .help(help),
            );
        } else if is_missing(subject, name) {
            faults.push(
                fault(&node, &argument, &format!("boots to `{name}`, which the image has not")).help(help),
            );
        }
    }
    faults
}

fn fault(node: &Node<'_>, argument: &str, what: &str) -> Fault {
    Fault::at(node, format!("the kernel argument `{argument}` of `{}` {what}", node.path()))
}

/// Returns the unit that systemd starts by a kernel argument, systemd(1).
fn unit_of(argument: &str) -> Option<&str> {
    match argument {
        "emergency" | "-b" => Some("emergency.target"),
        "rescue" | "single" | "s" | "S" | "1" => Some("rescue.target"),
        _ => argument.strip_prefix("systemd.unit="),
    }
}

fn is_missing(subject: &Subject<'_>, name: &str) -> bool {
    !subject.runs_unseen()
        && UnitName::parse(name).is_ok_and(|name| !crate::check::systemd::exists(subject.tree(), &name))
}
