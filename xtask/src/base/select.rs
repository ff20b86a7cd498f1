//! Which image of a layout is meant: by tag, and by architecture where there are several.

use std::str::FromStr;

use lapstrake::value::Architecture;
use oci_spec::image::{Descriptor, ImageIndex, MediaType};

use super::BaseError;
use crate::oci::{Blobs, Digest, REF_NAME};

/// The image manifest that `tag` and `wanted` select. Without a tag the layout must hold one image.
pub(super) fn select(
    manifests: &[Descriptor],
    blobs: &Blobs,
    tag: Option<&str>,
    wanted: Option<Architecture>,
) -> Result<Descriptor, BaseError> {
    let name = |image: &Descriptor| image.annotations().as_ref()?.get(REF_NAME).cloned();
    let tagged: Vec<_> =
        manifests.iter().filter(|image| tag.is_none() || name(image).as_deref() == tag).collect();
    let known = || manifests.iter().filter_map(name).collect();
    match (&tagged[..], tag) {
        ([], Some(tag)) => Err(BaseError::NoTag { tag: tag.to_owned(), known: known() }),
        ([], None) => Err(BaseError::Empty),
        ([image], _) => of_architecture(image, blobs, wanted),
        (several, None) if several.iter().all(|image| name(image).is_none()) => {
            choose(&several.iter().map(|image| (*image).clone()).collect::<Vec<_>>(), wanted)
        }
        (_, None) => Err(BaseError::Several { known: known() }),
        (several, Some(_)) => {
            choose(&several.iter().map(|image| (*image).clone()).collect::<Vec<_>>(), wanted)
        }
    }
}

fn of_architecture(
    image: &Descriptor,
    blobs: &Blobs,
    wanted: Option<Architecture>,
) -> Result<Descriptor, BaseError> {
    if !is_index(image.media_type()) {
        return Ok(image.clone());
    }
    let digest = Digest::from_str(image.digest().as_ref())?;
    let bytes = blobs.document(&digest, image.size())?;
    let index =
        ImageIndex::from_reader(&bytes[..]).map_err(|source| BaseError::Document { digest, source })?;
    choose(index.manifests(), wanted)
}

fn is_index(media_type: &MediaType) -> bool {
    const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    *media_type == MediaType::ImageIndex || media_type.to_string() == DOCKER_LIST
}

fn choose(images: &[Descriptor], wanted: Option<Architecture>) -> Result<Descriptor, BaseError> {
    let platform = |image: &Descriptor| {
        image
            .platform()
            .as_ref()
            .map(|platform| (platform.os().to_string(), platform.architecture().to_string()))
    };
    let wanted = wanted.or_else(Architecture::host);
    let of = |image: &&Descriptor| {
        platform(image)
            .is_some_and(|(os, on)| os == "linux" && Some(on.as_str()) == wanted.map(Architecture::as_str))
    };
    images.iter().find(of).cloned().ok_or_else(|| BaseError::NoArchitecture {
        wanted: wanted.map_or("unknown", Architecture::as_str),
        known: images.iter().filter_map(platform).map(|(os, on)| format!("{os}/{on}")).collect(),
    })
}
