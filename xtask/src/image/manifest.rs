//! The image's manifest: the base's descriptors as they are, then ours, and annotations that say what
//! it was built on.

use std::collections::HashMap;

use oci_spec::image::{
    ANNOTATION_BASE_IMAGE_DIGEST, ANNOTATION_BASE_IMAGE_NAME, ANNOTATION_TITLE, ANNOTATION_VERSION,
    Descriptor, DescriptorBuilder, ImageManifest, ImageManifestBuilder, MediaType, PlatformBuilder,
    SCHEMA_VERSION,
};

use super::layers::WrittenLayer;
use super::{NativeError, Settings};
use crate::base::Base;
use crate::plan::Plan;
use lapstrake_oci::Digest;

/// The manifest; its annotations are in a hash map, so what writes it has to sort.
pub(super) fn extend(
    plan: &Plan,
    base: &Base,
    config: &(Digest, u64),
    written: &[WrittenLayer],
    settings: Settings,
) -> Result<ImageManifest, NativeError> {
    let mut layers: Vec<Descriptor> = base.manifest.layers().clone();
    for layer in written {
        let written = &layer.written;
        layers.push(describe(settings.compression.media_type(), &written.digest, written.size)?);
    }
    let mut annotations: HashMap<String, String> = base.manifest.annotations().clone().unwrap_or_default();
    annotations.insert(ANNOTATION_TITLE.to_owned(), plan.name.to_string());
    annotations.insert(ANNOTATION_BASE_IMAGE_NAME.to_owned(), base.portable_name());
    annotations.insert(ANNOTATION_BASE_IMAGE_DIGEST.to_owned(), plan.base.digest.to_string());
    if let Some(version) = &plan.version {
        annotations.insert(ANNOTATION_VERSION.to_owned(), version.clone());
    }
    ImageManifestBuilder::default()
        .schema_version(SCHEMA_VERSION)
        .media_type(MediaType::ImageManifest)
        .config(describe(MediaType::ImageConfig, &config.0, config.1)?)
        .layers(layers)
        .annotations(annotations)
        .build()
        .map_err(NativeError::Descriptor)
}

/// The descriptor of the manifest, for the layout's index.
pub(super) fn descriptor(digest: &Digest, size: u64, base: &Base) -> Result<Descriptor, NativeError> {
    let platform = PlatformBuilder::default()
        .architecture(base.architecture.as_str())
        .os("linux")
        .build()
        .map_err(NativeError::Descriptor)?;
    let mut descriptor = describe(MediaType::ImageManifest, digest, size)?;
    descriptor.set_platform(Some(platform));
    Ok(descriptor)
}

fn describe(media_type: MediaType, digest: &Digest, size: u64) -> Result<Descriptor, NativeError> {
    DescriptorBuilder::default()
        .media_type(media_type)
        .digest(digest.to_oci())
        .size(size)
        .build()
        .map_err(NativeError::Descriptor)
}
