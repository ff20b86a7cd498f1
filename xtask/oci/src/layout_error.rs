//! Why an image layout cannot be used.

use std::io;

use camino::Utf8PathBuf;

use crate::ArchiveError;
use crate::layout_names::{INDEX_MAX, LAYOUT, LAYOUT_VERSION};

/// States why a layout cannot be used.
///
/// ```
/// use lapstrake_oci::{Layout, LayoutError};
///
/// let error = Layout::open("/nonexistent".into()).unwrap_err();
/// assert!(matches!(error, LayoutError::Missing { .. }));
/// assert_eq!(error.to_string(), "`/nonexistent` is not an OCI layout: it has no `oci-layout`");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// The directory is missing, or is not a layout.
    #[error("`{root}` is not an OCI layout: it has no `{LAYOUT}`")]
    Missing {
        /// The directory.
        root: Utf8PathBuf,
    },
    /// Reading failed.
    #[error("`{path}` can't be read")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// `oci-layout` or `index.json` is larger than 8 MiB.
    #[error("`{path}` has more than the limit of {INDEX_MAX} bytes")]
    Large {
        /// The file.
        path: Utf8PathBuf,
    },
    /// `oci-layout` or `index.json` does not parse.
    #[error("`{path}` is not a valid OCI document")]
    Parse {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// The layout is of another version.
    #[error("`{root}` has the layout version `{found}`; only `{LAYOUT_VERSION}` is supported")]
    Version {
        /// The directory.
        root: Utf8PathBuf,
        /// The version in `oci-layout`, escaped.
        found: String,
    },
    /// Writing failed.
    #[error("`{path}` can't be written")]
    Write {
        /// The file.
        path: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// No image has the wanted tag.
    #[error("no image has the tag `{tag}`; the layout lists {known}")]
    NoTag {
        /// The wanted tag, escaped.
        tag: String,
        /// The images of the layout, in words.
        known: String,
    },
    /// The layout is empty.
    #[error("the layout lists no image")]
    Empty,
    /// Several images fit, and no tag or architecture decides.
    #[error("several images fit, and a tag has to decide; the layout lists {known}")]
    Ambiguous {
        /// The images of the layout, in words.
        known: String,
    },
    /// An image cannot be written to an archive.
    #[error("image `{tag}` can't be archived")]
    Archive {
        /// The tag.
        tag: String,
        /// The cause.
        source: ArchiveError,
    },
}
