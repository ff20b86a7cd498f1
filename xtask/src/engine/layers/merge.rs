//! The parts of a layer become one OCI layer: what a later part replaces or removes is not shipped.

use std::fs::File;
use std::io::{self, BufReader, Seek};

use camino::Utf8PathBuf;
use lapstrake_oci::{BlobError, BlobWriter, Decompressor, Digest, HashingWriter};

use super::error::{Cause, EngineLayersError};
use super::{chain, index, located};
use crate::engine::rewrite;
use crate::image::{BuildEnv, LayerOrigin, WrittenLayer};
use crate::plan::Plan;
use crate::store::Written;
use crate::support::explain::Located;

/// Grows with every change of what merging writes.
const MERGER: u32 = 1;

/// Returns the OCI layers that parts of layers make, in their order.
pub(crate) fn merge_parts(
    plan: &Plan,
    parts: &[WrittenLayer],
    env: &BuildEnv<'_>,
) -> Result<Vec<WrittenLayer>, Located<EngineLayersError>> {
    let mut merged = Vec::new();
    let mut start = 0;
    while let Some(first) = parts.get(start) {
        let further = plan.layers[start + 1..].iter().take_while(|part| part.continues).count();
        let end = start + 1 + further;
        merged.push(if further == 0 {
            first.clone()
        } else {
            merge(&parts[..start], &parts[start..end], env)
                .map_err(|source| located(source, &plan.layers[start]))?
        });
        start = end;
    }
    Ok(merged)
}

/// Returns one layer with the parts on the layers `below`.
fn merge(below: &[WrittenLayer], parts: &[WrittenLayer], env: &BuildEnv<'_>) -> Result<WrittenLayer, Cause> {
    let BuildEnv { base, store, settings, progress, .. } = *env;
    let diff_ids: Vec<_> = parts.iter().map(|part| &part.written.diff_id).collect();
    let inputs = (MERGER, chain(base, below), diff_ids, settings.compression.media_type().to_string());
    let key = Digest::of(&serde_json::to_vec(&inputs).map_err(Cause::CacheKey)?);
    let reused = parts.iter().all(|part| part.reused);
    // The reason of the first part that was written, because that made the layer another one.
    let reason = parts.iter().find(|part| !part.reused).or(parts.first());
    let reason = reason.expect("a layer has a part").reason.clone();
    let name = parts.first().expect("a layer has a part").name.clone();
    let written = if let Some(written) = store.layer(&key) {
        written
    } else {
        let _working = progress.working(format!("merging the parts of layer {name}"));
        let written = write(below, parts, env)?;
        store.remember(&key, &written)?;
        written
    };
    Ok(WrittenLayer { name, written, origin: LayerOrigin::Engine, reused, reason })
}

fn write(below: &[WrittenLayer], parts: &[WrittenLayer], env: &BuildEnv<'_>) -> Result<Written, Cause> {
    let BuildEnv { store, settings, .. } = *env;
    let temporary = temporary();
    let failed = Cause::writing(&temporary);
    let mut tars = tempfile::tempfile().map_err(failed)?;
    let mut starts = Vec::new();
    for part in parts {
        starts.push(tars.stream_position().map_err(failed)?);
        append(part, &mut tars, env)?;
    }
    let below = index(below, env)?;
    let failed = Cause::writing(store.root());
    let blob = store.layout.blobs().writer().map_err(failed)?;
    let mut out = HashingWriter::new(settings.compression.writer(blob).map_err(failed)?);
    rewrite::merge(&mut BufReader::with_capacity(256 << 10, tars), &starts, &below, &mut out)
        .map_err(crate::engine::EngineError::from)?;
    let (compressor, diff_id, _) = out.finish();
    let (digest, size) = compressor.finish().and_then(BlobWriter::finish).map_err(failed)?;
    Ok(Written { digest, size, diff_id })
}

fn append(part: &WrittenLayer, tars: &mut File, env: &BuildEnv<'_>) -> Result<(), Cause> {
    let Written { digest, size, .. } = &part.written;
    let blob = env.store.layout.blobs().reader(digest, *size).map_err(Cause::Blob)?;
    let unreadable = |source| Cause::Blob(BlobError::Read { digest: digest.clone(), source });
    let mut tar = Decompressor::new(BufReader::with_capacity(256 << 10, blob)).map_err(unreadable)?;
    io::copy(&mut tar, tars).map(drop).map_err(Cause::writing(&temporary()))
}

/// Returns the folder of temporary files.
fn temporary() -> Utf8PathBuf {
    Utf8PathBuf::from(std::env::temp_dir().to_string_lossy().into_owned())
}
