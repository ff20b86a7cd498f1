//! The layers of an image written over one another to a folder, by whoever runs this: every name and content,
//! and of the metadata what anybody can set on files of their own. The rest is set on the disk.

use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{PermissionsExt, symlink};

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::ImagePath;
use lapstrake_oci::tar::{LayerError, read_layer};
use lapstrake_oci::tree::{Kind, LayerNumber, Node, Tree};
use lapstrake_oci::{Blobs, Budget, Decompressor, Digest};

use super::BootError;
use crate::base::{self, BaseIndex, facts};

const BUFFER: usize = 256 << 10;

/// The layers of a disk: those of the image, and the boot's own over them.
pub(super) struct Layers<'a> {
    pub(super) described: &'a [(Digest, u64)],
    pub(super) blobs: &'a Blobs,
    /// A tar.
    pub(super) guest: &'a [u8],
}

/// The mode that a file of the image has in the folder: nothing that gives rights, and all that its owner
/// needs.
pub(super) fn held_mode(node: &Node<base::File>) -> u32 {
    let owner = if node.kind.is_directory() { 0o700 } else { 0o600 };
    node.metadata.mode.bits() & 0o777 | owner
}

/// Whether a path is in the folder. What a base has in /dev, the kernel's own file system hides; other
/// devices only root can make, and the disk gets them otherwise.
pub(super) fn is_held(path: &ImagePath, node: &Node<base::File>) -> bool {
    !is_hidden(path) && !matches!(node.kind, Kind::Device { .. } | Kind::Fifo)
}

/// Whether the running system never sees a path.
pub(super) fn is_hidden(path: &ImagePath) -> bool {
    path.as_str().starts_with("/dev/")
}

impl Layers<'_> {
    /// Returns the tree that all layers make, where the lowest `known` of them make `below`.
    pub(super) fn merged_on(&self, below: &BaseIndex, known: usize) -> Result<BaseIndex, BootError> {
        let mut index = below.clone();
        for (number, (digest, size)) in self.described.iter().enumerate().skip(known) {
            let failed = |source| BootError::Layer { digest: digest.clone(), source };
            let layer = base::read_layer(self.open(digest, *size)?).map_err(failed)?;
            index = index.with_layer(layer, LayerNumber::new(number)).map_err(failed)?;
        }
        let guest = base::read_layer(self.guest).map_err(BootError::Guest)?;
        index.with_layer(guest, LayerNumber::new(self.described.len())).map_err(BootError::Guest)
    }

    /// Unpacks the tree that `index` is into the empty folder `to`, by way of the empty folder `contents`.
    pub(super) fn unpack(
        &self,
        index: &BaseIndex,
        contents: &Utf8Path,
        to: &Utf8Path,
    ) -> Result<(), BootError> {
        let mut files = Files { folder: contents, count: 0, tree: Tree::new() };
        for (digest, size) in self.described {
            let mut tar = self.open(digest, *size)?;
            files.take(&mut tar, |source| BootError::Layer { digest: digest.clone(), source })?;
        }
        files.take(&mut &*self.guest, BootError::Guest)?;
        files.place(index, to)
    }

    fn open(&self, digest: &Digest, size: u64) -> Result<impl Read + use<>, BootError> {
        let blob = self.blobs.reader(digest, size);
        let blob = blob.map_err(|source| BootError::Blob { digest: digest.clone(), source })?;
        let tar = Decompressor::new(BufReader::with_capacity(BUFFER, blob));
        let tar = tar.map_err(|source| BootError::Read { digest: digest.clone(), source })?;
        Ok(BufReader::with_capacity(BUFFER, tar))
    }
}

/// The regular files of all layers: in a folder, each under its number, and the names that they have.
struct Files<'a> {
    folder: &'a Utf8Path,
    count: usize,
    tree: Tree<usize>,
}

impl Files<'_> {
    /// Takes the regular files out of a layer.
    fn take(
        &mut self,
        tar: &mut dyn Read,
        failed: impl Fn(LayerError) -> BootError,
    ) -> Result<(), BootError> {
        let (folder, count) = (self.folder, &mut self.count);
        let mut unwritten = None;
        let layer = read_layer(tar, &Budget::largest(), |_, _, content| {
            let (at, number) = (folder.join(count.to_string()), *count);
            *count += 1;
            match File::create(&at).map_err(Copied::Unwritten).and_then(|mut file| copy(content, &mut file)) {
                Ok(()) => Ok(number),
                Err(Copied::Unread(error)) => Err(error),
                Err(Copied::Unwritten(source)) => {
                    unwritten = Some(BootError::Write { path: at, source });
                    Err(io::ErrorKind::WriteZero.into())
                }
            }
        });
        if let Some(unwritten) = unwritten {
            return Err(unwritten);
        }
        let layer = layer.map_err(&failed)?;
        self.tree.apply(layer, LayerNumber::LOWEST).map_err(|error| failed(error.into()))
    }

    /// Gives every name of the tree its place.
    fn place(&self, index: &BaseIndex, to: &Utf8Path) -> Result<(), BootError> {
        let mut placed: HashMap<usize, Utf8PathBuf> = HashMap::new();
        let nodes = || index.tree().walk().filter(|(path, entry)| is_held(path, entry.node));
        for (path, entry) in nodes().filter(|(path, _)| !path.is_root()) {
            let at = to.join(path.relative());
            let done = match &entry.node.kind {
                Kind::Directory => fs::create_dir(&at),
                Kind::Symlink { target } => symlink(&**target, &at),
                Kind::File(_) => self.place_file(&path, entry.node, &at, &mut placed)?,
                Kind::Device { .. } | Kind::Fifo => Ok(()),
            };
            done.map_err(|source| BootError::Write { path: at, source })?;
        }
        // Only now: a directory that nobody may write to takes no file.
        for (path, entry) in nodes().filter(|(_, entry)| entry.node.kind.is_directory()) {
            let at = to.join(path.relative());
            fs::set_permissions(&at, Permissions::from_mode(held_mode(entry.node)))
                .map_err(|source| BootError::Write { path: at, source })?;
        }
        Ok(())
    }

    fn place_file(
        &self,
        path: &ImagePath,
        node: &Node<base::File>,
        at: &Utf8Path,
        placed: &mut HashMap<usize, Utf8PathBuf>,
    ) -> Result<io::Result<()>, BootError> {
        let lost = || BootError::Lost { path: path.clone() };
        let number = self.tree.get(path).and_then(|entry| entry.node.kind.file()).ok_or_else(lost)?;
        if let Some(first) = placed.get(number) {
            return Ok(fs::hard_link(first, at));
        }
        let from = self.folder.join(number.to_string());
        let found = fs::metadata(&from).map_err(|_| lost())?;
        if Some(found.len()) != facts(&node.kind).map(|facts| facts.size) {
            return Err(lost());
        }
        placed.insert(*number, at.to_owned());
        let mode = Permissions::from_mode(held_mode(node));
        Ok(fs::rename(&from, at).and_then(|()| fs::set_permissions(at, mode)))
    }
}

/// Why a content was not copied: a tar that breaks off is another fault than a disk that is full.
enum Copied {
    Unread(io::Error),
    Unwritten(io::Error),
}

fn copy(from: &mut impl Read, to: &mut File) -> Result<(), Copied> {
    let mut chunk = [0; 16 << 10];
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(count) => io::Write::write_all(to, &chunk[..count]).map_err(Copied::Unwritten)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Copied::Unread(error)),
        }
    }
}
