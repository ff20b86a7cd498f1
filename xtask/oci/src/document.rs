//! The documents of the OCI image spec: descriptor, manifest and index. The config stays plain JSON, because
//! an image keeps every field of its base's config.
//!
//! These are 150 lines of plain data in place of the crate `oci-spec`, which brings `regex`,
//! `derive_builder`, `getset`, `strum` and a second `syn`: about 20 of 160 CPU-seconds of a user's first build.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Digest, DigestError, MediaType};

/// The annotation by which a layout names an image (annotations.md).
///
/// ```
/// assert_eq!(lapstrake_oci::ANNOTATION_REF_NAME, "org.opencontainers.image.ref.name");
/// ```
pub const ANNOTATION_REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The annotation by which `BuildKit` marks an attestation.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

/// The `schemaVersion` of manifests and indexes.
///
/// ```
/// assert_eq!(lapstrake_oci::SCHEMA_VERSION, 2);
/// ```
pub const SCHEMA_VERSION: u32 = 2;

/// A reference to a blob: what it is, its digest and its size (descriptor.md).
///
/// ```
/// use lapstrake_oci::{Descriptor, Digest, MediaType};
///
/// let descriptor = Descriptor::new(MediaType::ImageLayer, 3, &Digest::of(b"abc"));
/// assert_eq!(descriptor.parse_digest(), Ok(Digest::of(b"abc")));
/// assert_eq!(serde_json::to_value(&descriptor).unwrap()["size"], 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Descriptor {
    /// What the blob is.
    pub media_type: MediaType,
    /// The digest as it is written, of any algorithm; see [`parse_digest`](Self::parse_digest).
    pub digest: String,
    /// The size of the blob, in bytes.
    pub size: u64,
    /// Places from which the blob can be downloaded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urls: Option<Vec<String>>,
    /// Annotations, by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The blob itself, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The type of an artefact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// What an image runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

/// What an image runs on (image-index.md).
///
/// ```
/// use lapstrake_oci::Platform;
///
/// let platform = Platform::linux("arm64");
/// assert_eq!((platform.os.as_str(), platform.architecture.as_str()), ("linux", "arm64"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Platform {
    /// The architecture in Go's words, such as `amd64`.
    pub architecture: String,
    /// The operating system in Go's words, such as `linux`.
    pub os: String,
    /// The version of the operating system.
    #[serde(rename = "os.version", default, skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// Features of the operating system that the image needs.
    #[serde(rename = "os.features", default, skip_serializing_if = "Option::is_none")]
    pub os_features: Option<Vec<String>>,
    /// The variant of the processor, such as `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// The manifest of an image (manifest.md).
///
/// ```
/// use lapstrake_oci::{Descriptor, Digest, Manifest, MediaType};
///
/// let config = Descriptor::new(MediaType::ImageConfig, 2, &Digest::of(b"{}"));
/// let manifest = Manifest::new(config, Vec::new());
/// assert_eq!(serde_json::to_value(&manifest).unwrap()["schemaVersion"], 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Manifest {
    /// The version of the format, 2.
    pub schema_version: u32,
    /// The media type of the manifest itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The type of an artefact that the manifest describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The config.
    pub config: Descriptor,
    /// The layers, the lowest first.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations, by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

/// An index of images (image-index.md).
///
/// ```
/// use lapstrake_oci::Index;
///
/// let index: Index = serde_json::from_str(r#"{"schemaVersion":2,"manifests":[]}"#).unwrap();
/// assert!(index.manifests.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Index {
    /// The version of the format, 2.
    pub schema_version: u32,
    /// The media type of the index itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<MediaType>,
    /// The images.
    pub manifests: Vec<Descriptor>,
    /// Annotations, by key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
}

impl Descriptor {
    /// Returns a descriptor without annotations.
    ///
    /// ```
    /// # use lapstrake_oci::{Descriptor, Digest, MediaType};
    /// assert_eq!(Descriptor::new(MediaType::ImageConfig, 2, &Digest::of(b"{}")).annotations, None);
    /// ```
    pub fn new(media_type: MediaType, size: u64, digest: &Digest) -> Self {
        Self {
            media_type,
            digest: digest.to_string(),
            size,
            urls: None,
            annotations: None,
            data: None,
            artifact_type: None,
            platform: None,
        }
    }

    /// Parses the digest. A descriptor may name an algorithm that this crate does not know, as long as
    /// nobody asks for its blob.
    ///
    /// ```
    /// # use lapstrake_oci::{Descriptor, Digest, MediaType};
    /// let mut descriptor = Descriptor::new(MediaType::ImageConfig, 2, &Digest::of(b"{}"));
    /// descriptor.digest = "sha512:00".to_owned();
    /// assert!(descriptor.parse_digest().is_err());
    /// ```
    ///
    /// # Errors
    /// When it is not `sha256:` and 64 hexadecimal digits.
    pub fn parse_digest(&self) -> Result<Digest, DigestError> {
        Digest::parse(&self.digest)
    }

    /// Returns whether an index lists an image here, and not what belongs to one: an attestation of `BuildKit`, a
    /// signature, a list of packages.
    ///
    /// ```
    /// use lapstrake_oci::{Descriptor, Digest, MediaType, Platform};
    ///
    /// let mut entry = Descriptor::new(MediaType::ImageManifest, 2, &Digest::of(b"{}"));
    /// assert!(entry.is_image());
    /// let mut platform = Platform::linux("unknown");
    /// platform.os = "unknown".to_owned();
    /// entry.platform = Some(platform);
    /// assert!(!entry.is_image());
    /// ```
    pub fn is_image(&self) -> bool {
        let is_unknown = |platform: &Platform| platform.os == "unknown" && platform.architecture == "unknown";
        self.artifact_type.is_none()
            && self.annotation(REFERENCE_TYPE).is_none()
            && !self.platform.as_ref().is_some_and(is_unknown)
    }

    /// Returns the value of an annotation.
    ///
    /// ```
    /// # use lapstrake_oci::{Descriptor, Digest, MediaType};
    /// let mut descriptor = Descriptor::new(MediaType::ImageConfig, 2, &Digest::of(b"{}"));
    /// descriptor.annotations = Some([("key".to_owned(), "value".to_owned())].into());
    /// assert_eq!(descriptor.annotation("key"), Some("value"));
    /// ```
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }
}

impl Platform {
    /// Returns the platform of Linux on an architecture.
    ///
    /// ```
    /// # use lapstrake_oci::Platform;
    /// assert_eq!(Platform::linux("amd64").variant, None);
    /// ```
    pub fn linux(architecture: &str) -> Self {
        Self {
            architecture: architecture.to_owned(),
            os: "linux".to_owned(),
            os_version: None,
            os_features: None,
            variant: None,
        }
    }
}

impl Manifest {
    /// Returns the manifest of an image with these layers, the lowest first.
    ///
    /// ```
    /// # use lapstrake_oci::{Descriptor, Digest, Manifest, MediaType};
    /// let config = Descriptor::new(MediaType::ImageConfig, 2, &Digest::of(b"{}"));
    /// assert_eq!(Manifest::new(config, Vec::new()).media_type, Some(MediaType::ImageManifest));
    /// ```
    pub fn new(config: Descriptor, layers: Vec<Descriptor>) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            media_type: Some(MediaType::ImageManifest),
            artifact_type: None,
            config,
            layers,
            subject: None,
            annotations: None,
        }
    }

    /// Returns every blob that the manifest refers to: the layers, then the config.
    ///
    /// ```
    /// # use lapstrake_oci::{Descriptor, Digest, Manifest, MediaType};
    /// let config = Descriptor::new(MediaType::ImageConfig, 2, &Digest::of(b"{}"));
    /// assert_eq!(Manifest::new(config, Vec::new()).parts().count(), 1);
    /// ```
    pub fn parts(&self) -> impl Iterator<Item = &Descriptor> {
        self.layers.iter().chain([&self.config])
    }
}
