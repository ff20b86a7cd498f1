//! What a device downloads: the layers that the old image has not, by the digests of their blobs, the config and the
//! manifest. bootc fetches no blob that it has.

use std::collections::HashSet;

use lapstrake_oci::Digest;
use serde_json::Value;

use crate::base::{Base, BaseLayer};

/// The bytes that a device with the old image downloads for the new one.
#[derive(Debug)]
pub(crate) struct Download {
    /// The layers of the new image, the lowest first.
    pub(crate) layers: Vec<Layer>,
    /// The layers of the old image that the new one has not.
    pub(crate) gone: Vec<Layer>,
    pub(crate) config: u64,
    pub(crate) manifest: u64,
}

/// A layer of an image.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) digest: Digest,
    /// Of the blob, in bytes.
    pub(crate) size: u64,
    /// As the description names it. None for a layer of another tool.
    pub(crate) name: Option<String>,
    pub(crate) state: LayerState,
    /// How many bytes are downloaded for it. A blob that several layers have is downloaded once.
    pub(crate) download: u64,
}

/// What becomes of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LayerState {
    /// Both images have the blob.
    Kept,
    /// The old image has a layer of the same name with another blob.
    Replaced,
    /// The old image has the same files in a blob that is compressed otherwise.
    Recompressed,
    Added,
    Removed,
}

impl LayerState {
    /// Returns the word in a document.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Replaced => "replaced",
            Self::Recompressed => "recompressed",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

impl Download {
    pub(super) fn of(old: &Base, new: &Base) -> Self {
        let (old_names, new_names) = (names(old), names(new));
        let has =
            |image: &Base, layer: &BaseLayer| image.layers.iter().any(|other| other.digest == layer.digest);
        let mut fetched = HashSet::new();
        let layers = new.layers.iter().zip(&new_names).map(|(layer, name)| {
            let state = if has(old, layer) {
                LayerState::Kept
            } else if old.layers.iter().any(|other| other.diff_id == layer.diff_id) {
                LayerState::Recompressed
            } else if name.is_some() && old_names.contains(name) {
                LayerState::Replaced
            } else {
                LayerState::Added
            };
            let is_fetched = state != LayerState::Kept && fetched.insert(&layer.digest);
            let download = if is_fetched { layer.size } else { 0 };
            Layer { digest: layer.digest.clone(), size: layer.size, name: name.clone(), state, download }
        });
        let layers = layers.collect();
        let gone = old.layers.iter().zip(old_names).filter(|(layer, _)| !has(new, layer));
        let gone = gone.map(|(layer, name)| {
            let (digest, size) = (layer.digest.clone(), layer.size);
            Layer { digest, size, name, state: LayerState::Removed, download: 0 }
        });
        let config = if old.manifest.config.digest == new.manifest.config.digest {
            0
        } else {
            new.manifest.config.size
        };
        let manifest = if old.digest == new.digest { 0 } else { new.descriptor.size };
        Self { layers, gone: gone.collect(), config, manifest }
    }

    /// Returns the sum of all bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let layers = self.layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.download));
        layers.saturating_add(self.config).saturating_add(self.manifest)
    }

    /// Returns how many layers are downloaded.
    pub(crate) fn fetched(&self) -> usize {
        self.layers.iter().filter(|layer| layer.download > 0).count()
    }
}

/// Returns the name of each layer that the history of an image gives it. A history of another length names none.
fn names(image: &Base) -> Vec<Option<String>> {
    let history = image.config.get("history").and_then(Value::as_array);
    let of_layers = |entry: &&Value| entry.get("empty_layer").and_then(Value::as_bool) != Some(true);
    let name = |entry: &Value| {
        let made_by = entry.get("created_by").and_then(Value::as_str)?;
        made_by.strip_prefix("lapstrake layer ").map(str::to_owned)
    };
    let names: Vec<_> = history.into_iter().flatten().filter(of_layers).map(name).collect();
    if names.len() == image.layers.len() { names } else { vec![None; image.layers.len()] }
}
