//! Writes the layers that are not there yet, several at once. The bytes of a layer pass once: through
//! the tar's hash and the compressor into the blob and its hash, whatever their size.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::thread;

use lapstrake::value::LayerName;

use super::{BuildEnv, BuiltLayer, LayerOrigin, NativeError};
use crate::inputs::Inputs;
use crate::layer::{CacheKey, Removals, write_tar};
use crate::plan::{Plan, PlannedLayer};
use crate::store::{Store, Written};
use crate::support::parallel;
use lapstrake_oci::{Compression, HashingWriter};

/// A layer that is in the store, and whether it had to be written.
#[derive(Debug, Clone)]
pub(crate) struct WrittenLayer {
    pub(crate) name: LayerName,
    pub(crate) written: Written,
    pub(crate) origin: LayerOrigin,
    pub(crate) reused: bool,
    pub(crate) reason: String,
}

impl WrittenLayer {
    pub(super) fn built(self, compression: Compression) -> BuiltLayer {
        BuiltLayer {
            name: Some(self.name),
            digest: self.written.digest.to_string(),
            diff_id: self.written.diff_id.to_string(),
            media_type: compression.media_type().to_string(),
            size: self.written.size,
            origin: self.origin,
            reused: self.reused,
            reason: self.reason,
        }
    }
}

/// Makes sure of every one of these layers, in their order.
pub(super) fn write<'a>(
    plan: &Plan,
    layers: impl Iterator<Item = &'a PlannedLayer> + Send,
    bench: &BuildEnv<'_>,
) -> Result<Vec<WrittenLayer>, NativeError> {
    let done = Mutex::new(BTreeMap::new());
    parallel::each(layers.enumerate(), thread::available_parallelism(), |(index, layer)| {
        let written = one(plan, layer, bench)?;
        if let Ok(mut done) = done.lock() {
            done.insert(index, written);
        }
        Ok::<_, NativeError>(())
    })?;
    Ok(done.into_inner().unwrap_or_default().into_values().collect())
}

/// Makes sure of one layer.
pub(crate) fn one(
    plan: &Plan,
    layer: &PlannedLayer,
    bench: &BuildEnv<'_>,
) -> Result<WrittenLayer, NativeError> {
    let BuildEnv { staged, store, settings, progress, .. } = *bench;
    let compression = settings.compression;
    let cache_key = CacheKey::of(layer, staged, compression);
    let key = cache_key.key().map_err(NativeError::Json)?;
    let last = store.last_inputs_of(&plan.name, &layer.name);
    let known = store.layer(&key);
    let reused = known.is_some();
    let reason = reason(reused, &cache_key, last.as_ref());
    let written = if let Some(written) = known {
        written
    } else {
        let _working = progress.layer(&layer.name, &reason);
        let written = write_blob(layer, staged, store, compression);
        let written = written.map_err(|source| NativeError::Layer { layer: layer.name.clone(), source })?;
        store.remember(&key, &written)?;
        written
    };
    if last.as_ref() != Some(&cache_key) {
        store.remember_inputs_of(&plan.name, &layer.name, &cache_key)?;
    }
    let (name, origin) = (layer.name.clone(), LayerOrigin::Native);
    Ok(WrittenLayer { name, written, origin, reused, reason })
}

/// Why a layer has to be written, or need not be.
pub(crate) fn forecast(plan: &Plan, layer: &PlannedLayer, cache_key: &CacheKey, store: &Store) -> String {
    let is_known = cache_key.key().ok().and_then(|key| store.layer(&key)).is_some();
    reason(is_known, cache_key, store.last_inputs_of(&plan.name, &layer.name).as_ref())
}

fn reason(is_known: bool, cache_key: &CacheKey, last: Option<&CacheKey>) -> String {
    let Some(last) = last else {
        return if is_known { "an equal layer is in the store" } else { "first build" }.to_owned();
    };
    match last_change(cache_key, last) {
        Some(change) if is_known => format!("{change}, and such a layer is in the store"),
        Some(change) => change,
        None if is_known => "unchanged".to_owned(),
        None => "its blob is gone from the store".to_owned(),
    }
}

fn last_change(cache_key: &CacheKey, last: &CacheKey) -> Option<String> {
    cache_key.change_since(last).map(|change| change.to_string())
}

fn write_blob(
    layer: &PlannedLayer,
    staged: &Inputs,
    store: &Store,
    compression: Compression,
) -> io::Result<Written> {
    let blob = store.layout.blobs().writer()?;
    let mut tar = HashingWriter::new(compression.writer(blob)?);
    write_tar(layer, staged, Removals::Whiteouts, &mut tar)?;
    let (compressor, diff_id, _) = tar.finish();
    let (digest, size) = compressor.finish()?.finish()?;
    Ok(Written { digest, size, diff_id })
}
