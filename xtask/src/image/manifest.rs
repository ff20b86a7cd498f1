//! The image's manifest: the descriptors of the base as they are, then those of the image's own layers, and
//! annotations that name what it was built on.

use lapstrake_oci::{Descriptor, Digest, Manifest, MediaType, Platform};

use super::Settings;
use super::layers::WrittenLayer;
use crate::base::Base;
use crate::plan::Plan;

/// Annotations of the OCI image spec (annotations.md).
const TITLE: &str = "org.opencontainers.image.title";
const VERSION: &str = "org.opencontainers.image.version";
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

/// Returns the manifest of `plan` on its base, with `written` above the base's layers.
pub(super) fn extend(
    plan: &Plan,
    base: &Base,
    config: &(Digest, u64),
    written: &[WrittenLayer],
    settings: Settings,
) -> Manifest {
    let mut layers = base.manifest.layers.clone();
    layers.extend(written.iter().map(|WrittenLayer { written, .. }| {
        Descriptor::new(settings.compression.media_type(), written.size, &written.digest)
    }));
    let mut annotations = base.manifest.annotations.clone().unwrap_or_default();
    let mut annotate = |key: &str, value| drop(annotations.insert(key.to_owned(), value));
    annotate(TITLE, plan.name.to_string());
    annotate(BASE_NAME, base.portable_name());
    annotate(BASE_DIGEST, plan.base.digest.to_string());
    if let Some(version) = &plan.version {
        annotate(VERSION, version.clone());
    }
    let config = Descriptor::new(MediaType::ImageConfig, config.1, &config.0);
    let mut manifest = Manifest::new(config, layers);
    manifest.annotations = Some(annotations);
    manifest
}

/// Returns the descriptor of the manifest, for the layout's index.
pub(super) fn descriptor(digest: &Digest, size: u64, base: &Base) -> Descriptor {
    let mut descriptor = Descriptor::new(MediaType::ImageManifest, size, digest);
    descriptor.platform = Some(Platform::linux(base.architecture.as_str()));
    descriptor
}
