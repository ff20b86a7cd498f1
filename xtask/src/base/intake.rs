//! Takes a base's layers into the cache. Each is read once: what passes is verified, kept, decompressed,
//! verified again as a tar, and indexed.

use std::collections::HashMap;
use std::fs;
use std::io::{self, BufReader, Read, Sink, Take, Write};
use std::num::NonZero;
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread;

use super::file::File;
use super::image::{ImageDocuments, Places};
use super::index::BaseIndex;
use super::layer;
use super::{BaseError, BaseLayer};
use crate::support::parallel;
use crate::support::small_map::SmallMap;
use crate::support::transfer::Transfer;
use lapstrake_oci::tar::MemberError;
use lapstrake_oci::tree::Changes;
use lapstrake_oci::{BlobError, BlobWriter, Blobs, Budget, Decompressor, HashingReader, HashingWriter};

const BUFFER: usize = 256 << 10;
/// No more layers than so many are read at once, because each needs memory.
const THREADS: NonZero<usize> = NonZero::new(4).expect("4 is not 0");
const UNPOISONED: &str = "no thread panics while it holds the trees";

/// Takes in an image, several layers at once, and gives its index. What it is does not depend on how
/// many. With `borrows`, nothing of it is kept, because its blobs stay where they are.
pub(super) fn intake(
    image: &ImageDocuments,
    places: Places<'_>,
    cache: &Blobs,
    borrows: bool,
    transfer: &Transfer,
) -> Result<BaseIndex, BaseError> {
    let documents = if borrows { &[][..] } else { &image.bytes[..] };
    for (bytes, digest) in documents.iter().zip([&image.digest, &image.config_digest]) {
        let kept = cache.put(bytes);
        kept.map_err(|source| BlobError::Write { digest: digest.clone(), source })?;
    }
    let trees = Mutex::new(SmallMap::new());
    let different: HashMap<_, _> = image.layers.iter().map(|layer| (&layer.digest, layer.size)).collect();
    let budget = Budget::of_image(different.values().fold(0, |sum, size| sum.saturating_add(*size)));
    let limits = Limits { budget: &budget, wide: &RwLock::new(()), borrows };
    let threads = thread::available_parallelism().map(|threads| threads.min(THREADS));
    parallel::each(image.layers.iter().enumerate(), threads, |(number, layer)| {
        let tree = take(layer, places, cache, limits, transfer)?;
        trees.lock().expect(UNPOISONED).insert(number, tree);
        Ok::<_, BaseError>(())
    })?;
    let trees = trees.into_inner().expect(UNPOISONED).into_values();
    BaseIndex::of(trees, budget.nodes()).map_err(|(number, source)| {
        let digest = image.layers[number].digest.clone();
        BaseError::Layer { digest, source }
    })
}

/// What all layers of an image share.
#[derive(Clone, Copy)]
struct Limits<'a> {
    budget: &'a Budget,
    /// A layer that needs much memory to decompress is read while no other is.
    wide: &'a RwLock<()>,
    /// Whether the blobs stay where they are.
    borrows: bool,
}

fn take(
    layer: &BaseLayer,
    places: Places<'_>,
    cache: &Blobs,
    limits: Limits<'_>,
    transfer: &Transfer,
) -> Result<Changes<File>, BaseError> {
    let digest = &layer.digest;
    let writing = |source| BlobError::Write { digest: digest.clone(), source };
    let source = places.of(digest, layer.size).reader(digest, layer.size)?;
    let keep = if limits.borrows || cache.has(digest, layer.size) {
        Keep::Already(HashingWriter::new(io::sink()))
    } else {
        Keep::Now(cache.writer().map_err(writing)?)
    };
    let mut blob = Blob { source: source.take(layer.size), keep, transfer };
    let read = read(layer, &mut blob, limits);
    // A blob that is not itself explains whatever is wrong in it.
    io::copy(&mut blob, &mut io::sink())
        .map_err(|source| BlobError::Read { digest: digest.clone(), source })?;
    blob.keep.finish(layer)?;
    read
}

fn read(layer: &BaseLayer, blob: &mut Blob<'_>, limits: Limits<'_>) -> Result<Changes<File>, BaseError> {
    let failed = |source| BaseError::Layer { digest: layer.digest.clone(), source };
    let unreadable = |source| failed(MemberError::Read(source).into());
    let tar = Decompressor::new(BufReader::with_capacity(BUFFER, blob)).map_err(unreadable)?.limited();
    let (_alone, _shared);
    if tar.is_wide() {
        _alone = limits.wide.write().unwrap_or_else(PoisonError::into_inner);
    } else {
        _shared = limits.wide.read().unwrap_or_else(PoisonError::into_inner);
    }
    // Headers are read block by block, which a decompressor is slow at.
    let mut tar = HashingReader::new(BufReader::with_capacity(BUFFER, tar));
    let tree = layer::read_within(&mut tar, limits.budget).map_err(failed)?;
    io::copy(&mut tar, &mut io::sink()).map_err(unreadable)?;
    let found = tar.finish();
    if found == layer.diff_id {
        return Ok(tree);
    }
    Err(BaseError::DiffId { digest: layer.digest.clone(), expected: layer.diff_id.clone(), found })
}

/// A blob on its way through, every byte of which is kept or at least hashed.
struct Blob<'a> {
    source: Take<fs::File>,
    keep: Keep,
    transfer: &'a Transfer,
}

enum Keep {
    Now(BlobWriter),
    Already(HashingWriter<Sink>),
}

impl Read for Blob<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        match &mut self.keep {
            Keep::Now(writer) => writer.write_all(&buffer[..count])?,
            Keep::Already(hash) => hash.write_all(&buffer[..count])?,
        }
        self.transfer.add(count as u64);
        Ok(count)
    }
}

impl Keep {
    fn finish(self, layer: &BaseLayer) -> Result<(), BlobError> {
        let (digest, expected) = (layer.digest.clone(), layer.size);
        match self {
            Self::Now(writer) => writer.finish_as(&digest, expected),
            Self::Already(hash) => match hash.finish() {
                (_, _, found) if found != expected => Err(BlobError::Size { digest, expected, found }),
                (_, found, _) if found != digest => Err(BlobError::Content { digest, found }),
                _ => Ok(()),
            },
        }
    }
}
