//! The base: found by its transport, verified to the last byte, frozen, and indexed. What is read once
//! is kept in the user's cache, so that a second build never reads a layer again.

mod cache;
mod elf;
mod error;
mod index;
mod merge;
mod read;
mod select;
mod stand_in;
mod tarball;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::str::FromStr;
use std::sync::Mutex;
use std::thread;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::Location;
use lapstrake::value::Architecture;
use oci_spec::image::{Descriptor, DescriptorBuilder, ImageIndex, ImageManifest, MediaType};
use serde_json::Value;

pub(crate) use cache::Cache;
pub(crate) use error::BaseError;
pub(crate) use index::{BaseIndex, Node, NodeKind};

use crate::oci::{self, Blobs, Digest, Layout};
use crate::parallel;
use crate::progress::Progress;

/// A base that was opened and verified.
#[derive(Debug)]
pub(crate) struct Base {
    /// As the description names it.
    pub(crate) location: Location,
    /// The digest of the image's manifest.
    pub(crate) digest: Digest,
    pub(crate) architecture: Architecture,
    /// The manifest's own descriptor.
    pub(crate) descriptor: Descriptor,
    /// The manifest, with the media types of the OCI image spec.
    pub(crate) manifest: ImageManifest,
    /// The config, with all its fields, known to us or not.
    pub(crate) config: Value,
    pub(crate) layers: Vec<BaseLayer>,
    pub(crate) index: BaseIndex,
}

/// A layer of a base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseLayer {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) diff_id: Digest,
    pub(crate) media_type: MediaType,
}

impl Base {
    /// A label of the base's config.
    pub(crate) fn label(&self, key: &str) -> Option<&str> {
        self.config["config"]["Labels"][key].as_str()
    }

    /// The user of the base's config, where it names one.
    pub(crate) fn user(&self) -> Option<&str> {
        self.config["config"]["User"].as_str().filter(|user| !user.is_empty())
    }

    /// The base's name as it may stand in an image: of a path only the last part, for where a folder is
    /// must not show in a digest.
    pub(crate) fn portable_name(&self) -> String {
        let last = |path: &Utf8Path| Utf8PathBuf::from(path.file_name().unwrap_or_default());
        match &self.location {
            Location::Oci { dir, tag } => Location::Oci { dir: last(dir), tag: tag.clone() },
            Location::OciArchive { file, tag } => Location::OciArchive { file: last(file), tag: tag.clone() },
            Location::Registry(reference) | Location::ContainersStorage(reference) => {
                return reference.to_string();
            }
            Location::StandIn => Location::StandIn,
        }
        .to_string()
    }

    /// Every blob of the base, the manifest first.
    pub(crate) fn blobs(&self) -> Vec<(Digest, u64)> {
        let config = self.manifest.config();
        let config = Digest::from_str(config.digest().as_ref()).ok().map(|digest| (digest, config.size()));
        let layers = self.layers.iter().map(|layer| (layer.digest.clone(), layer.size));
        std::iter::once((self.digest.clone(), self.descriptor.size())).chain(config).chain(layers).collect()
    }
}

/// Opens the base at `place`; `location` is its name in messages and annotations. A pinned digest is
/// taken even where the tag has moved on, as long as it can still be had.
pub(crate) fn open(
    place: &Location,
    location: &Location,
    wanted: Option<Architecture>,
    pinned: Option<&Digest>,
    cache: &Cache,
    progress: &Progress,
) -> Result<Base, BaseError> {
    let (found, source) = find(place, wanted, cache)?;
    let now = Digest::from_str(found.digest().as_ref())?;
    let descriptor = match pinned {
        Some(pin) if *pin != now && *place != Location::StandIn => {
            let Some(size) = [&source, cache.blobs()].iter().find_map(|blobs| blobs.size(pin)) else {
                return Err(BaseError::Moved { pinned: pin.clone(), found: now });
            };
            progress.status("Pinned", format_args!("{location} to {pin}; its tag is at {now} now"));
            describe(pin, size)?
        }
        _ => found,
    };
    read(descriptor, location, &source, cache, progress)
}

/// The descriptor that a place names now, and where its blobs are.
fn find(
    place: &Location,
    wanted: Option<Architecture>,
    cache: &Cache,
) -> Result<(Descriptor, Blobs), BaseError> {
    match place {
        Location::Oci { dir, tag } => {
            let layout = Layout::open(dir)?;
            let image = select::select(&layout.manifests()?, layout.blobs(), tag.as_deref(), wanted)?;
            Ok((image, layout.blobs().clone()))
        }
        Location::OciArchive { file, tag } => {
            let index = import(file, cache)?;
            let image = select::select(index.manifests(), cache.blobs(), tag.as_deref(), wanted)?;
            Ok((image, cache.blobs().clone()))
        }
        Location::StandIn => {
            let architecture = wanted.or_else(Architecture::host).ok_or(BaseError::Host)?;
            let (digest, size) = stand_in::write(architecture, cache)?;
            Ok((describe(&digest, size)?, cache.blobs().clone()))
        }
        Location::Registry(_) | Location::ContainersStorage(_) => {
            Err(BaseError::NotYet { place: place.to_string() })
        }
    }
}

/// The index of an archive; one that has not changed is not read again.
fn import(file: &Utf8Path, cache: &Cache) -> Result<ImageIndex, BaseError> {
    let unreadable = |source| BaseError::Archive(oci::ArchiveError::Read { path: file.to_owned(), source });
    let metadata = fs::metadata(file).map_err(unreadable)?;
    let absolute = file.canonicalize_utf8().map_err(unreadable)?;
    let (size, mtime, ctime) = (metadata.size(), metadata.mtime_nsec(), metadata.ctime());
    let stamp = format!("{absolute}\0{size}\0{}\0{mtime}\0{ctime}\0{}", metadata.mtime(), metadata.ino());
    let name = format!("archive-{}", Digest::of(stamp.as_bytes()).hex());
    if let Some(index) = cache.note::<ImageIndex>(&name) {
        let digests =
            index.manifests().iter().map(|image| (Digest::from_str(image.digest().as_ref()), image.size()));
        if digests
            .into_iter()
            .all(|(digest, size)| digest.is_ok_and(|digest| cache.blobs().has(&digest, size)))
        {
            return Ok(index);
        }
    }
    let index = oci::import(file, cache.blobs())?;
    cache.keep_note(&name, &index)?;
    Ok(index)
}

fn describe(digest: &Digest, size: u64) -> Result<Descriptor, BaseError> {
    let descriptor =
        DescriptorBuilder::default().media_type(MediaType::ImageManifest).digest(digest.to_oci()).size(size);
    descriptor.build().map_err(|source| BaseError::Document { digest: digest.clone(), source })
}

fn read(
    descriptor: Descriptor,
    location: &Location,
    source: &Blobs,
    cache: &Cache,
    progress: &Progress,
) -> Result<Base, BaseError> {
    let digest = Digest::from_str(descriptor.digest().as_ref())?;
    let bytes = document(&digest, descriptor.size(), source, cache)?;
    let document_error = |source| BaseError::Document { digest: digest.clone(), source };
    let mut manifest = ImageManifest::from_reader(&bytes[..]).map_err(document_error)?;
    normalize(&mut manifest);
    let config = manifest.config();
    let config_digest = Digest::from_str(config.digest().as_ref())?;
    let config = document(&config_digest, config.size(), source, cache)?;
    let config: Value = serde_json::from_slice(&config)
        .map_err(|source| BaseError::Config { digest: config_digest.clone(), source })?;
    let architecture = config["architecture"].as_str().unwrap_or_default();
    let architecture = Architecture::parse(architecture).map_err(BaseError::Architecture)?;
    let layers = layers(&manifest, &config, &config_digest)?;
    let index = index(&digest, &layers, source, cache, location, progress)?;
    Ok(Base { location: location.clone(), digest, architecture, descriptor, manifest, config, layers, index })
}

/// A small blob of the base, from the cache or into it.
fn document(digest: &Digest, size: u64, source: &Blobs, cache: &Cache) -> Result<Vec<u8>, BaseError> {
    let kept = cache.blobs();
    if kept.has(digest, size) {
        return Ok(kept.document(digest, size)?);
    }
    let bytes = source.document(digest, size)?;
    kept.put(&bytes).map_err(|source| BaseError::Cache { source })?;
    Ok(bytes)
}

/// Docker's media types name the same bytes as OCI's, and an OCI manifest can't name Docker's.
fn normalize(manifest: &mut ImageManifest) {
    let layers = manifest.layers().iter().cloned().map(|mut layer| {
        if layer.media_type().to_string().starts_with("application/vnd.docker.image.rootfs.diff.tar") {
            let gzip = layer.media_type().to_string().ends_with("gzip");
            layer.set_media_type(if gzip { MediaType::ImageLayerGzip } else { MediaType::ImageLayer });
        }
        layer
    });
    manifest.set_layers(layers.collect());
}

fn layers(
    manifest: &ImageManifest,
    config: &Value,
    config_digest: &Digest,
) -> Result<Vec<BaseLayer>, BaseError> {
    let diff_ids = config["rootfs"]["diff_ids"].as_array().map(Vec::as_slice).unwrap_or_default();
    if diff_ids.len() != manifest.layers().len() {
        let (config, layers, diff_ids) = (config_digest.clone(), manifest.layers().len(), diff_ids.len());
        return Err(BaseError::Count { config, layers, diff_ids });
    }
    let pairs = manifest.layers().iter().zip(diff_ids);
    let layer = |(layer, diff_id): (&Descriptor, &Value)| {
        Ok(BaseLayer {
            digest: Digest::from_str(layer.digest().as_ref())?,
            size: layer.size(),
            diff_id: Digest::from_str(diff_id.as_str().unwrap_or_default())?,
            media_type: layer.media_type().clone(),
        })
    };
    pairs.map(layer).collect()
}

/// The index of the base, and every layer of it in the cache.
fn index(
    manifest: &Digest,
    layers: &[BaseLayer],
    source: &Blobs,
    cache: &Cache,
    location: &Location,
    progress: &Progress,
) -> Result<BaseIndex, BaseError> {
    if layers.iter().all(|layer| cache.blobs().has(&layer.digest, layer.size)) {
        if let Some(index) = cache.index(manifest) {
            return Ok(index);
        }
    }
    progress.status("Reading", format_args!("{location}: {} layers, once", layers.len()));
    let _working = progress.working(format!("reading {location}"));
    let trees = Mutex::new(BTreeMap::new());
    parallel::each(layers.iter().enumerate(), thread::available_parallelism(), |(position, layer)| {
        let tree = read::read(layer, source, cache.blobs())?;
        if let Ok(mut trees) = trees.lock() {
            trees.insert(position, tree);
        }
        Ok::<_, BaseError>(())
    })?;
    let mut index = BaseIndex::default();
    for (position, tree) in trees.into_inner().unwrap_or_default() {
        merge::merge(&mut index, tree).map_err(|no_target| BaseError::Tar {
            digest: layers[position].digest.clone(),
            source: tarball::TarError::NoTarget {
                member: no_target.link.to_string(),
                target: no_target.target.to_string(),
            },
        })?;
    }
    cache.keep_index(manifest, &index)?;
    Ok(index)
}
