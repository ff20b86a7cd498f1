//! Writes the layers that the store does not have, several at once. The bytes of a layer pass once, through the
//! hash of the tar and the compressor into the blob and its hash, so that their size costs no memory.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;

use lapstrake::value::LayerName;

use super::{BuildEnv, BuiltLayer, LayerOrigin, NativeError};
use crate::inputs::LayerInputs;
use crate::layer::{CacheKey, Keyed, Removals, write_tar};
use crate::plan::{Member, Plan, PlannedLayer};
use crate::store::{LastInputs, Store, Written};
use crate::support::parallel;
use crate::support::small_map::SmallMap;
use crate::support::transfer::Transfer;
use lapstrake_oci::tree::Kind;
use lapstrake_oci::{Compression, Digest, HashingWriter};

/// A layer that is in the store, and whether this build wrote it.
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
            since_last_build: None,
            download: None,
        }
    }
}

/// Returns these layers in their order, and writes those that the store does not have.
pub(super) fn write<'a>(
    plan: &Plan,
    layers: impl Iterator<Item = &'a Arc<PlannedLayer>> + Send,
    env: &BuildEnv<'_>,
) -> Result<Vec<WrittenLayer>, NativeError> {
    let done = Mutex::new(SmallMap::new());
    parallel::each(layers.enumerate(), thread::available_parallelism(), |(index, layer)| {
        let written = one(plan, layer, env)?;
        done.lock().expect(UNPOISONED).insert(index, written);
        Ok::<_, NativeError>(())
    })?;
    Ok(done.into_inner().expect(UNPOISONED).into_values().collect())
}

const UNPOISONED: &str = "no thread panics while it holds the layers";

/// Returns one layer, and writes it if the store does not have it.
pub(crate) fn one(
    plan: &Plan,
    layer: &Arc<PlannedLayer>,
    env: &BuildEnv<'_>,
) -> Result<WrittenLayer, NativeError> {
    let BuildEnv { staged, store, settings, keys, progress, .. } = *env;
    let compression = settings.compression;
    let staged = staged.layer(&layer.name);
    let Keyed { cache_key, digest: key, .. } =
        keys.of(layer, staged, compression).map_err(NativeError::Json)?;
    let known = store.layer(&key);
    let reused = known.is_some();
    let last = store.last_inputs_of(&plan.name, &layer.name);
    let reason = explain(last.as_ref(), (&key, &cache_key), reused, store);
    let written = if let Some(written) = known {
        written
    } else {
        progress.status("Layering", format_args!("{} ({reason})", layer.name));
        let bytes = Some(tar_size(layer, staged));
        let transfer = Transfer::start(progress, "Writing", format!("layer {}", layer.name), bytes);
        let written = write_blob(layer, staged, store, compression, &transfer);
        let failed = |source| {
            let (layer, store) = (layer.name.clone(), store.root().to_owned());
            NativeError::Layer { layer, store, source }
        };
        let written = written.map_err(failed)?;
        store.remember(&key, &written)?;
        written
    };
    store.remember_inputs_of(&plan.name, &layer.name, (&key, &*cache_key), last.as_ref())?;
    let (name, origin) = (layer.name.clone(), LayerOrigin::Native);
    Ok(WrittenLayer { name, written, origin, reused, reason })
}

/// Returns why a layer has to be written, or need not be.
pub(crate) fn forecast(
    plan: &Plan,
    layer: &PlannedLayer,
    cache_key: &CacheKey,
    store: &Store,
) -> Result<String, NativeError> {
    let key = cache_key.key().map_err(NativeError::Json)?;
    let last = store.last_inputs_of(&plan.name, &layer.name);
    Ok(explain(last.as_ref(), (&key, cache_key), store.layer(&key).is_some(), store))
}

fn explain(
    last: Option<&LastInputs>,
    (key, cache_key): (&Digest, &CacheKey),
    is_known: bool,
    store: &Store,
) -> String {
    match last.map(|last| &last.key) {
        Some(last) if last == key => {
            if is_known {
                "unchanged".to_owned()
            } else {
                "its blob is gone from the store".to_owned()
            }
        }
        Some(last) => {
            let change = store.inputs_of(last).and_then(|last| cache_key.change_since(&last));
            let change = change.map_or_else(|| "its inputs changed".to_owned(), |change| change.to_string());
            if is_known { format!("{change}, and such a layer is in the store") } else { change }
        }
        None if is_known => "an equal layer is in the store".to_owned(),
        None => "first build".to_owned(),
    }
}

/// Returns about how many bytes the tar of a layer has: the blocks of its members without their extensions.
fn tar_size(layer: &PlannedLayer, staged: &LayerInputs) -> u64 {
    const BLOCK: u64 = 512;
    let content = |member: &Member| match (&member.kind, &member.hardlink) {
        (Kind::File(from), None) => staged.get(from).map_or(0, |file| file.size.next_multiple_of(BLOCK)),
        _ => 0,
    };
    layer.members.values().map(|member| BLOCK + content(member)).sum()
}

fn write_blob(
    layer: &PlannedLayer,
    staged: &LayerInputs,
    store: &Store,
    compression: Compression,
    transfer: &Transfer,
) -> io::Result<Written> {
    let blob = store.layout.blobs().writer()?;
    let mut tar = HashingWriter::new(compression.writer(blob)?);
    write_tar(layer, staged, Removals::Whiteouts, &mut transfer.count(&mut tar))?;
    let (compressor, diff_id, _) = tar.finish();
    let (digest, size) = compressor.finish()?.finish()?;
    Ok(Written { digest, size, diff_id })
}
