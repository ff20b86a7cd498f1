//! A file whose bytes are in something that was read: its digest is known, and its bytes are taken out when they are
//! needed. A plan never has them in memory.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use lapstrake::value::ImagePath;
use lapstrake_oci::tree::LayerNumber;
use serde::Serialize;

use crate::base::FileFacts;

/// A file of a layer below. Two are equal if their bytes are: where those are found does not count.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ReadFile {
    /// Its path there.
    pub(crate) path: ImagePath,
    #[serde(flatten)]
    content: Content,
    /// The layer that has it; those of the base come first.
    #[serde(skip)]
    pub(crate) layer: LayerNumber,
    #[serde(skip)]
    pub(crate) facts: Arc<FileFacts>,
}

#[derive(Debug, Clone, Serialize)]
struct Content {
    digest: lapstrake_oci::Digest,
    size: u64,
}

impl ReadFile {
    pub(super) fn new(path: ImagePath, layer: LayerNumber, facts: Arc<FileFacts>) -> Self {
        let content = Content { digest: facts.digest.clone(), size: facts.size };
        Self { path, content, layer, facts }
    }
}

impl PartialEq for ReadFile {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ReadFile {}

impl Hash for ReadFile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.facts.digest.hash(state);
    }
}

impl PartialOrd for ReadFile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ReadFile {
    fn cmp(&self, other: &Self) -> Ordering {
        self.facts.digest.cmp(&other.facts.digest)
    }
}
