//! A removal from what lies below.

use crate::Given;
use crate::value::{ImagePath, Invalid};

/// Takes a file, a symlink, or a directory with all that it holds away from the base or a layer below.
/// In the OCI layer it is a whiteout.
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
