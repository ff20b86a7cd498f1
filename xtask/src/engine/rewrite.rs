//! A layer as an engine made it becomes one of ours: the same files, in the tar profile that every
//! importer takes, without what the building left behind. It must not change what a step meant to do.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom, Write};

use lapstrake::value::{Capabilities, ImagePath, Mode, SecretId};

use super::debris::Leftovers;
use super::secrets::Secrets;
use crate::base::{BaseIndex, Entry, LayerError, LayerTree, Name, Node, NodeKind, hardlink_target};
use crate::plan::Inode;
use lapstrake_oci::tar::{Kind, MemberKind, TarReader, TarWriter};

/// An engine's layer can't be rewritten.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RewriteError {
    #[error("the engine's layer can't be read")]
    Read(#[source] io::Error),
    #[error("the engine's layer is no layer that can be used")]
    Layer(#[from] LayerError),
    #[error("`{path}` is a {what}, which no layer may hold: ostree's importer refuses it")]
    Special { path: ImagePath, what: &'static str },
    #[error("`{path}` holds the secret `{id}`: a step wrote it there")]
    Secret { path: ImagePath, id: SecretId },
}

/// Where the bytes of a file are in the engine's tar.
type Contents = BTreeMap<ImagePath, Source>;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    At(u64),
    LinkTo(ImagePath),
}

/// Writes the layer in `tar`, which was made on `below`, in our profile.
pub(super) fn rewrite<T: Read + Seek>(
    tar: &mut T,
    below: &BaseIndex,
    caches: bool,
    secrets: &Secrets,
    out: &mut dyn Write,
) -> Result<(), RewriteError> {
    let change = LayerTree::read(&mut *tar)?;
    tar.seek(SeekFrom::Start(0)).map_err(RewriteError::Read)?;
    let contents = contents(tar)?;
    let nodes = nodes(&change, below)?;
    let leftovers = Leftovers::of(&nodes, below, caches);
    let kept: BTreeMap<_, _> = nodes.into_iter().filter(|(path, _)| !leftovers.has(path)).collect();
    let whiteouts = whiteouts(&change, &kept, below);
    let members = members(&kept, &whiteouts, below);
    refuse_secrets(&members, &contents, secrets, tar)?;
    write(&members, &whiteouts, &contents, tar, out).map_err(RewriteError::Read)
}

/// Refuses a layer in which a secret is, be it in a file, a name or the target of a link.
fn refuse_secrets<T: Read + Seek>(
    members: &BTreeMap<ImagePath, Node>,
    contents: &Contents,
    secrets: &Secrets,
    tar: &mut T,
) -> Result<(), RewriteError> {
    if secrets.is_empty() {
        return Ok(());
    }
    for (path, node) in members {
        let mut found = secrets.find_in(path.as_str().as_bytes()).map_err(RewriteError::Read)?;
        if let NodeKind::Symlink { target } = &node.kind {
            found = found.or(secrets.find_in(target.as_bytes()).map_err(RewriteError::Read)?);
        }
        if let (NodeKind::File { size, .. }, Some(at)) = (&node.kind, content(contents, path)) {
            tar.seek(SeekFrom::Start(at)).map_err(RewriteError::Read)?;
            found = found.or(secrets.find_in((&mut *tar).take(*size)).map_err(RewriteError::Read)?);
        }
        if let Some(id) = found {
            return Err(RewriteError::Secret { path: path.clone(), id: id.clone() });
        }
    }
    Ok(())
}

/// The nodes of a layer, links followed.
fn nodes(change: &LayerTree, below: &BaseIndex) -> Result<BTreeMap<ImagePath, Node>, RewriteError> {
    let mut nodes = BTreeMap::new();
    for (path, entry) in &change.entries {
        let node = match entry {
            Entry::Node(node) => node.clone(),
            Entry::Link(target) => match change.entries.get(target) {
                Some(Entry::Node(node)) => node.clone(),
                _ => below.get(target).cloned().ok_or_else(|| {
                    let (member, target) = (path.clone(), target.clone());
                    RewriteError::Layer(LayerError::Dangling { member, target })
                })?,
            },
        };
        let special = match node.kind {
            // overlayfs' own whiteout, where an engine left one as it is.
            NodeKind::Device { .. } => Some("device"),
            NodeKind::Fifo => Some("fifo"),
            _ => None,
        };
        if let Some(what) = special {
            return Err(RewriteError::Special { path: path.clone(), what });
        }
        nodes.insert(path.clone(), node);
    }
    Ok(nodes)
}

/// What is hidden of what lies below, name by name: an opaque directory means another thing to every
/// importer.
fn whiteouts(change: &LayerTree, kept: &BTreeMap<ImagePath, Node>, below: &BaseIndex) -> BTreeSet<ImagePath> {
    let mut out: BTreeSet<ImagePath> =
        change.whiteouts.iter().filter(|path| below.get(path).is_some()).cloned().collect();
    for directory in &change.opaque {
        hide_below(directory, kept, below, &mut out);
    }
    // What a new inode takes the place of needs none of its own.
    out.retain(|path| !kept.contains_key(path) || kept[path].kind == NodeKind::Directory);
    out
}

fn hide_below(
    directory: &ImagePath,
    kept: &BTreeMap<ImagePath, Node>,
    below: &BaseIndex,
    out: &mut BTreeSet<ImagePath>,
) {
    for (child, node) in below.children(directory) {
        match (kept.get(child).map(|node| &node.kind), &node.kind) {
            (Some(NodeKind::Directory), NodeKind::Directory) => hide_below(child, kept, below, out),
            (Some(_), kind) if *kind != NodeKind::Directory => {}
            _ => drop(out.insert(child.clone())),
        }
    }
}

/// What is written: all that changes something, and the parents of that with what they have.
fn members(
    kept: &BTreeMap<ImagePath, Node>,
    whiteouts: &BTreeSet<ImagePath>,
    below: &BaseIndex,
) -> BTreeMap<ImagePath, Node> {
    let is_told =
        |path: &ImagePath, node: &Node| node.kind == NodeKind::Directory && below.get(path) == Some(node);
    let mut members: BTreeMap<ImagePath, Node> = kept
        .iter()
        .filter(|(path, node)| !is_told(path, node))
        .map(|(path, node)| (path.clone(), node.clone()))
        .collect();
    let needing: Vec<_> = members.keys().chain(whiteouts).flat_map(ImagePath::ancestors).collect();
    for parent in needing {
        if let Some(node) = kept.get(&parent).or_else(|| below.get(&parent)) {
            members.entry(parent).or_insert_with(|| node.clone());
        }
    }
    members.retain(|path, _| !path.is_root());
    members
}

fn write<T: Read + Seek>(
    members: &BTreeMap<ImagePath, Node>,
    whiteouts: &BTreeSet<ImagePath>,
    contents: &Contents,
    tar: &mut T,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = TarWriter::new(out);
    let mut written = BTreeSet::new();
    let mut first_names = BTreeMap::new();
    for path in whiteouts {
        for above in path.ancestors() {
            if let Some(node) = members.get(&above).filter(|_| written.insert(above.clone())) {
                write_one(&above, node, contents, &mut first_names, tar, &mut out)?;
            }
        }
        out.whiteout(path)?;
    }
    for (path, node) in members {
        if written.insert(path.clone()) {
            write_one(path, node, contents, &mut first_names, tar, &mut out)?;
        }
    }
    out.finish()?;
    Ok(())
}

fn write_one<T: Read + Seek>(
    path: &ImagePath,
    node: &Node,
    contents: &Contents,
    first_names: &mut BTreeMap<u64, ImagePath>,
    tar: &mut T,
    out: &mut TarWriter<&mut dyn Write>,
) -> io::Result<()> {
    let name = path.relative();
    let mut inode = Inode { mode: node.mode, uid: node.uid, gid: node.gid, capabilities: None };
    match &node.kind {
        NodeKind::Directory => out.member(name, &Kind::Directory, &inode),
        NodeKind::Symlink { target } => {
            inode.mode = Mode::SYMLINK;
            out.member(name, &Kind::Symlink { target }, &inode)
        }
        NodeKind::File { size, capability, .. } => {
            inode.capabilities = capability.as_deref().and_then(Capabilities::from_xattr);
            let at = content(contents, path)
                .ok_or_else(|| io::Error::other(format!("the content of `{path}` is not in the layer")))?;
            if let Some(target) = first_names.get(&at) {
                return out.member(name, &Kind::Hardlink { target: target.relative() }, &inode);
            }
            first_names.insert(at, path.clone());
            out.member(name, &Kind::File { size: *size }, &inode)?;
            tar.seek(SeekFrom::Start(at))?;
            out.content(tar.take(*size))
        }
        NodeKind::Device { .. } | NodeKind::Fifo => Ok(()),
    }
}

/// Where a file's bytes are, links followed.
fn content(contents: &Contents, path: &ImagePath) -> Option<u64> {
    let mut path = path;
    for _ in 0..contents.len() {
        match contents.get(path)? {
            Source::At(at) => return Some(*at),
            Source::LinkTo(target) => path = target,
        }
    }
    None
}

fn contents<T: Read>(tar: &mut T) -> Result<Contents, RewriteError> {
    let position = Cell::new(0);
    let mut members = TarReader::new(Counted { inner: tar, position: &position });
    let mut contents = Contents::new();
    while let Some(member) = members.next_member().map_err(LayerError::from)? {
        let Name::Path(path) = Name::of(&member.name)? else { continue };
        match member.kind {
            MemberKind::File => drop(contents.insert(path, Source::At(position.get()))),
            MemberKind::Hardlink => drop(contents.insert(path, Source::LinkTo(hardlink_target(&member)?))),
            _ => {}
        }
    }
    Ok(contents)
}

/// A reader that knows how far it is.
struct Counted<'a, R> {
    inner: R,
    position: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.position.set(self.position.get() + count as u64);
        Ok(count)
    }
}
