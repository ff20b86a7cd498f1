//! Reads files out of the blobs of layers, one pass over a layer, each file by its digest.

use std::collections::HashSet;
use std::fs;
use std::io::{BufReader, Read};

use crate::base::{keep_contents, read_contents};
use crate::plan::{LowerTexts, ReadFile, WantedText};
use lapstrake_oci::tar::LayerError;
use lapstrake_oci::{BlobError, Blobs, Decompressor};

const BUFFER: usize = 256 << 10;

/// A file of a layer below is needed, and the layer can't be read.
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

/// Reads the wanted texts. `open` opens the blob of a layer by its number.
pub(crate) fn read_texts(
    wanted: &[WantedText],
    texts: &LowerTexts,
    open: impl Fn(usize) -> Result<fs::File, TextError>,
) -> Result<(), TextError> {
    let mut left: HashSet<_> = wanted.iter().map(|text| (text.size, text.digest.clone())).collect();
    // A hardlink of a layer can name a file of one below it.
    let highest = wanted.iter().map(|text| text.layer.get()).max().unwrap_or(0);
    for layer in (0..=highest).rev() {
        if left.is_empty() {
            break;
        }
        let Some(mut tar) = tar(open(layer))? else { continue };
        for (digest, content) in read_contents(&mut tar, &left)? {
            left.remove(&(content.len() as u64, digest.clone()));
            texts.add(digest, content);
        }
    }
    if left.is_empty() { Ok(()) } else { Err(TextError::Gone) }
}

/// Keeps those files as blobs that are not there yet. `open` opens the blob of a layer by its number.
pub(crate) fn take_files<'a>(
    files: impl Iterator<Item = &'a ReadFile>,
    blobs: &Blobs,
    open: impl Fn(usize) -> Result<fs::File, TextError>,
) -> Result<(), TextError> {
    let (mut left, mut highest) = (HashSet::new(), 0);
    for file in files {
        let (size, digest) = (file.facts.size, &file.facts.digest);
        if !blobs.has(digest, size) {
            left.insert((size, digest.clone()));
            highest = highest.max(file.layer.get());
        }
    }
    for layer in (0..=highest).rev() {
        if left.is_empty() {
            break;
        }
        let Some(mut tar) = tar(open(layer))? else { continue };
        let kept = keep_contents(&mut tar, &left, blobs)?;
        left.retain(|(_, digest)| !kept.contains(digest));
    }
    if left.is_empty() { Ok(()) } else { Err(TextError::Gone) }
}

/// Returns the tar of a layer. None for a layer that is not built: a copy in it has its content from one below.
fn tar(blob: Result<fs::File, TextError>) -> Result<Option<BufReader<impl Read>>, TextError> {
    let blob = match blob {
        Err(TextError::Gone) => return Ok(None),
        blob => BufReader::with_capacity(BUFFER, blob?),
    };
    Ok(Some(BufReader::with_capacity(BUFFER, Decompressor::new(blob)?.limited())))
}
