//! The index of a base: the metadata of its merged tree, and the few texts that plans and checks ask
//! for. Made once for a base, kept by its digest; it never reads a layer.

use std::collections::BTreeMap;
use std::ops::Bound;

use lapstrake::systemd::UnitFile;
use lapstrake::value::{ImagePath, Mode};
use serde::{Deserialize, Serialize};

use super::elf::Elf;
use crate::oci::Digest;

/// The merged tree of a base.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct BaseIndex {
    pub(super) nodes: BTreeMap<ImagePath, Node>,
    /// The texts that are kept: see [`is_kept`].
    pub(super) texts: BTreeMap<ImagePath, String>,
}

/// One inode of the merged tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) mode: Mode,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// The value of `security.capability`, where it has one.
    pub(crate) capability: Option<Vec<u8>>,
    pub(crate) kind: NodeKind,
}

/// What kind of inode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NodeKind {
    Directory,
    File { size: u64, digest: Digest, elf: Option<Box<Elf>> },
    Symlink { target: String },
    Device { block: bool, major: u32, minor: u32 },
    Fifo,
}

impl BaseIndex {
    /// What stands at exactly that path; no symlink is followed.
    pub(crate) fn get(&self, path: &ImagePath) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// The names in a directory.
    pub(crate) fn children(&self, directory: &ImagePath) -> impl Iterator<Item = (&ImagePath, &Node)> {
        let prefix = if directory.is_root() { "/".to_owned() } else { format!("{directory}/") };
        let below = self.nodes.range::<str, _>((Bound::Excluded(prefix.as_str()), Bound::Unbounded));
        let inside = below.take_while({
            let prefix = prefix.clone();
            move |(path, _)| path.as_str().starts_with(&prefix)
        });
        inside.filter(move |(path, _)| !path.as_str()[prefix.len()..].contains('/'))
    }

    /// A text that is kept, by the path of the file itself.
    pub(crate) fn text(&self, path: &ImagePath) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The uid of a user of the base.
    pub(crate) fn user(&self, name: &str) -> Option<u32> {
        self.account("passwd", name)
    }

    /// The gid of a group of the base.
    pub(crate) fn group(&self, name: &str) -> Option<u32> {
        self.account("group", name)
    }

    /// passwd(5) and group(5) both have the number in their third field; nss-altfiles reads `/usr/lib`.
    fn account(&self, file: &str, name: &str) -> Option<u32> {
        let texts = ["/etc/", "/usr/lib/"]
            .iter()
            .filter_map(|directory| self.texts.get(format!("{directory}{file}").as_str()));
        texts.flat_map(|text| text.lines()).find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            fields.nth(1)?.parse().ok()
        })
    }

    /// Whether the base's composefs is signed, so that what is layered on it does not boot
    /// (ostree-prepare-root(1), `[composefs] enabled=signed`).
    pub(crate) fn is_sealed(&self) -> bool {
        let files = ["/etc/ostree/prepare-root.conf", "/usr/lib/ostree/prepare-root.conf"];
        let text = files.iter().find_map(|path| self.texts.get(*path));
        text.is_some_and(|text| UnitFile::parse(text).values("composefs", "enabled").last() == Some("signed"))
    }
}

/// Whether the index keeps the text of the file at that path: what plans and checks ask for.
pub(super) fn is_kept(path: &ImagePath) -> bool {
    const FILES: [&str; 9] = [
        "/etc/build-info",
        "/etc/group",
        "/etc/os-release",
        "/etc/ostree/prepare-root.conf",
        "/etc/passwd",
        "/usr/lib/group",
        "/usr/lib/os-release",
        "/usr/lib/ostree/prepare-root.conf",
        "/usr/lib/passwd",
    ];
    const DIRECTORIES: [&str; 3] =
        ["/etc/systemd/system/", "/usr/lib/systemd/system/", "/usr/lib/sysusers.d/"];
    FILES.contains(&path.as_str()) || DIRECTORIES.iter().any(|directory| path.as_str().starts_with(directory))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(nodes: &[&str], texts: &[(&str, &str)]) -> BaseIndex {
        let node = Node { mode: Mode::FILE, uid: 0, gid: 0, capability: None, kind: NodeKind::Directory };
        let path = |path: &str| ImagePath::parse(path).unwrap();
        BaseIndex {
            nodes: nodes.iter().map(|name| (path(name), node.clone())).collect(),
            texts: texts.iter().map(|(name, text)| (path(name), (*text).to_owned())).collect(),
        }
    }

    #[test]
    fn the_names_in_a_directory_are_its_own_and_not_its_neighbours() {
        let index = index(&["/", "/a", "/a-b", "/a/x", "/a/x/deep", "/a/y", "/b"], &[]);
        let children = |of: &str| -> Vec<_> {
            index.children(&ImagePath::parse(of).unwrap()).map(|(path, _)| path.to_string()).collect()
        };
        assert_eq!(children("/a"), ["/a/x", "/a/y"]);
        assert_eq!(children("/"), ["/a", "/a-b", "/b"]);
        assert!(children("/b").is_empty());
    }

    #[test]
    fn users_and_groups_are_those_of_the_base() {
        let index = index(
            &[],
            &[
                ("/etc/passwd", "root:x:0:0::/:/bin/sh\n"),
                ("/usr/lib/passwd", "sensord:x:990:991::/:/x\n"),
                ("/etc/group", "wheel:x:10:\n"),
            ],
        );
        assert_eq!((index.user("root"), index.user("sensord"), index.user("x")), (Some(0), Some(990), None));
        assert_eq!((index.group("wheel"), index.group("root")), (Some(10), None));
    }

    #[test]
    fn a_signed_composefs_is_a_sealed_base_and_a_verity_one_is_not() {
        let conf = "/usr/lib/ostree/prepare-root.conf";
        assert!(index(&[], &[(conf, "[composefs]\nenabled = signed\n")]).is_sealed());
        assert!(!index(&[], &[(conf, "[composefs]\nenabled = verity\n")]).is_sealed());
        assert!(!index(&[], &[]).is_sealed());
    }
}
