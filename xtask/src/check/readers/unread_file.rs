//! `unread-file`: files that nothing reads, because their names or those of their directories are not what a reader
//! looks for.

use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "unread-file",
    "a reader of a drop-in directory ignores a file whose name it does not expect",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("net").text("net.ipv4.ip_forward = 1\n", "/usr/lib/sysctl.d/90-net")"#,
    fixed: r#"Layer::new("net").text("net.ipv4.ip_forward = 1\n", "/usr/lib/sysctl.d/90-net.conf")"#,
});

/// A drop-in directory below each of some directories, and the ending of what is read there.
const BELOW: [(&str, &str); 6] = [
    ("sysctl.d", ".conf"),
    ("modules-load.d", ".conf"),
    ("environment.d", ".conf"),
    ("sysusers.d", ".conf"),
    ("tmpfiles.d", ".conf"),
    ("udev/rules.d", ".rules"),
];
/// Other drop-in directories.
const DIRECTORIES: [(&str, &str); 8] = [
    ("/etc/modprobe.d", ".conf"),
    ("/usr/lib/modprobe.d", ".conf"),
    ("/etc/ssh/sshd_config.d", ".conf"),
    ("/etc/ssh/ssh_config.d", ".conf"),
    ("/usr/lib/systemd/system-preset", ".preset"),
    ("/etc/systemd/system-preset", ".preset"),
    ("/etc/ld.so.conf.d", ".conf"),
    ("/etc/NetworkManager/conf.d", ".conf"),
];
const SUDOERS: &str = "/etc/sudoers.d";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let known = known();
    let mut faults = Vec::new();
    for node in subject.tree().ours().filter(Node::is_file) {
        let Some(parent) = node.path().parent() else { continue };
        let directory = parent.as_str();
        let fault = if directory == SUDOERS {
            of_sudo(&node)
        } else if let Some((_, ending)) = known.iter().find(|(known, _)| known == directory) {
            of_name(&node, ending)
        } else {
            of_directory(subject, &node, directory, &known)
        };
        faults.extend(fault);
    }
    faults
}

fn known() -> Vec<(String, &'static str)> {
    let below = super::TOPS
        .into_iter()
        .flat_map(|top| BELOW.map(|(directory, ending)| (format!("{top}/{directory}"), ending)));
    below.chain(DIRECTORIES.map(|(directory, ending)| (directory.to_owned(), ending))).collect()
}

/// Whether a file is there to be read by people.
fn is_note(name: &str) -> bool {
    name.starts_with('.') || name.to_ascii_uppercase().starts_with("README")
}

fn of_name(node: &Node<'_>, ending: &str) -> Option<Fault> {
    let name = node.path().file_name();
    if name.ends_with(ending) || is_note(name) {
        return None;
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let message = format!("`{}` is not read: its name does not end in `{ending}`", node.path());
    let fault = Fault::at(node, message).help(format!("name it `{stem}{ending}`"));
    // A file with another ending may be kept from its reader on purpose.
    let is_certain = !name.contains('.');
    Some(if is_certain { fault.renamed(node, &format!("{}{ending}", node.path())) } else { fault })
}

/// sudo skips names that a package manager or an editor makes (sudoers(5), "Including other files").
fn of_sudo(node: &Node<'_>) -> Option<Fault> {
    let name = node.path().file_name();
    if !name.contains('.') && !name.ends_with('~') || name.starts_with('.') {
        return None;
    }
    let message = format!("`{}` is not read: sudo skips names with a `.` or a `~` at the end", node.path());
    let meant = name.strip_suffix(".conf").unwrap_or(name).trim_end_matches('~').replace('.', "-");
    Some(
        Fault::at(node, message)
            .help(format!("name it `{meant}`"))
            .as_fatal("nobody gets the rights that it gives"),
    )
}

/// A file in a directory whose name is nearly that of a drop-in directory, and which the base has not.
fn of_directory(
    subject: &Subject<'_>,
    node: &Node<'_>,
    directory: &str,
    known: &[(String, &'static str)],
) -> Option<Fault> {
    let folded = folded(directory);
    let meant = known.iter().find(|(known, _)| self::folded(known) == folded)?;
    if subject.below().get(directory).is_some() {
        return None;
    }
    let message = format!("`{}` is not read: nothing looks into `{directory}`", node.path());
    Some(Fault::at(node, message).help(format!("did you mean `{}`?", meant.0)))
}

/// Returns a path without what people leave out or mix up in it: `sshd_config_d` is `sshd_config.d`.
fn folded(path: &str) -> String {
    let mut folded: String = path
        .chars()
        .filter(|c| !matches!(c, '.' | '_' | '-' | 's'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // Of `.d`.
    if folded.ends_with('d') {
        folded.pop();
    }
    folded
}
