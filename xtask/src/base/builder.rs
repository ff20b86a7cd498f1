//! A builder image: one to compile in, of which nothing goes into the image. It is found and pinned as a
//! base is, but not read: an engine takes it from where it is.

use lapstrake::TransportRef;
use lapstrake::value::Architecture;

use super::cache::Cache;
use super::image::{self, ImageDocuments, Places};
use super::local_image::LocalImage;
use super::{BaseError, BaseRequest, Found, archive, layout, registry, storage};
use lapstrake_oci::Digest;

/// The digest of a builder image; in podman's storage that of its config, which is its id there.
pub(crate) fn builder(
    place: &TransportRef,
    demand: BaseRequest<'_>,
    cache: &Cache,
) -> Result<Digest, BaseError> {
    let wanted = demand.architecture;
    match (place, demand.pinned) {
        // What is pinned is asked of nobody: the engine has it, or fetches it by its digest.
        (TransportRef::Registry(_), Some(pinned)) => Ok(pinned.clone()),
        (TransportRef::Registry(reference), None) => registry::resolve(reference, demand, cache),
        (TransportRef::ContainersStorage(reference), pinned) => {
            storage::id(&pinned.map_or_else(|| reference.canonical(), Digest::hex))
        }
        (TransportRef::Oci { tag, .. } | TransportRef::OciArchive { tag, .. }, pinned) => {
            let found = listed(place, cache)?;
            let places = Places([&found.blobs, cache.blobs()]);
            let descriptor = found.manifests.find(tag.as_deref(), wanted.or_else(Architecture::host));
            let descriptor =
                image::select(places, descriptor.map_err(BaseError::Layout)?, wanted, cache.progress())?;
            let digest = descriptor.parse_digest().map_err(BaseError::Listed)?;
            match pinned.filter(|pinned| **pinned != digest) {
                Some(pinned) if image::pinned(places, pinned).is_none() => Err(BaseError::Moved {
                    reference: place.to_string(),
                    pinned: pinned.clone(),
                    found: digest,
                }),
                held => Ok(held.cloned().unwrap_or(digest)),
            }
        }
        (TransportRef::StandIn, _) => Err(BaseError::NoCompiler),
    }
}

/// The image of that digest at a place that is a folder or a file.
pub(crate) fn lone_image(
    place: &TransportRef,
    digest: &Digest,
    cache: &Cache,
) -> Result<LocalImage, BaseError> {
    let found = listed(place, cache)?;
    let places = Places([&found.blobs, cache.blobs()]);
    let descriptor = image::pinned(places, digest).ok_or_else(|| BaseError::Moved {
        reference: place.to_string(),
        pinned: digest.clone(),
        found: digest.clone(),
    })?;
    let ImageDocuments { descriptor, manifest, is_oci, .. } = image::read(places, descriptor, None)?;
    Ok(LocalImage { descriptor, manifest, is_oci, blobs: found.blobs })
}

fn listed(place: &TransportRef, cache: &Cache) -> Result<Found, BaseError> {
    match place {
        TransportRef::Oci { dir, .. } => layout::find(dir),
        TransportRef::OciArchive { file, .. } => archive::find(file, cache, false),
        TransportRef::Registry(_) | TransportRef::ContainersStorage(_) | TransportRef::StandIn => {
            Err(BaseError::NoCompiler)
        }
    }
}
