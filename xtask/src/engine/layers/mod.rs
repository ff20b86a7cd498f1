//! The prefix of an image: its layers up to the last in which something runs. Those that run something
//! are made by an engine, once for all their inputs, and kept; the others are written natively. What
//! follows the prefix is planned on its tree and never starts an engine.

mod cache_key;
mod context;
mod rpm_diff;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufReader};
use std::sync::Arc;

use camino::Utf8Path;
use lapstrake::Site;
use lapstrake::value::LayerName;

use self::cache_key::EngineCacheKey;
pub(crate) use self::cache_key::read;
use crate::base::{self, Base, BaseError, BaseIndex};
use crate::emit;
use crate::engine::{self, Engine, EngineError, Job, SecretError, Secrets};
use crate::image::{self, BuildEnv, LayerOrigin, NativeError, WrittenLayer};
use crate::plan::{Plan, PlannedLayer, Transaction};
use crate::store::{StoreError, Written};
use crate::support::explain::Explain;
use lapstrake_oci::tar::LayerError;
use lapstrake_oci::tree::LayerNumber;
use lapstrake_oci::{BlobError, BlobWriter, Decompressor, Digest, HashingWriter};

/// The layers of a prefix, and the tree that they make on the base.
#[derive(Debug)]
pub(crate) struct EngineLayers {
    pub(crate) layers: Vec<WrittenLayer>,
    pub(crate) index: Arc<BaseIndex>,
}

/// A prefix could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineLayersError {
    #[error("layer `{layer}` can't be made by an engine")]
    Engine { layer: LayerName, source: Box<EngineError> },
    #[error(transparent)]
    Native(#[from] Box<NativeError>),
    #[error("the context of layer `{layer}` can't be written")]
    Context { layer: LayerName, source: io::Error },
    #[error("layer `{layer}` can't be written")]
    Write { layer: LayerName, source: io::Error },
    #[error("layer `{layer}` can't be read again")]
    Blob { layer: LayerName, source: BlobError },
    #[error("layer `{layer}` can't be read again")]
    Index { layer: LayerName, source: LayerError },
    #[error("the steps of layer `{layer}` can't have their secrets")]
    Secret { layer: LayerName, source: SecretError },
    #[error("the cache_key of layer `{layer}` can't be made")]
    CacheKey { layer: LayerName, source: serde_json::Error },
    #[error("the packages of layer `{layer}` are not what `lapstrake.lock` says: `{differs}`")]
    Drift { layer: LayerName, differs: String },
    #[error(transparent)]
    Cache(#[from] BaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EngineLayersError {
    /// What of the description failed: the step, the packages, or the layer.
    pub(crate) fn site(&self, plan: &Plan) -> Option<Site> {
        let (name, step) = match self {
            Self::Engine { layer, source } => (layer, source.step()),
            Self::Secret { layer, .. } | Self::Drift { layer, .. } => (layer, None),
            _ => return None,
        };
        let layer = plan.layers.iter().find(|layer| layer.name == *name)?;
        let run = step.and_then(|step| emit::named(&layer.runs, step)).map(|run| run.site);
        let reads = || layer.runs.iter().find(|run| !run.secrets.is_empty()).map(|run| run.site);
        let run = if matches!(self, Self::Secret { .. }) { reads() } else { run };
        let packages = layer.transaction.as_ref().map(|transaction| transaction.site);
        Some(run.or(packages).unwrap_or(layer.site))
    }
}

impl Explain for EngineLayersError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Engine { source, .. } => source.help(),
            Self::Secret { source, .. } => source.help(),
            Self::Drift { .. } => Some("run `cargo xtask image lock --update`, and build again".to_owned()),
            _ => None,
        }
    }
}

/// What the packages of a layer came to, where that was found out just now.
type Installed = Option<BTreeSet<String>>;

/// Makes sure of the lowest `count` layers of a plan. None, where one is missing and no engine may be
/// started. What packages came to is in `installed` as soon as it is known: a layer above may fail.
pub(crate) fn lay(
    plan: &Plan,
    count: usize,
    all_by_engine: bool,
    engine: Engine,
    installed: &mut BTreeMap<LayerName, BTreeSet<String>>,
    bench: &BuildEnv<'_>,
) -> Result<Option<EngineLayers>, EngineLayersError> {
    let mut layers: Vec<WrittenLayer> = Vec::new();
    for (number, layer) in plan.layers.iter().enumerate().take(count) {
        // What lies over a step's work, and below another's, is laid where that work is known.
        let written = if layer.needs_engine() || layer.unseen || all_by_engine {
            match by_engine(plan, number, &layers, engine, bench)? {
                Some((written, packages)) => {
                    installed.extend(packages.map(|packages| (layer.name.clone(), packages)));
                    written
                }
                None => return Ok(None),
            }
        } else {
            image::one(plan, layer, bench).map_err(Box::new)?
        };
        layers.push(written);
    }
    let index = index(&layers, bench)?;
    Ok(Some(EngineLayers { layers, index }))
}

fn by_engine(
    plan: &Plan,
    number: usize,
    below: &[WrittenLayer],
    engine: Engine,
    bench: &BuildEnv<'_>,
) -> Result<Option<(WrittenLayer, Installed)>, EngineLayersError> {
    let BuildEnv { staged, base, store, settings, progress, root, .. } = *bench;
    let layer = &plan.layers[number];
    let failed = |source| EngineLayersError::Engine { layer: layer.name.clone(), source: Box::new(source) };
    let cache_key = EngineCacheKey::of(plan, number, &chain(base, below), staged, settings);
    let key = cache_key
        .key()
        .map_err(|source| EngineLayersError::CacheKey { layer: layer.name.clone(), source })?;
    let kept = |written, reused, reason: &str| {
        let (name, origin, reason) = (layer.name.clone(), LayerOrigin::Engine, reason.to_owned());
        WrittenLayer { name, written, origin, reused, reason }
    };
    // What no lock pins is found out anew, where there is to be one.
    let is_open = bench.pins && layer.transaction.as_ref().is_some_and(Transaction::is_unpinned);
    if let Some(written) = store.layer(&key).filter(|_| !is_open) {
        let reason = "kept: its steps, their inputs and what lies below are the same";
        return Ok(Some((kept(written, true, reason), None)));
    }
    let Some(program) = engine.program().map_err(failed)? else { return Ok(None) };
    // One that is missing is told before an hour's work below it, and not after.
    for later in &plan.layers[number + 1..] {
        secrets(later, root)?;
    }
    let secrets = secrets(layer, root)?;
    let tree = index(below, bench)?;
    let reason = if layer.needs_engine() {
        format!("its steps run inside the image, by {program}")
    } else {
        format!("laid by {program}")
    };
    progress.status("Running", format_args!("layer {} in {program}", layer.name));
    let context = context::write(plan, number, below, bench)
        .map_err(|source| EngineLayersError::Context { layer: layer.name.clone(), source })?;
    let job = Job {
        context: &context.folder,
        name: &context.base,
        network: layer.wants_network(),
        epoch: settings.epoch,
        secrets: &secrets,
        results: None,
    };
    let lower = base.layers.len() + below.len();
    let mut made = engine::make(program, &job, lower, progress).map_err(failed)?;
    let _working = progress.working(format!("rewriting layer {}", layer.name));
    let writing = |source| EngineLayersError::Write { layer: layer.name.clone(), source };
    let blob = store.layout.blobs().writer().map_err(writing)?;
    let mut tar = HashingWriter::new(settings.compression.writer(blob).map_err(writing)?);
    made.write(&tree, layer.leaves_caches(), &secrets, &mut tar).map_err(failed)?;
    let (compressor, diff_id, _) = tar.finish();
    let (digest, size) = compressor.finish().and_then(BlobWriter::finish).map_err(writing)?;
    let written = Written { digest, size, diff_id };
    let Some(transaction) = layer.transaction.as_ref().filter(|transaction| transaction.installs()) else {
        store.remember(&key, &written)?;
        return Ok(Some((kept(written, false, &reason), None)));
    };
    let installed = rpm_diff::installed(&made.listed);
    if let Some(locked) = &transaction.locked
        && *locked != installed
    {
        let differs = locked.symmetric_difference(&installed).cloned().collect::<Vec<_>>().join("`, `");
        return Err(EngineLayersError::Drift { layer: layer.name.clone(), differs });
    }
    store.remember(&key, &written)?;
    // Once the lock names them, the same layer has another cache_key.
    let mut pinned = plan.clone();
    pinned.layers[number].transaction =
        Some(Transaction { locked: Some(installed.clone()), ..transaction.clone() });
    let cache_key = EngineCacheKey::of(&pinned, number, &chain(base, below), staged, settings);
    let key = cache_key
        .key()
        .map_err(|source| EngineLayersError::CacheKey { layer: layer.name.clone(), source })?;
    store.remember(&key, &written)?;
    Ok(Some((kept(written, false, &reason), Some(installed))))
}

fn secrets(layer: &PlannedLayer, root: &Utf8Path) -> Result<Secrets, EngineLayersError> {
    let read = Secrets::read(layer.secrets(), root);
    read.map_err(|source| EngineLayersError::Secret { layer: layer.name.clone(), source })
}

/// What identifies a tree: the base, and the layers on it (OCI image spec, config.md, "Layer `ChainID`").
fn chain(base: &Base, layers: &[WrittenLayer]) -> Digest {
    layers.iter().fold(base.digest.clone(), |chain, layer| {
        Digest::of(format!("{chain} {}", layer.written.diff_id).as_bytes())
    })
}

/// The tree of the base with these layers on it; kept, for layers are read once.
fn index(layers: &[WrittenLayer], bench: &BuildEnv<'_>) -> Result<Arc<BaseIndex>, EngineLayersError> {
    let Some((top, below)) = layers.split_last() else { return Ok(Arc::clone(&bench.base.index)) };
    let chain = chain(bench.base, layers);
    if let Some(index) = bench.cache.index(&chain) {
        return Ok(Arc::new(index));
    }
    let below = self::index(below, bench)?;
    let Written { digest, size, .. } = &top.written;
    let blob = bench.store.layout.blobs().reader(digest, *size);
    let blob = blob.map_err(|source| EngineLayersError::Blob { layer: top.name.clone(), source })?;
    let unreadable = |source| EngineLayersError::Write { layer: top.name.clone(), source };
    let tar = Decompressor::new(BufReader::with_capacity(256 << 10, blob)).map_err(unreadable)?;
    let layer = base::read_layer(BufReader::with_capacity(256 << 10, tar));
    let unusable = |source| EngineLayersError::Index { layer: top.name.clone(), source };
    let number = LayerNumber::new(bench.base.layers.len() + layers.len() - 1);
    let index = below.with_layer(layer.map_err(unusable)?, number).map_err(unusable)?;
    bench.cache.keep_index(&chain, &index)?;
    Ok(Arc::new(index))
}
