//! One layer of a base, read once: verified against its digest, size and diff_id, taken into the cache,
//! and its members noted, all in the same pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use lapstrake::value::ImagePath;
use oci_spec::image::MediaType;

use super::elf::{self, Elf};
use super::index::{Node, NodeKind, is_kept};
use super::tarball::{Member, MemberKind, Members, TarError};
use super::{BaseError, BaseLayer};
use crate::oci::{BlobError, BlobWriter, Blobs, HashingReader};

/// The longest text that is kept.
const MOST_TEXT: u64 = 256 << 10;
/// More than any system has; a lying base does not fill the memory.
const MOST_MEMBERS: usize = 8_000_000;

/// What one layer does to the layers below it.
#[derive(Debug, Default)]
pub(super) struct LayerTree {
    pub(super) whiteouts: BTreeSet<ImagePath>,
    pub(super) opaques: BTreeSet<ImagePath>,
    pub(super) nodes: BTreeMap<ImagePath, Node>,
    /// Hard links to what this layer does not have.
    pub(super) links: BTreeMap<ImagePath, ImagePath>,
    pub(super) texts: BTreeMap<ImagePath, String>,
}

/// Reads a layer out of `source`, and into `cache` if it is not there yet.
pub(super) fn read(layer: &BaseLayer, source: &Blobs, cache: &Blobs) -> Result<LayerTree, BaseError> {
    let cached = cache.has(&layer.digest, layer.size);
    let blob = if cached { cache } else { source }.open(&layer.digest, layer.size)?;
    let unreadable = |source| BaseError::from(BlobError::Read { digest: layer.digest.clone(), source });
    let copy =
        if cached { None } else { Some(cache.writer().map_err(|source| BaseError::Cache { source })?) };
    let compressed = HashingReader::new(Copying { blob, copy });
    let mut tar = HashingReader::new(decompressed(&layer.media_type, compressed).map_err(unreadable)?);
    let broken = |source| BaseError::Tar { digest: layer.digest.clone(), source };
    let tree = members(&mut tar).map_err(broken)?;
    // A tar may be padded after its end; every byte counts for the digests.
    io::copy(&mut tar, &mut io::sink()).map_err(unreadable)?;
    let (decompressed, diff_id) = tar.finish_with();
    let mut compressed = decompressed.into_inner();
    io::copy(&mut compressed, &mut io::sink()).map_err(unreadable)?;
    let (copying, found) = compressed.finish_with();
    if found != layer.digest {
        return Err(BlobError::Content { digest: layer.digest.clone(), found }.into());
    }
    if diff_id != layer.diff_id {
        let (digest, stated) = (layer.digest.clone(), layer.diff_id.clone());
        return Err(BaseError::DiffId { digest, stated, found: diff_id });
    }
    if let Some(copy) = copying.copy {
        copy.finish().map_err(|source| BaseError::Cache { source })?;
    }
    Ok(tree)
}

fn members(tar: &mut impl Read) -> Result<LayerTree, TarError> {
    let mut tree = LayerTree::default();
    let mut members = Members::new(tar);
    let mut count = 0;
    while let Some(member) = members.next()? {
        count += 1;
        if count > MOST_MEMBERS {
            return Err(TarError::TooMany { most: MOST_MEMBERS });
        }
        note(&mut tree, member, &mut members)?;
    }
    Ok(tree)
}

fn note(tree: &mut LayerTree, member: Member, content: &mut impl Read) -> Result<(), TarError> {
    let Member { path, mode, uid, gid, size, capability, kind } = member;
    let kind = match kind {
        MemberKind::Whiteout => {
            tree.whiteouts.insert(path);
            return Ok(());
        }
        MemberKind::Opaque => {
            tree.opaques.insert(path);
            return Ok(());
        }
        MemberKind::Hardlink { target } => {
            forget(tree, &path);
            match tree.nodes.get(&target).cloned() {
                Some(node) => {
                    if let Some(text) = tree.texts.get(&target).filter(|_| is_kept(&path)).cloned() {
                        tree.texts.insert(path.clone(), text);
                    }
                    tree.nodes.insert(path, node);
                }
                None => {
                    tree.links.insert(path, target);
                }
            }
            return Ok(());
        }
        MemberKind::Directory => NodeKind::Directory,
        MemberKind::Symlink { target } => NodeKind::Symlink { target },
        MemberKind::Device { block, major, minor } => NodeKind::Device { block, major, minor },
        MemberKind::Fifo => NodeKind::Fifo,
        MemberKind::File => {
            forget(tree, &path);
            file(tree, &path, size, content)?
        }
    };
    if kind != NodeKind::Directory {
        tree.links.remove(&path);
    }
    tree.nodes.insert(path, Node { mode, uid, gid, capability, kind });
    Ok(())
}

/// A later member of the same name takes an earlier one's place.
fn forget(tree: &mut LayerTree, path: &ImagePath) {
    tree.texts.remove(path);
    tree.links.remove(path);
    tree.nodes.remove(path);
}

fn file(
    tree: &mut LayerTree,
    path: &ImagePath,
    size: u64,
    content: &mut impl Read,
) -> Result<NodeKind, TarError> {
    let mut reader = HashingReader::new(content);
    let mut kept = Vec::new();
    reader.by_ref().take(elf::MAGIC.len() as u64).read_to_end(&mut kept)?;
    let is_elf = kept == elf::MAGIC && size <= elf::MOST_BYTES;
    let is_text = is_kept(path) && size <= MOST_TEXT;
    if is_elf || is_text {
        reader.read_to_end(&mut kept)?;
    } else {
        io::copy(&mut reader, &mut io::sink())?;
    }
    if is_text {
        tree.texts.insert(path.clone(), String::from_utf8_lossy(&kept).into_owned());
    }
    let elf = if is_elf { Elf::parse(&kept).map(Box::new) } else { None };
    Ok(NodeKind::File { size, digest: reader.finish(), elf })
}

/// A blob that is copied as it is read.
struct Copying {
    blob: File,
    copy: Option<BlobWriter>,
}

impl Read for Copying {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.blob.read(buffer)?;
        if let Some(copy) = &mut self.copy {
            copy.write_all(&buffer[..read])?;
        }
        Ok(read)
    }
}

type Compressed = HashingReader<Copying>;

/// A layer's tar, whatever its compression.
enum Decompressed {
    Gzip(flate2::bufread::MultiGzDecoder<BufReader<Compressed>>),
    Zstd(zstd::Decoder<'static, BufReader<Compressed>>),
    Plain(BufReader<Compressed>),
}

fn decompressed(media_type: &MediaType, compressed: Compressed) -> io::Result<Decompressed> {
    const BUFFER: usize = 256 << 10;
    let buffered = BufReader::with_capacity(BUFFER, compressed);
    let text = media_type.to_string();
    Ok(if text.ends_with("gzip") {
        Decompressed::Gzip(flate2::bufread::MultiGzDecoder::new(buffered))
    } else if text.ends_with("zstd") {
        let mut decoder = zstd::Decoder::with_buffer(buffered)?;
        // 128 MiB, zstd's own limit: a lying frame does not fill the memory.
        decoder.window_log_max(27)?;
        Decompressed::Zstd(decoder)
    } else {
        Decompressed::Plain(buffered)
    })
}

impl Decompressed {
    fn into_inner(self) -> Compressed {
        match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(decoder) => decoder.finish(),
            Self::Plain(reader) => reader,
        }
        .into_inner()
    }
}

impl Read for Decompressed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Zstd(decoder) => decoder.read(buffer),
            Self::Plain(reader) => reader.read(buffer),
        }
    }
}
