//! From a descriptor to an image for one architecture: index, manifest and config, read and compared
//! with one another. Layers are not opened.

use std::collections::BTreeSet;

use lapstrake::value::Architecture;
use lapstrake_oci::{Descriptor, Index, Manifest, MediaType};
use serde_json::Value;

use super::{BaseError, BaseLayer};
use crate::support::progress::Progress;
use lapstrake_oci::{BlobError, Blobs, Digest};

/// Media types of bytes that are the same under another name: Docker's (Image Manifest V2, Schema 2), and OCI's
/// for layers that come from elsewhere, because a layer that was read is like any other. bootc deploys no others.
const SAME: [(&str, MediaType); 11] = [
    ("application/vnd.docker.distribution.manifest.list.v2+json", MediaType::ImageIndex),
    ("application/vnd.docker.distribution.manifest.v2+json", MediaType::ImageManifest),
    ("application/vnd.docker.container.image.v1+json", MediaType::ImageConfig),
    ("application/vnd.docker.image.rootfs.diff.tar", MediaType::ImageLayer),
    ("application/vnd.docker.image.rootfs.diff.tar.gzip", MediaType::ImageLayerGzip),
    ("application/vnd.docker.image.rootfs.diff.tar.zstd", MediaType::ImageLayerZstd),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar", MediaType::ImageLayer),
    ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MediaType::ImageLayerGzip),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar", MediaType::ImageLayer),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MediaType::ImageLayerGzip),
    ("application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MediaType::ImageLayerZstd),
];
/// No image has more layers: overlayfs mounts no more, and podman pulls no more.
const LAYERS_MAX: usize = 500;
/// No document has more values, names or elements; each needs up to 700 bytes of memory.
const VALUES_MAX: usize = 200_000;
/// Indexes within indexes are followed so far.
const DEPTH_MAX: usize = 4;

/// Where blobs are looked for: the place of the base first, then the cache.
#[derive(Clone, Copy)]
pub(super) struct Places<'a>(pub(super) [&'a Blobs; 2]);

impl<'a> Places<'a> {
    /// The blobs that have a blob; the first ones, to be named in the error, where none has.
    pub(super) fn of(self, digest: &Digest, size: u64) -> &'a Blobs {
        let [first, ..] = self.0;
        self.0.into_iter().find(|blobs| blobs.has(digest, size)).unwrap_or(first)
    }

    fn read(self, digest: &Digest, size: u64) -> Result<Vec<u8>, BlobError> {
        self.of(digest, size).read(digest, size)
    }

    /// The size of a blob whose digest alone is known.
    fn size(self, digest: &Digest) -> Option<u64> {
        self.0.into_iter().find_map(|blobs| blobs.size(digest))
    }
}

/// An image's documents.
#[derive(Debug)]
pub(super) struct ImageDocuments {
    pub(super) descriptor: Descriptor,
    pub(super) digest: Digest,
    pub(super) architecture: Architecture,
    /// With OCI's media types, whichever the blob has.
    pub(super) manifest: Manifest,
    /// Whether the blob has them too.
    pub(super) is_oci: bool,
    pub(super) config: Value,
    pub(super) config_digest: Digest,
    pub(super) layers: Vec<BaseLayer>,
    /// Manifest and config as they are, to be kept.
    pub(super) bytes: [Vec<u8>; 2],
}

impl ImageDocuments {
    /// Returns the bytes of all its layers, each blob once for each layer that has it.
    pub(super) fn layers_size(&self) -> u64 {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.size))
    }
}

/// The descriptor of the one image that `descriptor` stands for: itself, or of an index the one for
/// `wanted`, which is the host's where nothing else is asked for. Of several variants of an architecture it takes the
/// variant that runs on every machine, and prints so.
pub(super) fn select(
    places: Places<'_>,
    descriptor: &Descriptor,
    wanted: Option<Architecture>,
    progress: &Progress,
) -> Result<Descriptor, BaseError> {
    let mut descriptor = descriptor.clone();
    for _ in 0..DEPTH_MAX {
        let digest = descriptor.parse_digest().map_err(BaseError::Listed)?;
        if oci(&descriptor.media_type) != MediaType::ImageIndex {
            return Ok(descriptor);
        }
        let bytes = places.read(&digest, descriptor.size)?;
        let index: Index = document(&digest, &bytes)?;
        let (chosen, of) = entry(&digest, &index, wanted.or_else(Architecture::host))?;
        descriptor = chosen;
        if of.len() > 1 {
            let (taken, of) = (variant_name(&descriptor), of.join(", "));
            let digest = descriptor.digest.escape_debug();
            progress.status(
                "Choosing",
                format_args!("{taken} ({digest}) of {of}; a digest in the reference chooses another"),
            );
        }
    }
    let digest = descriptor.parse_digest().map_err(BaseError::Listed)?;
    Err(BaseError::MediaType { digest, media_type: "an index within indexes".to_owned() })
}

/// Returns the variant of a processor that an entry is for, as its publisher wrote it; without one the image runs on
/// every processor of its architecture.
fn variant(entry: &Descriptor) -> Option<&str> {
    entry.platform.as_ref()?.variant.as_deref().filter(|variant| !variant.is_empty())
}

/// Returns an entry's architecture and variant in words: `linux/amd64/v3`.
fn variant_name(entry: &Descriptor) -> String {
    let platform = entry.platform.as_ref();
    let parts = platform.map(|platform| [Some(&*platform.os), Some(&*platform.architecture), variant(entry)]);
    let parts: Vec<&str> = parts.into_iter().flatten().flatten().collect();
    parts.join("/").escape_debug().to_string()
}

/// Orders variants: none, then `v1`, `v2` and so on, then names without a number.
fn variant_rank(entry: &Descriptor) -> (bool, u64, String) {
    let Some(variant) = variant(entry) else { return (false, 0, String::new()) };
    let digits: String = variant.trim_start_matches('v').chars().take_while(char::is_ascii_digit).collect();
    (true, digits.parse().unwrap_or(u64::MAX), variant.to_owned())
}

/// Returns the entry of an index for an architecture, and the names of all its variants.
fn entry(
    digest: &Digest,
    index: &Index,
    wanted: Option<Architecture>,
) -> Result<(Descriptor, Vec<String>), BaseError> {
    let platform = |entry: &Descriptor| {
        entry.platform.as_ref().map(|platform| (platform.os.clone(), platform.architecture.clone()))
    };
    let fits = |entry: &Descriptor| {
        platform(entry)
            .is_some_and(|(os, found)| os == "linux" && wanted.is_some_and(|wanted| wanted.as_str() == found))
    };
    let images: Vec<_> = index.manifests.iter().filter(|entry| entry.is_image()).collect();
    let without_platform: Vec<_> = images.iter().filter(|entry| entry.platform.is_none()).collect();
    let fitting: Vec<&Descriptor> = images.iter().copied().filter(|entry| fits(entry)).collect();
    // Of entries that are equal in this the first is taken, as containers' libraries do.
    match (fitting.iter().min_by_key(|entry| variant_rank(entry)), without_platform.as_slice()) {
        (Some(found), _) => {
            let names: BTreeSet<String> = fitting.iter().map(|entry| variant_name(entry)).collect();
            Ok(((*found).clone(), names.into_iter().collect()))
        }
        // The config of the image states its platform.
        (None, [lone]) => Ok(((**lone).clone(), Vec::new())),
        (None, _) => {
            let mut known: Vec<_> = images
                .iter()
                .filter_map(|entry| platform(entry))
                .map(|(os, found)| format!("`{}`", format!("{os}/{found}").escape_debug()))
                .collect();
            known.dedup();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let wanted = wanted.map_or("this machine".to_owned(), |wanted| format!("`{wanted}`"));
            Err(BaseError::NoArchitecture { digest: digest.clone(), wanted, known })
        }
    }
}

/// The descriptor of a manifest whose digest alone is known, if it and all it is made of are there.
pub(super) fn pinned(places: Places<'_>, digest: &Digest) -> Option<Descriptor> {
    let size = places.size(digest)?;
    let bytes = places.read(digest, size).ok()?;
    let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
    let all = manifest.parts().all(|part| {
        let digest = part.parse_digest();
        digest.is_ok_and(|digest| places.of(&digest, part.size).has(&digest, part.size))
    });
    let media_type = manifest.media_type.clone().unwrap_or(MediaType::ImageManifest);
    all.then(|| Descriptor::new(media_type, size, digest))
}

/// Reads an image's documents.
pub(super) fn read(
    places: Places<'_>,
    descriptor: Descriptor,
    wanted: Option<Architecture>,
) -> Result<ImageDocuments, BaseError> {
    let digest = descriptor.parse_digest().map_err(BaseError::Listed)?;
    if oci(&descriptor.media_type) != MediaType::ImageManifest {
        return Err(BaseError::MediaType { digest, media_type: shown(&descriptor.media_type) });
    }
    let manifest_bytes = places.read(&digest, descriptor.size)?;
    let mut manifest: Manifest = document(&digest, &manifest_bytes)?;
    let within = |source| BaseError::Reference { digest: digest.clone(), source };
    let config_digest = manifest.config.parse_digest().map_err(within)?;
    if oci(&manifest.config.media_type) != MediaType::ImageConfig {
        let media_type = shown(&manifest.config.media_type);
        return Err(BaseError::MediaType { digest: config_digest, media_type });
    }
    let config_bytes = places.read(&config_digest, manifest.config.size)?;
    let config: Value = document(&config_digest, &config_bytes)?;
    let architecture = architecture(&config, &config_digest)?;
    if let Some(wanted) = wanted.filter(|wanted| *wanted != architecture) {
        return Err(BaseError::Architecture { digest, wanted, found: architecture });
    }

    let is_oci = to_oci(&mut manifest) && descriptor.media_type == MediaType::ImageManifest;
    let diff_ids = diff_ids(&config, &config_digest)?;
    let count = manifest.layers.len();
    if count > LAYERS_MAX {
        return Err(BaseError::Layers { digest, layers: count });
    }
    if diff_ids.len() != count {
        return Err(BaseError::DiffIds { digest: config_digest, diff_ids: diff_ids.len(), layers: count });
    }
    let layer = |(descriptor, diff_id): (&Descriptor, Digest)| {
        let layer = BaseLayer {
            digest: descriptor.parse_digest().map_err(within)?,
            size: descriptor.size,
            diff_id,
            media_type: descriptor.media_type.clone(),
        };
        match layer.media_type {
            MediaType::ImageLayer | MediaType::ImageLayerGzip | MediaType::ImageLayerZstd => Ok(layer),
            _ => Err(BaseError::MediaType { digest: layer.digest, media_type: shown(&layer.media_type) }),
        }
    };
    let layers = manifest.layers.iter().zip(diff_ids).map(layer).collect::<Result<_, _>>()?;
    let bytes = [manifest_bytes, config_bytes];
    Ok(ImageDocuments {
        descriptor,
        digest,
        architecture,
        manifest,
        is_oci,
        config,
        config_digest,
        layers,
        bytes,
    })
}

fn document<T: serde::de::DeserializeOwned>(digest: &Digest, bytes: &[u8]) -> Result<T, BaseError> {
    // Each value but the first follows one of these; in a text they count too.
    let values = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if values > VALUES_MAX {
        return Err(BaseError::Values { digest: digest.clone(), values });
    }
    serde_json::from_slice(bytes).map_err(|source| BaseError::Document { digest: digest.clone(), source })
}

fn architecture(config: &Value, digest: &Digest) -> Result<Architecture, BaseError> {
    let text = |key| config.get(key).and_then(Value::as_str).unwrap_or_default();
    let (os, architecture) = (text("os"), text("architecture"));
    match Architecture::parse(architecture) {
        Ok(parsed) if os == "linux" && parsed.as_str() == architecture => Ok(parsed),
        _ => Err(BaseError::Platform {
            digest: digest.clone(),
            os: os.escape_debug().to_string(),
            architecture: architecture.escape_debug().to_string(),
        }),
    }
}

fn diff_ids(config: &Value, digest: &Digest) -> Result<Vec<Digest>, BaseError> {
    let listed =
        config.pointer("/rootfs/diff_ids").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let parse = |value: &Value| {
        Digest::parse(value.as_str().unwrap_or_default())
            .map_err(|source| BaseError::Reference { digest: digest.clone(), source })
    };
    listed.iter().map(parse).collect()
}

fn oci(media_type: &MediaType) -> MediaType {
    let same = SAME.into_iter().find(|(other, _)| *other == media_type.as_str());
    same.map_or_else(|| media_type.clone(), |(_, oci)| oci)
}

/// Gives a manifest and what it refers to OCI's media types. Returns whether it had them.
fn to_oci(manifest: &mut Manifest) -> bool {
    let before = manifest.clone();
    manifest.media_type = before.media_type.as_ref().map(oci);
    manifest.config = as_oci(&before.config);
    manifest.layers = before.layers.iter().map(as_oci).collect();
    *manifest == before
}

fn as_oci(descriptor: &Descriptor) -> Descriptor {
    let mut descriptor = descriptor.clone();
    descriptor.media_type = oci(&descriptor.media_type);
    // The image has the layer itself.
    descriptor.urls = None;
    descriptor
}

fn shown(media_type: &MediaType) -> String {
    media_type.as_str().escape_debug().to_string()
}
