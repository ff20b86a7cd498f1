//! The base that an image is built on: found by its transport, verified to the last byte, frozen, and
//! indexed once. Opened a second time it costs a few small files.
//!
//! A transport says which images a place lists and where its blobs are, and nothing more: [`layout`],
//! [`archive`], [`registry`], [`storage`], [`stand_in`]. The rest is the same for all of them.

mod archive;
mod builder;
mod cache;
mod capture;
mod config;
mod content;
mod elf;
mod error;
mod file;
#[cfg(any(test, feature = "__fuzz"))]
mod fuzz;
mod image;
mod index;
mod intake;
mod layer;
mod layout;
mod listing;
mod local_image;
mod package_owners;
mod registry;
mod repo_digest;
mod stand_in;
mod storage;
#[cfg(test)]
mod tests;
mod transport;

use std::sync::Arc;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::TransportRef;
use lapstrake::value::Architecture;
use lapstrake_oci::{Descriptor, Manifest, MediaType};
use serde_json::Value;

pub(crate) use builder::{builder, lone_image};
pub(crate) use cache::Cache;
pub(crate) use capture::{ELF_MAX, TEXT_MAX, wants_text};
pub(crate) use content::{keep_content, keep_contents, read_contents};
pub(crate) use elf::{Elf, MAGIC};
pub(crate) use error::BaseError;
pub(crate) use file::{File, FileFacts, Node, facts};
pub(crate) use index::BaseIndex;
pub(crate) use layer::read as read_layer;
pub(crate) use package_owners::PackageOwners;
#[cfg(test)]
pub(crate) use stand_in::{Library, Wanted, stand_in_tar};
#[cfg(test)]
pub(crate) use tests::fixture;
#[cfg(any(test, feature = "__fuzz"))]
pub(crate) use {fuzz::read_images, stand_in::StandIn};

use self::image::{ImageDocuments, Places};
use crate::support::parallel;
use crate::support::progress::Progress;
use crate::support::transfer::Transfer;
use lapstrake_oci::{Blobs, Digest, Manifests};

/// A base that can be built on: all of it is in the cache.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    /// As it was described.
    pub(crate) location: TransportRef,
    /// Of the manifest.
    pub(crate) digest: Digest,
    pub(crate) descriptor: Descriptor,
    pub(crate) architecture: Architecture,
    /// With OCI's media types, whichever the blob has.
    pub(crate) manifest: Manifest,
    /// Whether the blob has them too.
    pub(crate) is_oci: bool,
    /// The config with every field it has, known to us or not.
    pub(crate) config: Value,
    pub(crate) layers: Vec<BaseLayer>,
    pub(crate) index: Arc<BaseIndex>,
    /// What the location stands for now; another image than this one where a pin holds it.
    pub(crate) resolved_now: Digest,
}

/// A layer of a base.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BaseLayer {
    pub(crate) digest: Digest,
    /// Of the blob, in bytes.
    pub(crate) size: u64,
    pub(crate) diff_id: Digest,
    pub(crate) media_type: MediaType,
}

/// What is asked of a place.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BaseRequest<'a> {
    /// The architecture that is taken of an image for several; by default the host's.
    pub(crate) architecture: Option<Architecture>,
    /// The base is the image of that digest, even if the place lists another one by now.
    pub(crate) pinned: Option<&'a Digest>,
    /// No registry is asked.
    pub(crate) offline: bool,
    /// The image is compared only, under that name. The place keeps its blobs, and the cache gets the index alone.
    pub(crate) compared: Option<&'a str>,
}

/// What a transport finds at a place.
struct Found {
    manifests: Manifests,
    blobs: Blobs,
}

impl Base {
    /// Its name as it may be in an image: of a path only the last part, because where a folder is must
    /// not show in a digest.
    pub(crate) fn portable_name(&self) -> String {
        let last = |path: &Utf8Path| Utf8PathBuf::from(path.file_name().unwrap_or_default());
        match &self.location {
            TransportRef::Oci { dir, tag } => {
                TransportRef::Oci { dir: last(dir), tag: tag.clone() }.to_string()
            }
            TransportRef::OciArchive { file, tag } => {
                TransportRef::OciArchive { file: last(file), tag: tag.clone() }.to_string()
            }
            TransportRef::Registry(reference) | TransportRef::ContainersStorage(reference) => {
                reference.to_string()
            }
            TransportRef::StandIn => TransportRef::StandIn.to_string(),
        }
    }

    /// Every blob it is made of: manifest, config, layers.
    #[cfg(test)]
    pub(crate) fn blobs(&self) -> impl Iterator<Item = (Digest, u64)> {
        let config = &self.manifest.config;
        let config = config.parse_digest().ok().map(|digest| (digest, config.size));
        let layers = self.layers.iter().map(|layer| (layer.digest.clone(), layer.size));
        [(self.digest.clone(), self.descriptor.size)].into_iter().chain(config).chain(layers)
    }
}

/// Opens the base at `place`, which was described as `location`.
pub(crate) fn open(
    place: &TransportRef,
    location: &TransportRef,
    demand: BaseRequest<'_>,
    cache: &Cache,
    progress: &Progress,
) -> Result<Base, BaseError> {
    let opened = open_once(place, location, demand, cache, progress, false);
    match (place, opened) {
        // An archive that was remembered, and whose blobs are gone.
        (TransportRef::OciArchive { .. }, Err(BaseError::Blob(_) | BaseError::Moved { .. })) => {
            open_once(place, location, demand, cache, progress, true)
        }
        (_, opened) => opened,
    }
}

fn open_once(
    place: &TransportRef,
    location: &TransportRef,
    demand: BaseRequest<'_>,
    cache: &Cache,
    progress: &Progress,
    again: bool,
) -> Result<Base, BaseError> {
    let BaseRequest { architecture: wanted, pinned, .. } = demand;
    let (found, tag) = match place {
        TransportRef::Registry(reference) => (registry::find(reference, demand, cache, progress)?, None),
        TransportRef::ContainersStorage(reference) => {
            (storage::find(reference, demand, cache, progress)?, None)
        }
        TransportRef::Oci { dir, tag } => (layout::find(dir)?, tag.as_deref()),
        TransportRef::OciArchive { file, tag } => (archive::find(file, cache, again)?, tag.as_deref()),
        TransportRef::StandIn => (stand_in::find(wanted, cache)?, None),
    };
    let places = Places([&found.blobs, cache.blobs()]);
    let listed = found.manifests.find(tag, wanted.or_else(Architecture::host)).map_err(BaseError::Layout)?;
    let listed = image::select(places, listed, wanted, progress)?;
    let resolved_now = listed.parse_digest().map_err(BaseError::Listed)?;
    let descriptor = match pinned {
        Some(pinned) if *pinned != resolved_now => {
            image::pinned(places, pinned).ok_or_else(|| BaseError::Moved {
                reference: location.to_string(),
                pinned: pinned.clone(),
                found: resolved_now.clone(),
            })?
        }
        _ => listed,
    };
    let image = image::read(places, descriptor, wanted)?;
    // The index is all that is compared.
    let borrows = demand.compared.is_some();
    let known = if borrows { cache.index(&image.digest) } else { kept(&image, cache) };
    let index = if let Some(index) = known {
        index
    } else {
        let layers = match image.layers.len() {
            1 => "1 layer".to_owned(),
            several => format!("{several} layers"),
        };
        let name = demand.compared.map_or_else(|| format!("base {location}"), |name| format!("image {name}"));
        progress.status("Indexing", format_args!("{name} ({layers})"));
        let transfer = Transfer::start(progress, "Reading", name, Some(image.layers_size()));
        let index = intake::intake(&image, places, cache.blobs(), borrows, &transfer)?;
        drop(transfer);
        cache.keep_index(&image.digest, &index)?;
        index
    };
    let ImageDocuments { descriptor, digest, architecture, manifest, is_oci, config, layers, .. } = image;
    let (location, index) = (location.clone(), Arc::new(index));
    Ok(Base {
        location,
        digest,
        descriptor,
        architecture,
        manifest,
        is_oci,
        config,
        layers,
        index,
        resolved_now,
    })
}

/// Returns the index of a base of which the cache has every blob.
fn kept(image: &ImageDocuments, cache: &Cache) -> Option<BaseIndex> {
    let blobs = cache.blobs();
    let documents =
        [(&image.digest, image.descriptor.size), (&image.config_digest, image.manifest.config.size)];
    let layers = image.layers.iter().map(|layer| (&layer.digest, layer.size));
    // A blob that is not known is read here, so that several are read at once.
    let all = parallel::each(documents.into_iter().chain(layers), thread::available_parallelism(), |part| {
        if blobs.has(part.0, part.1) { Ok(()) } else { Err(()) }
    });
    if all.is_ok() { cache.index(&image.digest) } else { None }
}
