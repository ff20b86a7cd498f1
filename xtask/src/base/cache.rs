//! What is kept of bases between builds, in the user's cache directory: their blobs, and the index of
//! each. Deleting it costs time and nothing else.

use std::fs;
use std::io::Write;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::BaseError;
use super::index::BaseIndex;
use crate::oci::{Blobs, Digest};

/// Grows with every change of the index's form.
const FORMAT: u32 = 1;

/// The user's cache.
#[derive(Debug)]
pub(crate) struct Cache {
    root: Utf8PathBuf,
    blobs: Blobs,
}

impl Cache {
    /// The cache of the environment: `$LAPSTRAKE_CACHE`, else `lapstrake` in `$XDG_CACHE_HOME` or
    /// `~/.cache` (XDG base directory specification).
    pub(crate) fn open() -> Result<Self, BaseError> {
        let variable =
            |name| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
        let root = variable("LAPSTRAKE_CACHE")
            .or_else(|| variable("XDG_CACHE_HOME").map(|home| home.join("lapstrake")))
            .or_else(|| variable("HOME").map(|home| home.join(".cache").join("lapstrake")));
        Self::at(&root.ok_or(BaseError::NoCache)?)
    }

    /// A cache in that directory.
    pub(crate) fn at(root: &Utf8Path) -> Result<Self, BaseError> {
        let blobs = Blobs::create(root).map_err(|source| BaseError::Cache { source })?;
        Ok(Self { root: root.to_owned(), blobs })
    }

    /// The blobs of bases.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The index of the base with that manifest, if it is kept.
    pub(super) fn index(&self, manifest: &Digest) -> Option<BaseIndex> {
        // One that does not read, of another version or cut short, is made anew.
        postcard::from_bytes(&fs::read(self.index_path(manifest)).ok()?).ok()
    }

    /// Keeps the index of a base.
    pub(super) fn keep_index(&self, manifest: &Digest, index: &BaseIndex) -> Result<(), BaseError> {
        let bytes = postcard::to_stdvec(index).map_err(|source| BaseError::Encode { source })?;
        self.keep(&self.index_path(manifest), &bytes)
    }

    /// What is kept under a name of the caller's.
    pub(super) fn note<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.root.join("notes").join(name)).ok()?).ok()
    }

    /// Keeps a note under a name.
    pub(super) fn keep_note<T: Serialize>(&self, name: &str, note: &T) -> Result<(), BaseError> {
        let bytes = serde_json::to_vec(note).map_err(|source| BaseError::Cache { source: source.into() })?;
        self.keep(&self.root.join("notes").join(name), &bytes)
    }

    fn index_path(&self, manifest: &Digest) -> Utf8PathBuf {
        self.root.join("index").join(format!("{}.{FORMAT}", manifest.hex()))
    }

    fn keep(&self, path: &Utf8Path, bytes: &[u8]) -> Result<(), BaseError> {
        let write = || {
            let directory = path.parent().unwrap_or(&self.root);
            fs::create_dir_all(directory)?;
            let mut file = tempfile::NamedTempFile::new_in(directory)?;
            file.write_all(bytes)?;
            file.persist(path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|source| BaseError::Cache { source })
    }
}
