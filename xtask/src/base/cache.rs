//! What is kept of bases for the next build: their blobs and their indexes. All of it can be deleted at any
//! time, and what is damaged is fetched or built again.

use camino::Utf8Path;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::BaseError;
use super::index::BaseIndex;
use crate::store::{self, KeptDigests, Kind, Records};
use crate::support::progress::Progress;
use lapstrake_oci::{BlobError, Blobs, Digest};

/// Grows with every change of a record in the cache.
const VERSION: u32 = 6;

/// The user's cache.
#[derive(Debug)]
pub(crate) struct Cache {
    blobs: Blobs,
    records: Records,
    #[cfg_attr(not(test), expect(dead_code, reason = "it saves the digests when it is dropped"))]
    files: KeptDigests,
    progress: Progress,
}

impl Cache {
    /// Opens the user's cache, or creates it.
    pub(crate) fn open(progress: &Progress) -> Result<Self, BaseError> {
        Self::at(&store::user_cache().ok_or(BaseError::NoCache)?, progress)
    }

    /// Opens the cache in a directory, or creates it. Reports what is damaged.
    pub(crate) fn at(root: &Utf8Path, progress: &Progress) -> Result<Self, BaseError> {
        let blobs = Blobs::open(root).map_err(|source| BaseError::Cache { path: root.to_owned(), source })?;
        let records = Records::at(root.join("records"), progress);
        records.sweep();
        let files = KeptDigests::load(&records);
        let report = progress.clone();
        let damaged = move |error: &BlobError| {
            report.warning(format_args!("{error}; it was damaged in the cache and is fetched again"));
        };
        let progress = progress.clone();
        Ok(Self { blobs: blobs.watched(files.share(), damaged), records, files, progress })
    }

    /// Returns the output for what is chosen of a base.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Returns the blobs of all bases.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Returns the number of bytes that were read to verify blobs.
    #[cfg(test)]
    pub(crate) fn bytes_read(&self) -> u64 {
        self.files.bytes_read()
    }

    /// Returns the index of the base with that manifest, if it is kept.
    pub(crate) fn index(&self, manifest: &Digest) -> Option<BaseIndex> {
        self.recall("index", manifest)
    }

    /// Keeps the index of the base with that manifest.
    pub(crate) fn keep_index(&self, manifest: &Digest, index: &BaseIndex) -> Result<(), BaseError> {
        self.keep("index", manifest, index)
    }

    /// Returns what is kept of a kind under a key.
    pub(crate) fn recall<T: DeserializeOwned>(&self, kind: &'static str, key: &Digest) -> Option<T> {
        self.records.read(Kind { name: kind, version: VERSION }, &key.hex())
    }

    /// Keeps something of a kind under a key.
    pub(crate) fn keep<T: Serialize>(
        &self,
        kind: &'static str,
        key: &Digest,
        content: &T,
    ) -> Result<(), BaseError> {
        let (kind, key) = (Kind { name: kind, version: VERSION }, key.hex());
        let written = self.records.write(kind, &key, content);
        written.map(drop).map_err(|source| BaseError::Cache { path: self.records.path(kind, &key), source })
    }
}
