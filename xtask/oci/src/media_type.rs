//! Media types of the OCI image spec (media-types.md).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The media type of a document or blob.
///
/// ```
/// use lapstrake_oci::MediaType;
///
/// assert_eq!(MediaType::from("application/vnd.oci.image.index.v1+json"), MediaType::ImageIndex);
/// assert_eq!(MediaType::ImageLayerZstd.as_str(), "application/vnd.oci.image.layer.v1.tar+zstd");
/// assert_eq!(MediaType::from("text/plain"), MediaType::Other("text/plain".to_owned()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MediaType {
    /// The manifest of an image.
    ImageManifest,
    /// An index of images.
    ImageIndex,
    /// The config of an image.
    ImageConfig,
    /// A layer as a plain tar.
    ImageLayer,
    /// A layer as a tar that gzip compressed.
    ImageLayerGzip,
    /// A layer as a tar that zstd compressed.
    ImageLayerZstd,
    /// Any other media type, as it is written.
    Other(String),
}

/// Every media type that has a name of its own.
const KNOWN: [MediaType; 6] = [
    MediaType::ImageManifest,
    MediaType::ImageIndex,
    MediaType::ImageConfig,
    MediaType::ImageLayer,
    MediaType::ImageLayerGzip,
    MediaType::ImageLayerZstd,
];

impl MediaType {
    /// Returns the media type as it is written.
    ///
    /// ```
    /// # use lapstrake_oci::MediaType;
    /// assert_eq!(MediaType::ImageLayer.as_str(), "application/vnd.oci.image.layer.v1.tar");
    /// ```
    pub fn as_str(&self) -> &str {
        match self {
            Self::ImageManifest => "application/vnd.oci.image.manifest.v1+json",
            Self::ImageIndex => "application/vnd.oci.image.index.v1+json",
            Self::ImageConfig => "application/vnd.oci.image.config.v1+json",
            Self::ImageLayer => "application/vnd.oci.image.layer.v1.tar",
            Self::ImageLayerGzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::ImageLayerZstd => "application/vnd.oci.image.layer.v1.tar+zstd",
            Self::Other(text) => text,
        }
    }
}

impl From<&str> for MediaType {
    fn from(text: &str) -> Self {
        let known = KNOWN.into_iter().find(|known| known.as_str() == text);
        known.unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(&*String::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, MediaType};

    #[test]
    fn each_name_is_read_as_it_is_written() {
        for media_type in KNOWN {
            assert_eq!(MediaType::from(media_type.as_str()), media_type);
        }
    }
}
