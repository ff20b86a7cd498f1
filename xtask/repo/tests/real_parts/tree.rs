//! A root filesystem as the kernel shows it: every name, with all that has to agree between two builds of an
//! image.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use sha2::{Digest as _, Sha256};

/// What differs between two builds of the same image, with any engine and on any day. The README of the
/// example lists it.
const DIFFERS: [(&str, Differs); 5] = [
    // dnf5 keeps a hash of that database.
    ("usr/lib/sysimage/libdnf5/system.toml", Differs::Content),
    // rpm notes the time at which it installs a package.
    ("usr/lib/sysimage/rpm/rpmdb.sqlite", Differs::Content),
    // An engine mounts its own over them in each RUN, and leaves what it made to do so. This crate takes that out.
    ("etc/hostname", Differs::Placeholder),
    ("etc/hosts", Differs::Placeholder),
    ("etc/resolv.conf", Differs::Placeholder),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Differs {
    /// Type, mode, owner and capabilities agree.
    Content,
    /// An empty file, or nothing.
    Placeholder,
}

/// One name of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    kind: &'static str,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    size: u64,
    pub(crate) content: String,
    pub(crate) capability: Option<Vec<u8>>,
}

pub(crate) type Tree = BTreeMap<String, Seen>;

/// All names below a directory.
pub(crate) fn walk(root: &Path) -> Tree {
    let mut seen = Tree::new();
    visit(root, root, &mut seen);
    seen
}

fn visit(root: &Path, directory: &Path, seen: &mut Tree) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let file_type = metadata.file_type();
        let (kind, size, content) = if file_type.is_dir() {
            visit(root, &path, seen);
            ("directory", 0, String::new())
        } else if file_type.is_symlink() {
            ("symlink", 0, fs::read_link(&path).unwrap().display().to_string())
        } else if file_type.is_file() {
            ("file", metadata.len(), format!("{:x?}", Sha256::digest(fs::read(&path).unwrap())))
        } else if file_type.is_char_device() || file_type.is_block_device() {
            ("device", metadata.rdev(), String::new())
        } else {
            ("other", 0, String::new())
        };
        let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().escape_ascii().to_string();
        let mode = metadata.mode() & 0o7777;
        let owner = (metadata.uid(), metadata.gid());
        let capability = xattr::get(&path, "security.capability").ok().flatten();
        seen.insert(name, Seen { kind, mode, owner, size, content, capability });
    }
}

/// Fails with every difference of two trees but those in [`DIFFERS`].
pub(crate) fn assert_same(left: &Tree, right: &Tree, what: &str) {
    assert_same_of(5000, left, right, what);
}

/// Fails like [`assert_same`], or where both trees have fewer names.
pub(crate) fn assert_same_of(least: usize, left: &Tree, right: &Tree, what: &str) {
    let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    assert!(names.len() > least, "{what}: nearly empty");
    let of = |tree: &Tree, name: &str| {
        let mut seen = tree.get(name).cloned()?;
        match DIFFERS.iter().find(|(path, _)| *path == name) {
            Some((_, Differs::Content)) => (seen.size, seen.content) = (0, String::new()),
            Some((_, Differs::Placeholder)) if seen.kind == "file" && seen.size == 0 => return None,
            _ => {}
        }
        Some(seen)
    };
    let different = names.into_iter().filter(|name| of(left, name) != of(right, name));
    let lines: Vec<_> = different
        .map(|name| format!("{name}\n   left: {:?}\n  right: {:?}", left.get(name), right.get(name)))
        .collect();
    assert!(lines.is_empty(), "{what}: {} names differ\n{}", lines.len(), lines.join("\n"));
}
