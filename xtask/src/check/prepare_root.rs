//! The file by which ostree mounts the root, ostree-prepare-root(1). It reads; what is wrong with it is
//! for checks to say.

use lapstrake::Span;
use lapstrake::systemd::UnitFile;

use super::tree::Node;

/// Where it is: the administrator's hides the vendor's.
pub(super) const PLACES: [&str; 2] = ["/etc/ostree/prepare-root.conf", "/usr/lib/ostree/prepare-root.conf"];

/// The last value of a setting in such a file, which has the syntax of a unit.
pub(super) fn setting(node: &Node<'_>, section: &str, key: &str) -> Option<String> {
    let file = UnitFile::parse(node.text()?);
    file.values(section, key).last().map(str::to_owned)
}

/// Whether a value says yes, as `GLib`'s key files and ostree say it.
pub(super) fn is_yes(value: &str) -> bool {
    matches!(value.trim(), "1" | "true" | "yes")
}

/// Returns the first line that is not of a key file, and what is wrong with it.
pub(super) fn first_fault(text: &str) -> Option<(Span, String)> {
    let mut has_section = false;
    for span in Span::lines(text) {
        let line = span.of(text);
        let section = line.strip_prefix('[').map(|rest| rest.strip_suffix(']').unwrap_or_default());
        let has_key = line.split_once('=').is_some_and(|(key, _)| !key.trim().is_empty());
        let wrong = match section {
            _ if line.starts_with('#') => continue,
            Some(name) if name.is_empty() || name.contains(['[', ']']) => {
                format!("has `{line}`, which names no section")
            }
            Some(_) => {
                has_section = true;
                continue;
            }
            None if !has_key => format!("has `{line}`, which sets no key"),
            None if !has_section => format!("has `{line}` before any section"),
            None => continue,
        };
        return Some((span, wrong));
    }
    None
}
