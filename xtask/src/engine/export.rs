//! The one layer that an engine added, out of its storage. Engines keep no compressed blob, so the image
//! is exported with plain tars, and the last one taken.

use std::fs::{self, File};
use std::io;

use camino::Utf8Path;
use lapstrake_oci::Manifest;

use super::program::EXPORTED;
use super::{EngineError, Job, Program};

/// The tar of the layer that the job made; it is open, its folder may go.
pub(super) fn last_layer(
    program: Program,
    output: &Utf8Path,
    job: &Job<'_>,
    below: usize,
) -> Result<File, EngineError> {
    let failed = |source| EngineError::Output { program, source };
    program.export(output, job)?;
    let folder = output.join(EXPORTED);
    let manifest = fs::read(folder.join("manifest.json")).map_err(failed)?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest).map_err(|error| failed(io::Error::other(error)))?;
    let layers = manifest.layers;
    match layers.last() {
        Some(last) if layers.len() == below + 1 => {
            File::open(folder.join(last.digest.trim_start_matches("sha256:"))).map_err(failed)
        }
        _ => Err(EngineError::Layers { program, found: layers.len(), below }),
    }
}
