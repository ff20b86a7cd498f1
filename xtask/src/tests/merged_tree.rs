//! A root filesystem as the kernel shows it: every name, with all that has to agree between two builds
//! of an image. Read by lstat and its kin from a mount that podman or umoci made.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use lapstrake_oci::Digest;

/// One name of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: &'static str,
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) size: u64,
    pub(crate) content: String,
    pub(crate) device: u64,
    /// The extended attributes that container engines keep.
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
    /// The first name of the same file, if it has several.
    pub(crate) hardlink: Option<String>,
}

/// All names below a directory, by their path.
pub(crate) fn walk(root: &Path) -> BTreeMap<String, Seen> {
    let (mut seen, mut inodes) = (BTreeMap::new(), BTreeMap::new());
    visit(root, root, &mut seen, &mut inodes);
    for names in inodes.into_values().filter(|names: &BTreeSet<String>| names.len() > 1) {
        for name in &names {
            seen.get_mut(name).unwrap().hardlink = names.first().cloned();
        }
    }
    seen
}

/// The names of each inode.
type Inodes = BTreeMap<(u64, u64), BTreeSet<String>>;

fn visit(root: &Path, directory: &Path, seen: &mut BTreeMap<String, Seen>, inodes: &mut Inodes) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let file_type = metadata.file_type();
        let (kind, size, content) = if file_type.is_dir() {
            visit(root, &path, seen, inodes);
            ("directory", 0, String::new())
        } else if file_type.is_symlink() {
            ("symlink", 0, format!("{:?}", fs::read_link(&path).unwrap()))
        } else if file_type.is_file() {
            ("file", metadata.len(), Digest::of(&fs::read(&path).unwrap()).to_string())
        } else if file_type.is_char_device() {
            ("character device", 0, String::new())
        } else if file_type.is_fifo() {
            ("fifo", 0, String::new())
        } else {
            ("other", 0, String::new())
        };
        let is_device = file_type.is_char_device() || file_type.is_block_device();
        let name = path.strip_prefix(root).unwrap().as_os_str().as_bytes().escape_ascii().to_string();
        if metadata.nlink() > 1 && !file_type.is_dir() {
            inodes.entry((metadata.dev(), metadata.ino())).or_default().insert(name.clone());
        }
        seen.insert(
            name,
            Seen {
                kind,
                mode: metadata.mode() & 0o7777,
                uid: metadata.uid(),
                gid: metadata.gid(),
                size,
                content,
                device: if is_device { metadata.rdev() } else { 0 },
                xattrs: xattrs(&path),
                hardlink: None,
            },
        );
    }
}

fn xattrs(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let names = xattr::list(path).into_iter().flatten().filter_map(|name| name.into_string().ok());
    let kept = names.filter(|name| name == "security.capability" || name.starts_with("user."));
    kept.filter_map(|name| Some((name.clone(), xattr::get(path, &name).ok()??))).collect()
}

/// Fails with every difference between two trees, each on its line.
pub(crate) fn assert_equal(left: &BTreeMap<String, Seen>, right: &BTreeMap<String, Seen>, what: &str) {
    let names: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let different = names.into_iter().filter(|name| left.get(*name) != right.get(*name));
    let lines: Vec<_> = different
        .map(|name| format!("{name}\n   left: {:?}\n  right: {:?}", left.get(name), right.get(name)))
        .collect();
    assert!(lines.is_empty(), "{what}: {} names differ\n{}", lines.len(), lines.join("\n"));
}
