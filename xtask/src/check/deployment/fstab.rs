//! `fstab`: the mounts of /etc/fstab without which a device stops in emergency mode.

use lapstrake::Span;

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "fstab",
    "a mount of /etc/fstab that fails stops the boot in emergency mode, unless it has `nofail`",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("data").text("LABEL=data /var/data ext4 defaults 0 2\n", "/etc/fstab")"#,
    fixed: r#"Layer::new("data").text("LABEL=data /var/data ext4 nofail 0 2\n", "/etc/fstab")"#,
});

/// What names a disk, fstab(5).
const DISKS: [&str; 6] = ["/dev/", "LABEL=", "UUID=", "PARTLABEL=", "PARTUUID=", "ID="];
/// The options with which a mount that fails does not stop the boot.
const OPTIONAL: [&str; 3] = ["nofail", "noauto", "x-systemd.automount"];
/// Where a directory can be made at boot.
const WRITABLE: [&str; 9] =
    ["/var/", "/run/", "/tmp/", "/etc/", "/home/", "/root/", "/mnt/", "/srv/", "/media/"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let Some(node) = tree.follow("/etc/fstab").filter(|node| node.site().is_some()) else {
        return Vec::new();
    };
    let base = subject.base_text("/etc/fstab").unwrap_or_default();
    let text = node.text().unwrap_or_default();
    let lines = Span::lines(text).filter(|line| !base.lines().any(|of_base| of_base.trim() == line.of(text)));
    lines.filter_map(|line| fault(subject, &node, &line, line.of(text))).collect()
}

fn fault(subject: &Subject<'_>, node: &Node<'_>, span: &Span, line: &str) -> Option<Fault> {
    if line.starts_with('#') {
        return None;
    }
    let mut fields = line.split_ascii_whitespace();
    let (what, at, kind) = (fields.next()?, fields.next(), fields.next());
    let options = fields.next().unwrap_or_default();
    let fault = |message: String| Fault::at_span(node, span, message);
    let (Some(at), Some(kind)) = (at, kind) else {
        let message = format!("`{line}` of `/etc/fstab` has no mount point or no type");
        return Some(fault(message).help("write `DEVICE MOUNT-POINT TYPE OPTIONS`, as fstab(5) says"));
    };
    let is_optional = options.split(',').any(|option| OPTIONAL.contains(&option));
    // The root and the boot partition are the installer's, and there is a device for them.
    if is_optional || kind == "swap" && !is_disk(what) || matches!(at, "/" | "/boot" | "/boot/efi") {
        return None;
    }
    if is_disk(what) {
        let nofail = match options {
            "" | "defaults" => "nofail".to_owned(),
            more => format!("{more},nofail"),
        };
        let message = format!("`/etc/fstab` stops the boot of a device without `{what}`");
        return Some(fault(message).help(format!("write `{what} {at} {kind} {nofail}`")));
    }
    let can_be_made = WRITABLE.iter().any(|directory| at.starts_with(directory)) || !at.starts_with('/');
    if !can_be_made && subject.tree().follow(at).is_none() && !subject.runs_unseen() {
        let message =
            format!("`/etc/fstab` mounts over `{at}`, which the image has not and no device can make");
        return Some(fault(message).help(format!("add `.dir(\"{at}\")`")));
    }
    None
}

fn is_disk(what: &str) -> bool {
    DISKS.iter().any(|disk| what.starts_with(disk))
}
