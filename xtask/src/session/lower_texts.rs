//! Reads the texts that a plan changes out of the layers below, and makes the plan again with them.

use std::collections::BTreeSet;
use std::fs;
use std::io::BufReader;

use super::lower_layers::Described;
use super::{LowerLayers, Session};
use crate::base::{Base, read_contents};
use crate::finding::Finding;
use crate::image::WrittenLayer;
use crate::plan::{self, LowerTexts, Resolved, WantedText};
use lapstrake_oci::tar::LayerError;
use lapstrake_oci::{BlobError, Decompressor};

const BUFFER: usize = 256 << 10;

/// A text is needed, and its layer can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TextError {
    #[error("{0}")]
    Blob(#[from] BlobError),
    #[error("{0}")]
    Layer(#[from] LayerError),
    #[error("{0}")]
    Read(#[from] std::io::Error),
    #[error("no layer has its content")]
    Gone,
}

impl Session<'_> {
    /// Returns a plan on the trees that are known.
    pub(super) fn resolve_texts(&self, described: &Described, base: &Base, lower: &LowerLayers) -> Resolved {
        let Described { image, shared, builders } = described;
        let options = &self.request.cargo;
        loop {
            let (workspace, known) = (&self.workspace, &lower.known);
            let mut resolved = plan::resolve(image, workspace, shared, base, builders, known, options);
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

/// Reads the wanted texts. `open` opens the blob of a layer by its number.
pub(crate) fn read_texts(
    wanted: &[WantedText],
    texts: &LowerTexts,
    open: impl Fn(usize) -> Result<fs::File, TextError>,
) -> Result<(), TextError> {
    let mut left: BTreeSet<_> = wanted.iter().map(|text| (text.size, text.digest.clone())).collect();
    // A hardlink of a layer can name a file of one below it.
    let highest = wanted.iter().map(|text| text.layer.get()).max().unwrap_or(0);
    for layer in (0..=highest).rev() {
        if left.is_empty() {
            break;
        }
        let blob = BufReader::with_capacity(BUFFER, open(layer)?);
        let tar = BufReader::with_capacity(BUFFER, Decompressor::new(blob)?.limited());
        for (digest, content) in read_contents(tar, &left)? {
            left.remove(&(content.len() as u64, digest.clone()));
            texts.add(digest, content);
        }
    }
    if left.is_empty() { Ok(()) } else { Err(TextError::Gone) }
}
