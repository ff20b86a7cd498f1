//! Reads files out of the layers below: the texts that a plan changes, with which it is made again, and the files that it
//! copies. Downloads files, too.

use std::fs;
use std::sync::Arc;

use super::lower_files::{TextError, read_texts, take_files};
use super::lower_layers::Described;
use super::{LowerLayers, Session};
use crate::base::Base;
use crate::finding::Finding;
use crate::image::WrittenLayer;
use crate::inputs::{self, FetchError};
use crate::plan::{self, PlannedLayer, Resolved};

impl Session<'_> {
    /// Returns a plan on the trees that are known.
    pub(super) fn resolve_texts(&self, described: &Described, base: &Base, lower: &LowerLayers) -> Resolved {
        let Described { image, shared, builders, .. } = described;
        let options = &self.request.cargo;
        loop {
            let (workspace, known) = (&self.workspace, &lower.known);
            let mut resolved = plan::resolve(image, workspace, shared, base, builders, known, options);
            if inputs::learn_archives(shared.archives(), &self.cache, self.request.offline, self.progress) {
                continue;
            }
            let Some(first) = resolved.wanted.first() else { return resolved };
            if let Err(error) =
                read_texts(&resolved.wanted, shared.texts(), |layer| self.blob(layer, base, &lower.parts))
            {
                let message = format!("`{}` can't be read from its layer: {error}", first.path);
                resolved.findings.push(Finding::fatal("base", image.base.site(), message).at(&first.path));
                return resolved;
            }
        }
    }

    /// Takes the files that layers copy out of the base and the parts on it.
    pub(super) fn take_files(
        &self,
        layers: &[Arc<PlannedLayer>],
        base: &Base,
        parts: &[WrittenLayer],
    ) -> Result<(), TextError> {
        let files = || layers.iter().flat_map(|layer| layer.read_files());
        files().for_each(|file| self.cache.use_blob(&file.facts.digest));
        take_files(files(), self.cache.blobs(), |layer| self.blob(layer, base, parts))
    }

    /// Downloads the files of layers that are not in the cache.
    pub(super) fn fetch(&self, layers: &[Arc<PlannedLayer>]) -> Result<(), FetchError> {
        let files = || layers.iter().flat_map(|layer| layer.fetched());
        files().for_each(|(file, _)| self.cache.use_blob(&file.digest));
        let (blobs, offline) = (self.cache.blobs(), self.request.offline);
        inputs::fetch(files(), blobs, offline, self.progress)?;
        let files = || layers.iter().flat_map(|layer| layer.unpacked());
        files().for_each(|(file, _)| self.cache.use_blob(&file.digest));
        inputs::unpack(files(), blobs, offline, self.progress)
    }

    /// Whether the files of a layer that are downloaded are in the cache.
    pub(crate) fn is_fetched(&self, layer: &PlannedLayer) -> bool {
        let blobs = self.cache.blobs();
        layer.fetched().all(|(file, _)| blobs.size(&file.digest).is_some())
            && layer.unpacked().all(|(file, _)| blobs.size(&file.digest).is_some())
    }

    /// Opens the blob of a layer of the base, or of a part that was built on it.
    fn blob(&self, layer: usize, base: &Base, parts: &[WrittenLayer]) -> Result<fs::File, TextError> {
        if let Some(layer) = base.layers.get(layer) {
            return Ok(self.cache.blobs().reader(&layer.digest, layer.size)?);
        }
        let part = parts.get(layer - base.layers.len()).ok_or(TextError::Gone)?;
        let store = self.existing_store().ok_or(TextError::Gone)?;
        Ok(store.layout.blobs().reader(&part.written.digest, part.written.size)?)
    }
}
