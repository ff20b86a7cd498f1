//! Remembers which layers were written, and the inputs of each image's layers, which explain why a layer is
//! written again.

use lapstrake::value::{ImageName, LayerName};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::records::Kind;
use super::{Store, StoreError};
use lapstrake_oci::Digest;

pub(super) const LAYERS: Kind = Kind { name: "layers", version: 1 };
/// What an image's layer was last written from.
pub(super) const LAST: Kind = Kind { name: "last-inputs", version: 1 };
pub(super) const INPUTS: Kind = Kind { name: "inputs", version: 1 };
/// What an image's layer was last made of by an engine.
pub(super) const ENGINE: Kind = Kind { name: "engine-inputs", version: 1 };

/// A layer that was written: its blob, and the digest of its tar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    pub(crate) digest: Digest,
    pub(crate) size: u64,
    pub(crate) diff_id: Digest,
}

/// The inputs of an image's layer.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastInputs {
    /// The cache key that was made of them.
    pub(crate) key: Digest,
    /// The digest of their record, by which a later build finds damage without reading it.
    record: Digest,
}

impl Store {
    /// Returns the layer with that cache key, if it was written and its blob is there and sound.
    pub(crate) fn layer(&self, key: &Digest) -> Option<Written> {
        let known = self.layers().get(key).cloned();
        let written: Written = match known {
            Some(written) => written,
            None => self.records.read(LAYERS, &key.hex())?,
        };
        let is_sound = self.layout.blobs().has(&written.digest, written.size);
        if is_sound {
            self.layers().insert(key.clone(), written.clone());
        }
        is_sound.then_some(written)
    }

    /// Remembers a layer by its cache key.
    pub(crate) fn remember(&self, key: &Digest, written: &Written) -> Result<(), StoreError> {
        self.layers().insert(key.clone(), written.clone());
        self.write_record(LAYERS, &key.hex(), written).map(drop)
    }

    /// Returns what an image's layer was last written from.
    pub(crate) fn last_inputs_of(&self, image: &ImageName, layer: &LayerName) -> Option<LastInputs> {
        self.records.read(LAST, &last_key(image, layer))
    }

    /// Returns the inputs behind a cache key.
    pub(crate) fn inputs_of<T: DeserializeOwned>(&self, key: &Digest) -> Option<T> {
        self.records.read(INPUTS, &key.hex())
    }

    /// Returns what an engine made an image's layer of in the last build.
    pub(crate) fn last_engine_inputs<T: DeserializeOwned>(
        &self,
        image: &ImageName,
        layer: &LayerName,
    ) -> Option<T> {
        self.records.read(ENGINE, &last_key(image, layer))
    }

    /// Remembers what an engine made an image's layer of.
    pub(crate) fn remember_engine_inputs<T: Serialize + DeserializeOwned + PartialEq>(
        &self,
        image: &ImageName,
        layer: &LayerName,
        inputs: &T,
    ) -> Result<(), StoreError> {
        if self.last_engine_inputs::<T>(image, layer).as_ref() == Some(inputs) {
            return Ok(());
        }
        self.write_record(ENGINE, &last_key(image, layer), inputs).map(drop)
    }

    /// Remembers the inputs of an image's layer, and the cache key that was made of them, unless `last` has
    /// them. Equal layers of several images share the record.
    pub(crate) fn remember_inputs_of(
        &self,
        image: &ImageName,
        layer: &LayerName,
        (key, inputs): (&Digest, &impl Serialize),
        last: Option<&LastInputs>,
    ) -> Result<(), StoreError> {
        let path = self.records.path(INPUTS, &key.hex());
        let found = self.files.digest(&path).ok();
        let last = last.filter(|last| last.key == *key);
        if last.is_some_and(|last| found.as_ref().is_some_and(|found| found.digest == last.record)) {
            return Ok(());
        }
        // Reading the record reports damage, and removes it.
        if found.is_none() || self.records.read::<()>(INPUTS, &key.hex()).is_none() {
            let written = self.write_record(INPUTS, &key.hex(), inputs)?;
            self.files.written(written.stamp, &written.digest);
        }
        let failed = |source| StoreError::Record { path: path.clone(), source };
        let record = self.files.digest(&path).map_err(failed)?.digest;
        let inputs = LastInputs { key: key.clone(), record };
        self.write_record(LAST, &last_key(image, layer), &inputs).map(drop)
    }
}

fn last_key(image: &ImageName, layer: &LayerName) -> String {
    format!("{image}/{layer}")
}
