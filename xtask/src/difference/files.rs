//! The files of two images: every path that one of them alone has, and every path whose kind, content, owner, mode or
//! extended attributes are different. Times are not compared, because layers keep none that matter.

use lapstrake::value::ImagePath;
use lapstrake_oci::tree::{CAPABILITY, Difference, Kind, diff};
use serde_json::{Value, json};

use super::Side;
use super::change::{Change, Facts};
use crate::base::{File, Node, facts};

/// Objects are the files of the image once more, by their digests.
const OBJECTS: &str = "/sysroot/ostree/repo/objects/";
// Bits of a mode (chmod(2)).
const SETUID: u32 = 0o4000;
const SETGID: u32 = 0o2000;

/// Returns what is different, and how many further differences are in the objects of an ostree repository.
pub(super) fn compare(old: &Side, new: &Side) -> (Vec<Change>, usize) {
    let (old, new) = (old.image.index.tree(), new.image.index.tree());
    let mut changes = Vec::new();
    for (path, difference) in diff(old, new) {
        match difference {
            Difference::Added { new } => changes.extend(one(&path, None, Some(new))),
            Difference::Removed { old } => remove(&path, old, &mut changes),
            Difference::Changed { old, new, .. } => changes.extend(one(&path, Some(old), Some(new))),
        }
    }
    let all = changes.len();
    changes.retain(|change| !change.name.starts_with(OBJECTS));
    let objects = all - changes.len();
    (changes, objects)
}

/// Adds a path that is gone, and all that was below it.
fn remove(path: &ImagePath, old: Node<'_>, changes: &mut Vec<Change>) {
    changes.extend(one(path, Some(old), None));
    for (name, below) in old.children() {
        if let Ok(path) = path.join(name) {
            remove(&path, below, changes);
        }
    }
}

fn one(path: &ImagePath, old: Option<Node<'_>>, new: Option<Node<'_>>) -> Option<Change> {
    let (before, after) = (old.map(of_node), new.map(of_node));
    let change = Change::of(path.as_str(), before.as_ref(), after.as_ref())?;
    let gains = rights(new).into_iter().zip(rights(old)).any(|(has, had)| has.is_some() && has != had);
    Some(Change { gains_rights: gains, ..change })
}

/// Returns what a file gives to who executes it: the rights of its owner, of its group, and capabilities.
fn rights(node: Option<Node<'_>>) -> [Option<Vec<u8>>; 3] {
    let file = node.filter(|node| node.node.kind.is_file()).map(|node| &node.node.metadata);
    let Some(metadata) = file else { return [None, None, None] };
    let of = |bit: u32, id: u32| (metadata.mode.bits() & bit != 0).then(|| id.to_be_bytes().to_vec());
    let capabilities = metadata.xattrs.get(CAPABILITY).map(<[u8]>::to_vec);
    [of(SETUID, metadata.uid), of(SETGID, metadata.gid), capabilities]
}

fn of_node(node: Node<'_>) -> Facts {
    let metadata = &node.node.metadata;
    let mut found: Facts = vec![("kind", json!(node.node.kind.name()))];
    match &node.node.kind {
        Kind::Symlink { target } => found.push(("target", json!(**target))),
        Kind::Device { is_block, major, minor } => {
            let kind = if *is_block { "block" } else { "character" };
            found.push(("device", json!(format!("{kind} {major}:{minor}"))));
        }
        kind @ Kind::File(File::Read(_)) => {
            let read = facts(kind).map(|facts| (facts.size, facts.digest.to_string()));
            let (size, digest) = read.unwrap_or_default();
            found.extend([("size", json!(size)), ("content", json!(digest))]);
        }
        Kind::File(File::Planned) | Kind::Directory | Kind::Fifo => {}
    }
    if !matches!(node.node.kind, Kind::Symlink { .. }) {
        found.push(("mode", json!(metadata.mode.to_string())));
    }
    found.push(("owner", json!(format!("{}:{}", metadata.uid, metadata.gid))));
    if let Some(bytes) = metadata.xattrs.get(CAPABILITY) {
        let text = metadata.capabilities().map_or_else(|| hex(bytes), |known| known.to_string());
        found.push(("capabilities", json!(text)));
    }
    let others = metadata.xattrs.iter().filter(|(name, _)| *name != CAPABILITY);
    let others: Vec<_> = others.map(|(name, value)| format!("{name}={}", shown(value))).collect();
    if !others.is_empty() {
        found.push(("xattrs", Value::from(others)));
    }
    found
}

/// Returns the value of an extended attribute as text if it is text.
fn shown(value: &[u8]) -> String {
    let text = std::str::from_utf8(value).map(|text| text.trim_end_matches('\0'));
    text.ok().filter(|text| !text.contains(char::is_control)).map_or_else(|| hex(value), str::to_owned)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}
