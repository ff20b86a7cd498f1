//! Why an archive cannot be written or read, and its limits.

use std::io;

use camino::Utf8PathBuf;

use crate::layout_names::{INDEX, INDEX_MAX};
use crate::tar::MemberError;
use crate::{BlobError, Digest, DigestError};

/// The most levels of indexes within indexes.
pub(crate) const DEPTH_MAX: usize = 4;
/// The most members of an archive, and the most bytes of one name.
pub(crate) const MEMBERS_MAX: usize = 65_536;

/// States why an archive cannot be written or read.
///
/// ```
/// use lapstrake_oci::{ArchiveError, Blobs, import_archive};
///
/// let empty_tar = [0; 1024];
/// let error = import_archive(&empty_tar[..], &Blobs::at("/nonexistent".into())).unwrap_err();
/// assert!(matches!(error, ArchiveError::NoIndex));
/// assert_eq!(error.to_string(), "the archive has no `index.json`");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// Writing failed.
    #[error("`{path}` can't be written")]
    Write {
        /// The archive.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A blob is missing or damaged, or cannot be written.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// A manifest or index does not parse.
    #[error("blob `{digest}` is not a valid OCI document")]
    Document {
        /// The blob.
        digest: Digest,
        /// The cause.
        source: serde_json::Error,
    },
    /// The index of the archive cannot be encoded.
    #[error("the archive's `{INDEX}` can't be encoded as JSON")]
    Json(#[source] serde_json::Error),
    /// A descriptor refers to a blob by a digest that is not a SHA-256.
    #[error("a descriptor has no SHA-256 digest")]
    Digest(#[from] DigestError),
    /// Indexes refer to indexes too often.
    #[error("index `{digest}` is nested below more than {DEPTH_MAX} other indexes")]
    Deep {
        /// The blob.
        digest: Digest,
    },
    /// The tar cannot be read.
    #[error(transparent)]
    Member(#[from] MemberError),
    /// The archive cannot be decompressed.
    #[error("the archive can't be decompressed")]
    Compressed(#[source] io::Error),
    /// More members than are supported.
    #[error("member `{member}` is one too many: an OCI archive has at most {MEMBERS_MAX}")]
    Many {
        /// The escaped name of the member.
        member: String,
    },
    /// A member has a name or kind that an archive of an image does not need, or is a link that leads to no file
    /// of the archive.
    #[error("member `{member}` is not allowed in an OCI archive")]
    NotAllowed {
        /// The escaped name of the member.
        member: String,
    },
    /// The content of a member cannot be read.
    #[error("member `{member}` can't be read")]
    Content {
        /// The escaped name of the member.
        member: String,
        /// The cause.
        source: io::Error,
    },
    /// The archive has no `index.json`.
    #[error("the archive has no `{INDEX}`")]
    NoIndex,
    /// The `index.json` does not parse.
    #[error("the archive's `{INDEX}` is not a valid OCI document")]
    Index(#[source] serde_json::Error),
    /// The `index.json` is larger than 8 MiB.
    #[error("the archive's `{INDEX}` has {size} bytes; the limit is {INDEX_MAX}")]
    LargeIndex {
        /// Its size in bytes.
        size: u64,
    },
}
