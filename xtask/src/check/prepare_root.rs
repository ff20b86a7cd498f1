//! The file by which ostree mounts the root, ostree-prepare-root(1). It reads; what is wrong with it is
//! for checks to say.

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
