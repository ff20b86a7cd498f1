//! Versions of systemd: of an image, by the name of the library that the programs of systemd share, and in the table.

use crate::check::{Node, Tree};

/// The version of systemd whose names have no number in the table.
pub(super) const OLDEST: u32 = 252;

const LIBRARY: &str = "libsystemd-shared-";

/// Returns the version of systemd; none where no library of it is found.
pub(super) fn version(tree: &Tree<'_>) -> Option<u32> {
    // Debian has it in a directory for the architecture.
    let of_architectures = tree.children("/usr/lib").filter(Node::is_directory);
    let of_architectures = of_architectures.map(|node| format!("{}/systemd", node.path()));
    let places = ["/usr/lib/systemd".to_owned(), "/usr/lib64/systemd".to_owned()];
    let named = |place: String| {
        tree.children(&place).find_map(|node| {
            let rest = node.path().file_name().strip_prefix(LIBRARY)?;
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..digits].parse().ok()
        })
    };
    places.into_iter().chain(of_architectures).find_map(named)
}

/// Returns a word of the table without its version, and the version.
pub(super) fn of_version(word: &'static str) -> (&'static str, u32) {
    match word.split_once('@') {
        Some((name, since)) => (name, since.parse().expect("a version in the table is a number")),
        None => (word, OLDEST),
    }
}
