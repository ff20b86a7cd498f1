//! What the layers of an image are against its last build, and so what a device downloads that has it.

use std::collections::BTreeSet;

use lapstrake::value::LayerName;
use serde::Serialize;
use serde_json::Value;

use super::BuiltLayer;
use crate::store::{LastImage, layer_names};

/// What a layer is against the last build of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Since {
    /// The last build has the same blob.
    Same,
    /// The last build has a layer of this name with other bytes.
    Changed,
    /// The last build has no such layer.
    New,
}

/// Compares layers with those of the last build, and returns the names of the layers that are gone. `base` is the
/// config of the base, which can have layers of another image.
pub(super) fn compare(layers: &mut [BuiltLayer], last: &LastImage, base: &Value) -> Vec<LayerName> {
    let on_device: BTreeSet<_> = last.blobs.iter().map(ToString::to_string).collect();
    let mut downloaded = BTreeSet::new();
    for layer in &mut *layers {
        let is_known = on_device.contains(&layer.digest);
        // A blob that two layers have is downloaded once.
        let is_downloaded = !is_known && downloaded.insert(layer.digest.clone());
        layer.download = Some(if is_downloaded { layer.size } else { 0 });
        layer.since_last_build = Some(match &layer.name {
            _ if is_known => Since::Same,
            Some(name) if last.names.contains(name) => Since::Changed,
            Some(_) | None => Since::New,
        });
    }
    let of_base = layer_names(base);
    let is_gone = |name: &&LayerName| {
        !of_base.contains(name) && !layers.iter().any(|layer| layer.name.as_ref() == Some(*name))
    };
    last.names.iter().filter(is_gone).cloned().collect()
}
