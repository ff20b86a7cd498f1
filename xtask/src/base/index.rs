//! The tree that a base's layers make together: what stands where, with what metadata. It answers
//! questions about the base; it is made by `merge` and kept by `cache`.

use std::collections::BTreeMap;
use std::ops::Bound;

use lapstrake::value::{ImagePath, Mode};
use serde::{Deserialize, Serialize};

use super::elf::Elf;
use super::resolve::{self, Kind};
use lapstrake_oci::Digest;

/// The merged tree of a base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BaseIndex {
    nodes: BTreeMap<ImagePath, Node>,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Node {
    #[serde(with = "bits")]
    pub(crate) mode: Mode,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) kind: NodeKind,
}

/// What kind of thing it is. Names of one hardlinked file are files that are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum NodeKind {
    Directory,
    File {
        /// In bytes.
        size: u64,
        digest: Digest,
        /// The value of `security.capability`.
        capability: Option<Vec<u8>>,
        elf: Option<Box<Elf>>,
        /// The content, of the few files that a plan or a check reads.
        text: Option<Box<str>>,
    },
    Symlink {
        target: String,
    },
    Device {
        is_block: bool,
        major: u32,
        minor: u32,
    },
    Fifo,
}

/// A path whose symlinks can't be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("`{path}` leads through more than 40 symlinks")]
    Loop { path: ImagePath },
    #[error("`{path}` lies below `{at}`, which is no directory")]
    NotDirectory { path: ImagePath, at: ImagePath },
}

impl NodeKind {
    /// What it is on the way through it.
    pub(crate) fn as_step(&self) -> Kind<'_> {
        match self {
            Self::Directory => Kind::Directory,
            Self::Symlink { target } => Kind::Symlink(target),
            Self::File { .. } | Self::Device { .. } | Self::Fifo => Kind::Other,
        }
    }
}

const PREPARE_ROOT: &str = "/usr/lib/ostree/prepare-root.conf";
const PASSWD: [&str; 2] = ["/etc/passwd", "/usr/lib/passwd"];
const GROUP: [&str; 2] = ["/etc/group", "/usr/lib/group"];

impl BaseIndex {
    pub(super) fn new(nodes: BTreeMap<ImagePath, Node>) -> Self {
        Self { nodes }
    }

    /// What stands at exactly that path; no symlink is followed.
    pub(crate) fn get(&self, path: &ImagePath) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// Everything in the tree, sorted by path; the root first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&ImagePath, &Node)> {
        self.nodes.iter()
    }

    /// What stands in a directory, sorted by name. What lies deeper is passed over, not walked.
    pub(crate) fn children(&self, directory: &ImagePath) -> impl Iterator<Item = (&ImagePath, &Node)> {
        let prefix = format!("/{}{}", directory.relative(), if directory.is_root() { "" } else { "/" });
        let mut from = Bound::Excluded(prefix.clone());
        std::iter::from_fn(move || {
            loop {
                let start = from.as_ref().map(String::as_str);
                let (path, node) = self.nodes.range::<str, _>((start, Bound::Unbounded)).next()?;
                let rest = path.as_str().strip_prefix(&prefix)?;
                match rest.split_once('/') {
                    None => {
                        from = Bound::Excluded(path.as_str().to_owned());
                        return Some((path, node));
                    }
                    // `0` comes after `/`: all of what lies below is behind it.
                    Some((name, _)) => from = Bound::Included(format!("{prefix}{name}0")),
                }
            }
        })
    }

    /// The path with every symlink among its parents followed, as a process in the image would follow
    /// them. Its last component is not followed; components that are missing are taken as written.
    #[cfg(test)]
    pub(crate) fn resolve(&self, path: &ImagePath) -> Result<ImagePath, ResolveError> {
        resolve::follow(path, false, |path| self.kind(path))
    }

    fn kind(&self, path: &ImagePath) -> Option<Kind<'_>> {
        Some(self.get(path)?.kind.as_step())
    }

    /// As [`resolve`](Self::resolve), the last component followed too.
    pub(crate) fn resolve_all(&self, path: &ImagePath) -> Result<ImagePath, ResolveError> {
        resolve::follow(path, true, |path| self.kind(path))
    }

    /// The content of a file, symlinks followed, where it was kept: os-release, build-info,
    /// prepare-root.conf, accounts, systemd's units. Bytes that are no UTF-8 are replaced.
    pub(crate) fn text(&self, path: &ImagePath) -> Option<&str> {
        match &self.get(&self.resolve_all(path).ok()?)?.kind {
            NodeKind::File { text, .. } => text.as_deref(),
            _ => None,
        }
    }

    /// The number of a user, from the base's passwd files.
    pub(crate) fn user(&self, name: &str) -> Option<u32> {
        self.account(PASSWD, name)
    }

    /// The number of a group, from the base's group files.
    pub(crate) fn group(&self, name: &str) -> Option<u32> {
        self.account(GROUP, name)
    }

    /// Whether the base is sealed: its root is mounted only with a valid signature (ostree-prepare-root(1)).
    pub(crate) fn is_sealed(&self) -> bool {
        let mut section = "";
        let text = ImagePath::parse(PREPARE_ROOT).ok().and_then(|path| self.text(&path)).unwrap_or_default();
        text.lines().map(str::trim).any(|line| {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name;
            }
            let setting = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
            section == "composefs" && setting == Some(("enabled", "signed"))
        })
    }

    /// passwd(5) and group(5) have name and number in the same fields. root is 0 everywhere.
    fn account(&self, files: [&str; 2], name: &str) -> Option<u32> {
        let texts = files.iter().filter_map(|file| self.text(&ImagePath::parse(file).ok()?));
        let number = |line: &str| {
            let mut fields = line.split(':');
            if fields.next() == Some(name) { fields.nth(1)?.parse().ok() } else { None }
        };
        texts.flat_map(str::lines).find_map(number).or((name == "root").then_some(0))
    }
}

/// A mode as its number: a text of four digits for each of 50,000 nodes takes time.
mod bits {
    use lapstrake::value::Mode;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
    pub(super) fn serialize<S: Serializer>(mode: &Mode, serializer: S) -> Result<S::Ok, S::Error> {
        mode.bits().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Mode, D::Error> {
        let bits = u32::deserialize(deserializer)?;
        super::mode(bits).ok_or_else(|| serde::de::Error::custom("no mode"))
    }
}

/// A mode from its bits. `Mode::try_from` also refuses bits that a person wrote in decimal by mistake,
/// which a base may well have.
pub(super) fn mode(bits: u32) -> Option<Mode> {
    match bits {
        0o644 => Some(Mode::FILE),
        0o755 => Some(Mode::PROGRAM),
        0o777 => Some(Mode::SYMLINK),
        _ => Mode::parse(&format!("{bits:o}")).ok(),
    }
}
