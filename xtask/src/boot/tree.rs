//! The layers of an image laid on one another in a folder, by whoever runs this: every name and content,
//! and of the metadata what anybody can set on files of their own. The rest is set on the disk.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::ImagePath;

use super::BootError;
use crate::base::{self, BaseIndex, LayerError, LayerTree, Name, Node, NodeKind, hardlink_target};
use lapstrake_oci::tar::{MemberKind, TarReader, escape_name};
use lapstrake_oci::{Blobs, Decompressor, Digest};

const BUFFER: usize = 256 << 10;

/// The layers of a disk: those of the image, and the boot's own over them.
pub(super) struct Layers<'a> {
    pub(super) described: &'a [(Digest, u64)],
    pub(super) blobs: &'a Blobs,
    /// A tar.
    pub(super) guest: &'a [u8],
}

/// Where the content of a name comes from, while its layer is read.
#[derive(Debug, Clone)]
enum Source {
    /// The regular file of that number, of all layers.
    File(usize),
    /// What the layer brings later, or what lies below.
    LinkTo(ImagePath),
}

/// The numbers of the regular files.
type Contents = BTreeMap<ImagePath, usize>;

/// The mode that a file of the image has in the folder: nothing that gives rights, and all that its owner
/// needs.
pub(super) fn held_mode(node: &Node) -> u32 {
    let owner = if node.kind == NodeKind::Directory { 0o700 } else { 0o600 };
    node.mode.bits() & 0o777 | owner
}

/// Whether a path is in the folder. What a base has in /dev, the kernel's own file system hides; other
/// devices only root can make, and the disk gets them otherwise.
pub(super) fn is_held(path: &ImagePath, node: &Node) -> bool {
    !is_hidden(path) && !matches!(node.kind, NodeKind::Device { .. } | NodeKind::Fifo)
}

/// Whether the running system never sees a path.
pub(super) fn is_hidden(path: &ImagePath) -> bool {
    path.as_str().starts_with("/dev/")
}

impl Layers<'_> {
    /// The tree that all layers make, where the lowest `known` of them make `below`.
    pub(super) fn merged_on(&self, below: &BaseIndex, known: usize) -> Result<BaseIndex, BootError> {
        let mut index = None;
        for (digest, size) in self.described.iter().skip(known) {
            let failed = |source| BootError::Layer { digest: digest.clone(), source };
            let layer = LayerTree::read(self.open(digest, *size)?).map_err(failed)?;
            index = Some(base::laid_on(index.as_ref().unwrap_or(below), layer).map_err(failed)?);
        }
        let guest = LayerTree::read(self.guest).map_err(BootError::Guest)?;
        base::laid_on(index.as_ref().unwrap_or(below), guest).map_err(BootError::Guest)
    }

    /// Unpacks the tree that `index` is into the empty folder `to`, by way of the empty folder `contents`.
    pub(super) fn unpack(
        &self,
        index: &BaseIndex,
        contents: &Utf8Path,
        to: &Utf8Path,
    ) -> Result<(), BootError> {
        let mut files = Contents::new();
        let mut count = 0;
        for (digest, size) in self.described {
            let failed = |source| match source {
                Failed::Layer(source) => BootError::Layer { digest: digest.clone(), source },
                Failed::Write(path, source) => BootError::Write { path, source },
            };
            take(self.open(digest, *size)?, contents, &mut count, &mut files).map_err(failed)?;
        }
        take(self.guest, contents, &mut count, &mut files).map_err(|failed| match failed {
            Failed::Layer(source) => BootError::Guest(source),
            Failed::Write(path, source) => BootError::Write { path, source },
        })?;
        place(index, &files, contents, to)
    }

    fn open(&self, digest: &Digest, size: u64) -> Result<impl Read + use<>, BootError> {
        let blob = self.blobs.reader(digest, size);
        let blob = blob.map_err(|source| BootError::Blob { digest: digest.clone(), source })?;
        let tar = Decompressor::new(BufReader::with_capacity(BUFFER, blob));
        let tar = tar.map_err(|source| BootError::Read { digest: digest.clone(), source })?;
        Ok(BufReader::with_capacity(BUFFER, tar))
    }
}

enum Failed {
    Layer(LayerError),
    Write(Utf8PathBuf, io::Error),
}

impl From<LayerError> for Failed {
    fn from(error: LayerError) -> Self {
        Self::Layer(error)
    }
}

/// Takes the regular files out of a layer, each under a number, and says which names they have. Whiteouts
/// need no look: what they hide is not in the index, and what comes again has another number.
fn take(tar: impl Read, to: &Utf8Path, count: &mut usize, files: &mut Contents) -> Result<(), Failed> {
    let mut members = TarReader::new(tar);
    let mut own: BTreeMap<ImagePath, Source> = BTreeMap::new();
    while let Some(member) = members.next_member().map_err(LayerError::from)? {
        let Name::Path(path) = Name::of(&member.name)? else { continue };
        match member.kind {
            MemberKind::File => {
                let at = to.join(count.to_string());
                let mut file = File::create(&at).map_err(|source| Failed::Write(at.clone(), source))?;
                copy(&mut members, &mut file, &at, &member.name)?;
                own.insert(path, Source::File(*count));
                *count += 1;
            }
            MemberKind::Hardlink => {
                let target = hardlink_target(&member)?;
                let source = own.get(&target).cloned().unwrap_or(Source::LinkTo(target));
                own.insert(path, source);
            }
            _ => {}
        }
    }
    let found: Vec<_> =
        own.keys().filter_map(|path| Some((path.clone(), follow(path, &own, files)?))).collect();
    files.extend(found);
    Ok(())
}

/// Copies the content of a member. The error distinguishes a tar that is cut off from a disk that is full.
fn copy(from: &mut impl Read, to: &mut File, path: &Utf8Path, member: &[u8]) -> Result<(), Failed> {
    let mut chunk = [0; 16 << 10];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => io::Write::write_all(to, &chunk[..count])
                .map_err(|source| Failed::Write(path.to_owned(), source))?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(source) => {
                return Err(LayerError::Content { member: escape_name(member), source }.into());
            }
        }
    }
}

fn follow(path: &ImagePath, own: &BTreeMap<ImagePath, Source>, below: &Contents) -> Option<usize> {
    let mut path = path;
    // No chain is longer than there are links.
    for _ in 0..=own.len() {
        match own.get(path) {
            Some(Source::File(number)) => return Some(*number),
            Some(Source::LinkTo(target)) if target != path => path = target,
            Some(Source::LinkTo(_)) | None => return below.get(path).copied(),
        }
    }
    None
}

/// Gives every name of the tree its place.
fn place(index: &BaseIndex, files: &Contents, contents: &Utf8Path, to: &Utf8Path) -> Result<(), BootError> {
    let mut placed: BTreeMap<usize, Utf8PathBuf> = BTreeMap::new();
    let nodes = || index.iter().filter(|(path, node)| is_held(path, node));
    for (path, node) in nodes().filter(|(path, _)| !path.is_root()) {
        let at = to.join(path.relative());
        let done = match &node.kind {
            NodeKind::Directory => fs::create_dir(&at),
            NodeKind::Symlink { target } => symlink(target, &at),
            NodeKind::File { size, .. } => {
                let lost = || BootError::Lost { path: path.clone() };
                let number = files.get(path).ok_or_else(lost)?;
                if let Some(first) = placed.get(number) {
                    fs::hard_link(first, &at)
                } else {
                    let from = contents.join(number.to_string());
                    let found = fs::metadata(&from).map_err(|_| lost())?;
                    if found.len() != *size {
                        return Err(lost());
                    }
                    placed.insert(*number, at.clone());
                    fs::rename(&from, &at)
                        .and_then(|()| fs::set_permissions(&at, Permissions::from_mode(held_mode(node))))
                }
            }
            NodeKind::Device { .. } | NodeKind::Fifo => Ok(()),
        };
        done.map_err(|source| BootError::Write { path: at, source })?;
    }
    // Only now: a directory that nobody may write to takes no file.
    for (path, node) in nodes().filter(|(_, node)| node.kind == NodeKind::Directory) {
        let at = to.join(path.relative());
        fs::set_permissions(&at, Permissions::from_mode(held_mode(node)))
            .map_err(|source| BootError::Write { path: at, source })?;
    }
    Ok(())
}
