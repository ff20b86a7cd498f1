//! One layer of a base, read as a change to the tree below it (OCI image spec, layer.md). A layer is
//! something that anybody may have written: what is odd in it is an error that names the member.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

use lapstrake::value::{ImagePath, Invalid, Mode};

use super::capture::Capture;
use super::index::{Node, NodeKind, mode};
use lapstrake_oci::tar::{Member, MemberError, MemberKind, TarReader, escape_name};

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";
/// Other names of this form belong to aufs itself; every engine passes over them.
const AUFS: &str = ".wh..wh.";
/// The most members of a layer, and of the merged tree.
pub(super) const MEMBERS_MAX: usize = 8_000_000;
/// The most components of a path, and bytes of a path or link.
const DEPTH_MAX: usize = 256;
const PATH_MAX: usize = 4095;
/// `struct vfs_cap_data` of linux/capability.h has at most 24 bytes.
const CAPABILITY_MAX: usize = 24;
const CAPABILITY: &[u8] = b"security.capability";

/// What a layer changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LayerTree {
    pub(crate) entries: BTreeMap<ImagePath, Entry>,
    /// Paths of the layers below that are gone.
    pub(crate) whiteouts: BTreeSet<ImagePath>,
    /// Directories of the layers below whose content is gone.
    pub(crate) opaque: BTreeSet<ImagePath>,
}

/// What a layer puts at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    Node(Node),
    /// A hardlink to what the layer has not brought before it.
    Link(ImagePath),
}

/// A layer that can't be part of a base.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LayerError {
    #[error(transparent)]
    Tar(#[from] MemberError),
    #[error("member `{member}` can't be read")]
    Content { member: String, source: io::Error },
    #[error("member `{member}` has an absolute name")]
    Absolute { member: String },
    #[error("member `{member}` climbs with `..`")]
    Climbs { member: String },
    #[error("member `{member}` has a name that is not UTF-8")]
    NotUtf8 { member: String },
    #[error("member `{member}` has a name of {bytes} bytes; Linux takes at most {PATH_MAX}")]
    Long { member: String, bytes: usize },
    #[error("member `{member}` has a name of {components} components; at most {DEPTH_MAX} are taken")]
    Deep { member: String, components: usize },
    #[error("member `{member}` has a name that no image can hold")]
    Name { member: String, source: Box<Invalid> },
    #[error("member `{member}` is no whiteout that the OCI image spec knows")]
    Whiteout { member: String },
    #[error("member `{member}` makes the root something else than a directory")]
    Root { member: String },
    #[error("member `{member}` lies below `{parent}`, which the layer makes no directory")]
    Through { member: String, parent: ImagePath },
    #[error("member `{member}` links to `{target}`, which leads out of the root")]
    LeadsOut { member: String, target: String },
    #[error("member `{member}` links to `{target}`, which no image can hold")]
    Target { member: String, target: String },
    #[error("member `{member}` is a hardlink to `{target}`, which does not exist")]
    Dangling { member: ImagePath, target: ImagePath },
    #[error("member `{member}` is a hardlink to `{target}`, which is a directory")]
    LinkToDirectory { member: ImagePath, target: ImagePath },
    #[error("member `{member}` is one too many: more than {most} are not taken")]
    Many { member: String, most: usize },
}

/// Reads the tar of a layer, up to its end mark.
pub(super) fn read(tar: impl Read, most: usize) -> Result<LayerTree, LayerError> {
    let mut members = TarReader::new(tar);
    let mut tree = LayerTree::default();
    let mut capture = Capture::default();
    let mut count = 0;
    while let Some(member) = members.next_member()? {
        count += 1;
        if count > most {
            return Err(LayerError::Many { member: escape_name(&member.name), most });
        }
        let name = Name::of(&member.name)?;
        match name {
            Name::Foreign => {}
            Name::Opaque(directory) => drop(tree.opaque.insert(directory)),
            Name::Whiteout(path) => drop(tree.whiteouts.insert(path)),
            Name::Path(path) => {
                let entry = tree.entry(&path, &member, &mut members, &mut capture)?;
                tree.put(path, entry, &member.name)?;
            }
        }
    }
    Ok(tree)
}

impl LayerTree {
    /// Reads the tar of a layer that was made here, of which as much is believed as of anybody's.
    pub(crate) fn read(tar: impl Read) -> Result<Self, LayerError> {
        read(tar, MEMBERS_MAX)
    }

    fn entry(
        &self,
        path: &ImagePath,
        member: &Member,
        content: &mut impl Read,
        capture: &mut Capture,
    ) -> Result<Entry, LayerError> {
        let shown = || escape_name(&member.name);
        let kind = match member.kind {
            MemberKind::Directory => NodeKind::Directory,
            MemberKind::File => {
                let captured = capture.file(path, content);
                let captured = captured.map_err(|source| LayerError::Content { member: shown(), source })?;
                // A header that states more than there is has failed as the end of the data.
                let capability = member.xattrs.iter().find(|(name, _)| name == CAPABILITY);
                let capability = capability.map(|(_, value)| value.clone());
                NodeKind::File {
                    size: member.size,
                    digest: captured.digest,
                    capability: capability.filter(|value| value.len() <= CAPABILITY_MAX),
                    elf: captured.elf,
                    text: captured.text,
                }
            }
            MemberKind::Symlink => NodeKind::Symlink { target: symlink_target(path, member)? },
            MemberKind::Hardlink => {
                let target = hardlink_target(member)?;
                // What it links to is what stands there now, whatever the layer puts there later.
                return Ok(match self.entries.get(&target) {
                    Some(entry) if entry.is_directory() => {
                        return Err(LayerError::LinkToDirectory { member: path.clone(), target });
                    }
                    Some(Entry::Node(node)) => Entry::Node(node.clone()),
                    Some(Entry::Link(further)) => Entry::Link(further.clone()),
                    None => Entry::Link(target),
                });
            }
            MemberKind::Device { is_block, major, minor } => NodeKind::Device { is_block, major, minor },
            MemberKind::Fifo => NodeKind::Fifo,
        };
        let mode = mode(member.mode).unwrap_or(Mode::FILE);
        Ok(Entry::Node(Node { mode, uid: member.uid, gid: member.gid, kind }))
    }

    fn put(&mut self, path: ImagePath, entry: Entry, member: &[u8]) -> Result<(), LayerError> {
        let is_directory = entry.is_directory();
        if path.is_root() && !is_directory {
            return Err(LayerError::Root { member: escape_name(member) });
        }
        for parent in path.ancestors() {
            if self.entries.get(&parent).is_some_and(|entry| !entry.is_directory()) {
                return Err(LayerError::Through { member: escape_name(member), parent });
            }
        }
        if !is_directory && self.entries.get(&path).is_none_or(Entry::is_directory) {
            remove_below(&mut self.entries, &path);
        }
        self.entries.insert(path, entry);
        Ok(())
    }
}

impl Entry {
    pub(crate) fn is_directory(&self) -> bool {
        matches!(self, Self::Node(Node { kind: NodeKind::Directory, .. }))
    }
}

/// Removes everything below a path, but not what stands at it.
pub(super) fn remove_below<T>(tree: &mut BTreeMap<ImagePath, T>, path: &ImagePath) {
    let prefix = if path.is_root() { "/".to_owned() } else { format!("{path}/") };
    let below =
        tree.range::<str, _>((std::ops::Bound::Excluded(prefix.as_str()), std::ops::Bound::Unbounded));
    let below: Vec<_> =
        below.map(|(path, _)| path).take_while(|path| path.as_str().starts_with(&prefix)).cloned().collect();
    for path in below {
        tree.remove(&path);
    }
}

/// What a member's name says.
pub(crate) enum Name {
    Path(ImagePath),
    Whiteout(ImagePath),
    Opaque(ImagePath),
    Foreign,
}

impl Name {
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, LayerError> {
        let components = components(bytes)?;
        let Some((last, parents)) = components.split_last() else { return Ok(Self::Path(ImagePath::root())) };
        if components.iter().any(|component| component.starts_with(AUFS) && *component != OPAQUE) {
            return Ok(Self::Foreign);
        }
        let path = |components: &[&str]| {
            ImagePath::parse(&format!("/{}", components.join("/")))
                .map_err(|source| LayerError::Name { member: escape_name(bytes), source: Box::new(source) })
        };
        let Some(hidden) = last.strip_prefix(WHITEOUT) else { return path(&components).map(Self::Path) };
        if *last == OPAQUE {
            return path(parents).map(Self::Opaque);
        }
        if matches!(hidden, "" | "." | "..") {
            return Err(LayerError::Whiteout { member: escape_name(bytes) });
        }
        path(&[parents, &[hidden]].concat()).map(Self::Whiteout)
    }
}

/// The components of a name below the root; `./` and slashes that say nothing are left out.
fn components(name: &[u8]) -> Result<Vec<&str>, LayerError> {
    let member = || escape_name(name);
    if name.len() > PATH_MAX {
        return Err(LayerError::Long { member: member(), bytes: name.len() });
    }
    let text = std::str::from_utf8(name).map_err(|_| LayerError::NotUtf8 { member: member() })?;
    if text.starts_with('/') {
        return Err(LayerError::Absolute { member: member() });
    }
    let components: Vec<_> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if components.contains(&"..") {
        return Err(LayerError::Climbs { member: member() });
    }
    if components.len() > DEPTH_MAX {
        return Err(LayerError::Deep { member: member(), components: components.len() });
    }
    Ok(components)
}

pub(crate) fn hardlink_target(member: &Member) -> Result<ImagePath, LayerError> {
    let leads_out =
        || LayerError::LeadsOut { member: escape_name(&member.name), target: escape_name(&member.link) };
    let components = match components(&member.link) {
        Ok(components) => components,
        Err(LayerError::Absolute { .. } | LayerError::Climbs { .. }) => return Err(leads_out()),
        Err(_) => return Err(no_target(member)),
    };
    ImagePath::parse(&format!("/{}", components.join("/"))).map_err(|_| no_target(member))
}

/// An absolute target starts at the image's root. One that climbs above it means another root, whatever
/// a kernel would make of it.
fn symlink_target(path: &ImagePath, member: &Member) -> Result<String, LayerError> {
    let target = std::str::from_utf8(&member.link).map_err(|_| no_target(member))?;
    if target.is_empty() || target.len() > PATH_MAX || target.contains('\0') {
        return Err(no_target(member));
    }
    let mut depth = if target.starts_with('/') { 0 } else { path.components().count().saturating_sub(1) };
    for component in target.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                let leads_out = || LayerError::LeadsOut {
                    member: escape_name(&member.name),
                    target: escape_name(&member.link),
                };
                depth = depth.checked_sub(1).ok_or_else(leads_out)?;
            }
            _ => depth += 1,
        }
    }
    Ok(target.to_owned())
}

fn no_target(member: &Member) -> LayerError {
    LayerError::Target { member: escape_name(&member.name), target: escape_name(&member.link) }
}
