//! Finds the one layer that an engine added in an exported image. Engines keep no compressed blobs, so the layers are
//! plain tars.

use std::fs::{self, File};
use std::io;

use camino::Utf8Path;
use lapstrake_oci::Manifest;

use super::{Engine, EngineError};

/// The folder to which an image is exported.
pub(super) const EXPORTED: &str = "image";

/// Opens the tar of the layer on the `below` layers. Its folder may be removed.
pub(super) fn last_layer(engine: &dyn Engine, output: &Utf8Path, below: usize) -> Result<File, EngineError> {
    let engine = engine.name();
    let failed = |source| EngineError::Output { engine, source };
    let folder = output.join(EXPORTED);
    let manifest = fs::read(folder.join("manifest.json")).map_err(failed)?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|error| failed(io::Error::other(error)))?;
    let layers = manifest.layers;
    match layers.last() {
        Some(last) if layers.len() == below + 1 => {
            let digest = last.parse_digest().map_err(|error| failed(io::Error::other(error)))?;
            File::open(folder.join(digest.hex())).map_err(failed)
        }
        _ => Err(EngineError::Layers { engine, found: layers.len(), below }),
    }
}
