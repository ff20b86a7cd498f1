//! The removal of a path of the base or of a layer below.

use crate::Parsed;
use crate::faults::faults;
use crate::value::{ImagePath, Text};

/// Removes a file, a symlink, or a directory with its content from the base or a layer below. In the OCI layer
/// it is a whiteout (OCI image spec, layer.md, "Whiteouts").
///
/// ```
/// use lapstrake::{Layer, entry::Remove};
///
/// let docs = Remove::new("/usr/share/doc");
/// assert_eq!(docs.path, "/usr/share/doc");
/// Layer::new("slim").with(docs).remove("/usr/share/man");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a removal is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Remove {
    /// The path that is removed.
    pub path: Parsed<ImagePath>,
}

impl Remove {
    /// Removes that path.
    #[track_caller]
    pub fn new(path: impl Text<ImagePath>) -> Self {
        Self { path: Parsed::new(path) }
    }
}

faults!(Remove { path });
