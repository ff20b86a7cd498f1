//! What a workspace has built: one OCI layout for all its images, and the records by which a layer is
//! not written twice. Everything in it can be deleted; nothing in it is half-written.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::{ImageName, LayerName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::layer::CacheKey;
use lapstrake_oci::{Digest, Layout, LayoutError};

/// The store of a workspace, in its target directory.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) layout: Layout,
    root: Utf8PathBuf,
    records: Utf8PathBuf,
}

/// A layer that was written: its blob, and the digest of its tar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) diff_id: Digest,
}

/// The store can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the store `{root}` can't be opened")]
    Open { root: Utf8PathBuf, source: LayoutError },
    #[error("record `{path}` can't be written")]
    Record { path: Utf8PathBuf, source: io::Error },
}

impl Store {
    /// Opens the store of a target directory, or makes one.
    pub(crate) fn open(target: &Utf8Path) -> Result<Self, StoreError> {
        let root = target.join("lapstrake");
        let opened = Layout::create_or_open(&root.join("oci"));
        let layout = opened.map_err(|source| StoreError::Open { root: root.clone(), source })?;
        Ok(Self { layout, records: root.join("records"), root })
    }

    /// The store of a target directory, if there is one; for readers, which make none.
    pub(crate) fn open_existing(target: &Utf8Path) -> Option<Self> {
        let root = target.join("lapstrake");
        let layout = Layout::open(&root.join("oci")).ok()?;
        Some(Self { layout, records: root.join("records"), root })
    }

    /// The folder of everything that is built.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The layer of that key, if it was written and its blob is still there.
    pub(crate) fn layer(&self, key: &Digest) -> Option<Written> {
        let written: Written = read(&self.layer_record(key))?;
        self.layout.blobs().has(&written.digest, written.size).then_some(written)
    }

    /// Remembers a layer by its key.
    pub(crate) fn remember(&self, key: &Digest, written: &Written) -> Result<(), StoreError> {
        write(&self.layer_record(key), written)
    }

    /// Returns the cache key by which an image's layer was last written.
    pub(crate) fn last_inputs_of(&self, image: &ImageName, layer: &LayerName) -> Option<CacheKey> {
        read(&self.recipe_record(image, layer))
    }

    /// Records the cache key of an image's layer.
    pub(crate) fn remember_inputs_of(
        &self,
        image: &ImageName,
        layer: &LayerName,
        cache_key: &CacheKey,
    ) -> Result<(), StoreError> {
        write(&self.recipe_record(image, layer), cache_key)
    }

    fn layer_record(&self, key: &Digest) -> Utf8PathBuf {
        self.records.join("layer").join(key.hex())
    }

    fn recipe_record(&self, image: &ImageName, layer: &LayerName) -> Utf8PathBuf {
        self.records.join("recipe").join(image.as_str()).join(layer.as_str())
    }
}

/// A record that is missing or from another version is no record.
fn read<T: DeserializeOwned>(path: &Utf8Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write<T: Serialize>(path: &Utf8Path, record: &T) -> Result<(), StoreError> {
    let failed = |source| StoreError::Record { path: path.to_owned(), source };
    let directory = path.parent().unwrap_or(path);
    fs::create_dir_all(directory).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    serde_json::to_writer(&mut file, record).map_err(|error| failed(error.into()))?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
