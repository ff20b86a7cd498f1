//! The texts of files below a layer that an entry changes. A plan is pure: it says which it needs, and is made again
//! once they are read.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use lapstrake::value::ImagePath;
use lapstrake_oci::Digest;
use lapstrake_oci::tree::LayerNumber;

/// A file larger than this, in bytes, is not changed as a text.
pub(crate) const EDITED_MAX: u64 = 1 << 20;

/// The texts that are known, by the digest of the file.
#[derive(Debug, Default)]
pub(crate) struct LowerTexts(RefCell<HashMap<Digest, Arc<[u8]>>>);

/// A text that a plan needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WantedText {
    /// The path by which the tree has it.
    pub(crate) path: ImagePath,
    /// The layer that put it there; those of the base come first.
    pub(crate) layer: LayerNumber,
    pub(crate) digest: Digest,
    /// In bytes.
    pub(crate) size: u64,
}

impl LowerTexts {
    /// Returns the content of the file with that digest, if it was read.
    pub(super) fn get(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        self.0.borrow().get(digest).map(Arc::clone)
    }

    /// Keeps the content of a file, which must have that digest.
    pub(crate) fn add(&self, digest: Digest, content: Vec<u8>) {
        self.0.borrow_mut().insert(digest, content.into());
    }
}
