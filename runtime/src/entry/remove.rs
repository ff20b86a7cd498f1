//! A removal from what lies below.

use crate::Given;
use crate::value::{ImagePath, Invalid};

/// Takes a file, a symlink, or a directory with all that it holds away from the base or a layer below.
/// In the OCI layer it is a whiteout (OCI image spec, layer.md, "Whiteouts").
///
/// ```
/// use lapstrake::{Layer, entry::Remove};
///
/// let docs = Remove::new("/usr/share/doc");
/// assert_eq!(docs.path().get().unwrap().as_str(), "/usr/share/doc");
/// Layer::new("slim").with(docs).remove("/usr/share/man");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Remove {
    path: Given<ImagePath>,
}

impl Remove {
    /// Removes that path.
    #[track_caller]
    pub fn new(path: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        Self { path: Given::new(path) }
    }

    /// What is removed.
    pub fn path(&self) -> &Given<ImagePath> {
        &self.path
    }
}
