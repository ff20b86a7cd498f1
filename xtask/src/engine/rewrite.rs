//! Rewrites a layer that an engine made: the same files, in the tar profile that every
//! importer takes, without what the building left behind. It must not change what a step meant to do.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read, Seek, SeekFrom, Write};

use lapstrake::value::{ImagePath, Mode, SecretId};
use lapstrake_oci::Budget;
use lapstrake_oci::tar::{LayerError, TarWriter, read_layer};
use lapstrake_oci::tree::{CAPABILITY, Changes, Kind, LayerNumber, Metadata, Node, Tree, hide};

use super::debris::Leftovers;
use super::secrets::{Secrets, keep_secret};
use super::stored::Stored;
use crate::base::{BaseIndex, File};
use crate::support::explain::Explain;

/// An engine's layer can't be rewritten.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RewriteError {
    #[error("the engine's layer can't be read")]
    Read(#[source] io::Error),
    #[error("the engine's layer can't be used")]
    Layer(#[from] LayerError),
    #[error("`{path}` is a {what}, which no layer may hold: ostree's importer refuses it")]
    Special { path: String, what: &'static str },
    #[error("`{path}` holds the secret `{id}`: a step wrote it there")]
    Secret { path: String, id: SecretId },
}

impl Explain for RewriteError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Secret { id, .. } => Some(keep_secret(id)),
            Self::Read(_) | Self::Layer(_) | Self::Special { .. } => None,
        }
    }
}

type Nodes = BTreeMap<ImagePath, Node<Stored>>;

/// Writes the layer in `tar`, which was made on `below`, in the profile of own layers.
pub(super) fn rewrite<T: Read + Seek>(
    tar: &mut T,
    below: &BaseIndex,
    secrets: &Secrets,
    out: &mut dyn Write,
) -> Result<(), RewriteError> {
    let change = read(tar, 0)?;
    let below = stored(below);
    let nodes: Nodes = change.nodes(&below).map_err(LayerError::from)?.into_iter().collect();
    for (path, node) in &nodes {
        // A device may be overlayfs' own whiteout, where an engine left one as it is.
        if let Kind::Device { .. } | Kind::Fifo = node.kind {
            return Err(RewriteError::Special {
                path: secrets.hide_in(path.as_str()),
                what: node.kind.name(),
            });
        }
    }
    let leftovers = Leftovers::of(&nodes, &below);
    let kept: Nodes = nodes.into_iter().filter(|(path, _)| !leftovers.has(path)).collect();
    let whiteouts = whiteouts(&change, &kept, &below);
    let members = members(&kept, &whiteouts, &below);
    refuse_secrets(&members, secrets, tar)?;
    write(&members, &whiteouts, tar, out).map_err(RewriteError::Read)
}

/// Writes one layer that does to `below` what the layers do, of which the tars begin at `starts`.
pub(super) fn merge<T: Read + Seek>(
    tars: &mut T,
    starts: &[u64],
    below: &BaseIndex,
    out: &mut dyn Write,
) -> Result<(), RewriteError> {
    let below = stored(below);
    let mut tree = below.clone();
    let own = LayerNumber::new(usize::MAX);
    for start in starts {
        tars.seek(SeekFrom::Start(*start)).map_err(RewriteError::Read)?;
        tree.apply(read(tars, *start)?, own).map_err(LayerError::from)?;
    }
    let kept: Nodes = tree
        .walk()
        .filter(|(_, entry)| entry.layer == own)
        .map(|(path, entry)| (path, entry.node.clone()))
        .collect();
    // Where the directory itself is gone, nothing is left of it to hide.
    let is_hidden = |path: &ImagePath, was: &Kind<Stored>| match tree.get(path) {
        None => {
            let parent = path.parent().and_then(|parent| tree.get(&parent));
            parent.is_some_and(|parent| parent.node.kind.is_directory())
        }
        Some(now) => is_directory_in_place_of(was, &now.node.kind),
    };
    let hidden = below.walk().filter(|(path, entry)| is_hidden(path, &entry.node.kind));
    let whiteouts = hidden.map(|(path, _)| path).collect();
    let members = members(&kept, &whiteouts, &below);
    write(&members, &whiteouts, tars, out).map_err(RewriteError::Read)
}

/// Returns the tree with what a rewritten layer needs of each file.
fn stored(below: &BaseIndex) -> Tree<Stored> {
    below.tree().map(|file| {
        let size = match file {
            File::Read(facts) => facts.size,
            File::Planned => 0,
        };
        Stored { size, at: None }
    })
}

/// Reads a layer whose tar begins at `start`: where its files are.
fn read<T: Read>(tar: &mut T, start: u64) -> Result<Changes<Stored>, LayerError> {
    let position = Cell::new(start);
    let counted = Counted { inner: tar, position: &position };
    read_layer(counted, &Budget::largest(), |_, member, _| {
        Ok(Stored { size: member.size, at: Some(position.get()) })
    })
}

/// Refuses a layer in which a secret is, be it in a file, a name or the target of a link.
fn refuse_secrets<T: Read + Seek>(
    members: &Nodes,
    secrets: &Secrets,
    tar: &mut T,
) -> Result<(), RewriteError> {
    if secrets.is_empty() {
        return Ok(());
    }
    for (path, node) in members {
        let mut found = secrets.find_in(path.as_str().as_bytes()).map_err(RewriteError::Read)?;
        if let Some(target) = node.kind.target() {
            found = found.or(secrets.find_in(target.as_bytes()).map_err(RewriteError::Read)?);
        }
        if let Kind::File(Stored { size, at: Some(at) }) = node.kind {
            tar.seek(SeekFrom::Start(at)).map_err(RewriteError::Read)?;
            found = found.or(secrets.find_in((&mut *tar).take(size)).map_err(RewriteError::Read)?);
        }
        if let Some(id) = found {
            return Err(RewriteError::Secret { path: secrets.hide_in(path.as_str()), id: id.clone() });
        }
    }
    Ok(())
}

/// What is hidden of what lies below, name by name: an opaque directory means another thing to every
/// importer.
fn whiteouts(change: &Changes<Stored>, kept: &Nodes, below: &Tree<Stored>) -> BTreeSet<ImagePath> {
    let stated = |path: &ImagePath| kept.get(path).map(|node| &node.kind);
    let in_opaque = change
        .opaque()
        .iter()
        .flat_map(|directory| below.children(directory).filter_map(|(name, _)| directory.join(name).ok()));
    let hidden = change.whiteouts().iter().cloned().chain(in_opaque);
    let mut out: BTreeSet<_> = hidden.flat_map(|path| hide(below, &path, &stated)).collect();
    // What a new inode takes the place of needs none of its own.
    out.retain(|path| kept.get(path).is_none_or(|node| node.kind.is_directory()));
    let remade = kept.iter().filter(|(path, node)| {
        below.get(path).is_some_and(|entry| is_directory_in_place_of(&entry.node.kind, &node.kind))
    });
    out.extend(remade.map(|(path, _)| path.clone()));
    out
}

/// Whether a directory is where something else was: ostree makes none there before that is hidden.
fn is_directory_in_place_of(was: &Kind<Stored>, now: &Kind<Stored>) -> bool {
    now.is_directory() && !was.is_directory()
}

/// What is written: all that changes something, and the parents of that with what they have.
fn members(kept: &Nodes, whiteouts: &BTreeSet<ImagePath>, below: &Tree<Stored>) -> Nodes {
    let is_restated = |path: &ImagePath, node: &Node<Stored>| {
        node.kind.is_directory() && below.get(path).is_some_and(|entry| entry.node == node)
    };
    let mut members: Nodes = kept
        .iter()
        .filter(|(path, node)| !is_restated(path, node))
        .map(|(path, node)| (path.clone(), node.clone()))
        .collect();
    let needing: Vec<_> = members.keys().chain(whiteouts).flat_map(ImagePath::ancestors).collect();
    for parent in needing {
        let found = kept.get(&parent).or_else(|| below.get(&parent).map(|entry| entry.node));
        if let Some(node) = found.filter(|node| node.kind.is_directory()) {
            members.entry(parent).or_insert_with(|| node.clone());
        }
    }
    members.retain(|path, _| !path.is_root());
    members
}

fn write<T: Read + Seek>(
    members: &Nodes,
    whiteouts: &BTreeSet<ImagePath>,
    tar: &mut T,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = TarWriter::new(out);
    let mut written = BTreeSet::new();
    let mut first_names = HashMap::new();
    for path in whiteouts {
        for above in path.ancestors() {
            if let Some(node) = members.get(&above).filter(|_| written.insert(above.clone())) {
                write_one(&above, node, &mut first_names, tar, &mut out)?;
            }
        }
        out.whiteout(path)?;
    }
    for (path, node) in members {
        if written.insert(path.clone()) {
            write_one(path, node, &mut first_names, tar, &mut out)?;
        }
    }
    out.finish()?;
    Ok(())
}

fn write_one<T: Read + Seek>(
    path: &ImagePath,
    node: &Node<Stored>,
    first_names: &mut HashMap<u64, ImagePath>,
    tar: &mut T,
    out: &mut TarWriter<&mut dyn Write>,
) -> io::Result<()> {
    let (name, metadata) = (path.relative(), safe(&node.metadata, &node.kind));
    let Kind::File(Stored { size, at }) = node.kind else {
        return out.member(name, &node.kind.as_ref().map(|file| file.size), &metadata);
    };
    let at = at.ok_or_else(|| io::Error::other(format!("the content of `{path}` is not in the layer")))?;
    if let Some(target) = first_names.get(&at) {
        return out.hardlink(name, target.relative(), &metadata);
    }
    first_names.insert(at, path.clone());
    out.member(name, &Kind::File(size), &metadata)?;
    tar.seek(SeekFrom::Start(at))?;
    out.content(tar.take(size))
}

/// Returns metadata as every importer reads it: capabilities in the encoding that every engine keeps, and the mode that
/// Linux reports for symlinks.
fn safe(metadata: &Metadata, kind: &Kind<Stored>) -> Metadata {
    let mode = if kind.target().is_some() { Mode::SYMLINK } else { metadata.mode };
    let other = metadata.xattrs.iter().filter(|(name, _)| *name != CAPABILITY);
    let xattrs = other.map(|(name, value)| (name.to_owned(), value.to_vec())).collect();
    let plain = Metadata { mode, uid: metadata.uid, gid: metadata.gid, xattrs };
    match metadata.capabilities() {
        Some(capabilities) => plain.with_capabilities(capabilities),
        None => plain,
    }
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
