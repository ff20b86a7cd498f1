//! The layers below, of which a workshop reads files.

use std::fs;

use super::Workshop;
use crate::image::WrittenLayer;
use crate::inputs::{Files, fetch};
use crate::plan::Plan;
use crate::session::{TextError, take_files};

impl Workshop {
    /// Opens the blob of a layer of the base, or of one of the parts on it.
    pub(super) fn blob(&self, layer: usize, parts: &[WrittenLayer]) -> Result<fs::File, TextError> {
        let base = &self.base.layers;
        if let Some(layer) = base.get(layer) {
            return Ok(self.cache.blobs().reader(&layer.digest, layer.size)?);
        }
        let written = &parts.get(layer - base.len()).ok_or(TextError::Gone)?.written;
        Ok(self.store.layout.blobs().reader(&written.digest, written.size)?)
    }

    pub(super) fn input_files(&self) -> Files<'_> {
        Files { digests: self.files.share(), read: self.cache.blobs() }
    }

    /// Takes the files that a plan copies out of the base and the parts on it.
    pub(super) fn take_files(&self, plan: &Plan, parts: &[WrittenLayer]) {
        let files = plan.layers.iter().flat_map(|layer| layer.read_files());
        let fetched = plan.layers.iter().flat_map(|layer| layer.fetched());
        fetch(fetched, self.cache.blobs(), false, &self.progress).unwrap();
        take_files(files, self.cache.blobs(), |layer| self.blob(layer, parts)).unwrap();
    }
}
