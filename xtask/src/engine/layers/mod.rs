//! The lower layers of an image: those up to the last in which something runs. An engine makes the layers that run
//! something, and its results are cached; this process writes the others. The layers above are planned on the tree
//! of the lower ones, and never start an engine.

mod cache_key;
mod context;
mod error;
mod job;
mod merge;
mod packages;

use std::collections::BTreeSet;
use std::io::BufReader;
use std::sync::Arc;

use lapstrake::value::LayerName;

use self::cache_key::EngineCacheKey;
pub(crate) use self::cache_key::read;
use self::error::Cause;
pub(crate) use self::error::EngineLayersError;
use self::job::LayerJob;
pub(crate) use self::merge::merge_parts;
use super::cached;
use crate::base::{self, Base, BaseIndex, PackageOwners};
use crate::engine::EnginePolicy;
use crate::image::{self, BuildEnv, LayerOrigin, WrittenLayer};
use crate::plan::{Plan, PlannedLayer};
use crate::store::{StoreError, Written};
use crate::support::explain::Located;
use crate::support::small_map::SmallMap;
use lapstrake_oci::tree::LayerNumber;
use lapstrake_oci::{BlobError, Decompressor, Digest};

/// The lower layers of an image, and the tree that they make on the base.
#[derive(Debug)]
pub(crate) struct EngineLayers {
    pub(crate) layers: Vec<WrittenLayer>,
    pub(crate) index: Arc<BaseIndex>,
    /// The packages that the layers install, by their paths.
    pub(crate) owners: Arc<PackageOwners>,
}

/// How the building of the lower layers ended.
#[derive(Debug)]
pub(crate) struct LowerBuild {
    /// The packages that were installed now, by layer. They are known even where a layer above has failed.
    pub(crate) installed: SmallMap<LayerName, BTreeSet<String>>,
    /// The layers. None, where one is missing and no engine may be used.
    pub(crate) layers: Result<Option<EngineLayers>, Located<EngineLayersError>>,
}

/// Builds the parts of layers of a plan up to the part `end`, or finds them in the cache. The lowest ones are built.
pub(crate) fn ensure_lower(
    plan: &Plan,
    built: &[WrittenLayer],
    end: usize,
    policy: EnginePolicy,
    env: &BuildEnv<'_>,
) -> LowerBuild {
    let mut installed = SmallMap::new();
    let layers = ensure(plan, built, end, policy, &mut installed, env);
    LowerBuild { installed, layers }
}

/// Remembers what the layers of a build that engines made were made of, so that the next build can explain a change.
pub(crate) fn remember_inputs(
    plan: &Plan,
    parts: &[WrittenLayer],
    env: &BuildEnv<'_>,
) -> Result<(), StoreError> {
    for (number, (layer, part)) in plan.layers.iter().zip(parts).enumerate() {
        if part.origin == LayerOrigin::Engine && !layer.continues {
            let below = chain(env.base, &parts[..number]);
            let inputs = EngineCacheKey::of(plan, number, &below, env.staged, env.settings);
            env.store.remember_engine_inputs(&plan.name, &layer.name, &inputs)?;
        }
    }
    Ok(())
}

fn ensure(
    plan: &Plan,
    built: &[WrittenLayer],
    end: usize,
    policy: EnginePolicy,
    installed: &mut SmallMap<LayerName, BTreeSet<String>>,
    env: &BuildEnv<'_>,
) -> Result<Option<EngineLayers>, Located<EngineLayersError>> {
    let mut layers: Vec<WrittenLayer> = built.to_vec();
    for (number, layer) in plan.layers.iter().enumerate().take(end).skip(built.len()) {
        let failed = |source: Cause| located(source, layer);
        let written = if layer.needs_engine() || policy.builds_every_layer() {
            let job = LayerJob { plan, number, layer, below: &layers, env };
            let Some((written, packages)) = cached::ensure(&job, policy, env.store).map_err(failed)? else {
                return Ok(None);
            };
            installed.extend(packages.map(|packages| (layer.name.clone(), packages)));
            written
        } else {
            image::one(plan, layer, env).map_err(|source| failed(Box::new(source).into()))?
        };
        layers.push(written);
    }
    let index = match plan.layers[..layers.len()].last() {
        None => Arc::clone(&env.base.index),
        Some(top) => index(&layers, env).map_err(|source| located(source, top))?,
    };
    let owners = Arc::new(owners(plan, &layers, &index, env));
    Ok(Some(EngineLayers { layers, index, owners }))
}

fn owners(plan: &Plan, layers: &[WrittenLayer], index: &BaseIndex, env: &BuildEnv<'_>) -> PackageOwners {
    let mut owners = PackageOwners::default();
    for (_, written) in plan.layers.iter().zip(layers).filter(|(layer, _)| layer.transaction.is_some()) {
        if let Some(files) = env.store.package_files(&written.written) {
            owners.add(&files, index);
        }
    }
    owners
}

fn located(source: Cause, layer: &PlannedLayer) -> Located<EngineLayersError> {
    let site = source.site(layer);
    Located { error: EngineLayersError { layer: layer.name.clone(), source }, site }
}

/// Returns what identifies a tree: the base, and the layers on it (OCI image spec, config.md, "Layer `ChainID`").
fn chain(base: &Base, layers: &[WrittenLayer]) -> Digest {
    layers.iter().fold(base.digest.clone(), |chain, layer| {
        Digest::of(format!("{chain} {}", layer.written.diff_id).as_bytes())
    })
}

/// Returns the tree of the base with these layers on it. It is cached, so that a layer is read once.
fn index(layers: &[WrittenLayer], env: &BuildEnv<'_>) -> Result<Arc<BaseIndex>, Cause> {
    let Some((top, below)) = layers.split_last() else { return Ok(Arc::clone(&env.base.index)) };
    let chain = chain(env.base, layers);
    if let Some(index) = env.cache.index(&chain) {
        return Ok(Arc::new(index));
    }
    let below = self::index(below, env)?;
    let Written { digest, size, .. } = &top.written;
    let blob = env.store.layout.blobs().reader(digest, *size).map_err(Cause::Blob)?;
    let unreadable = |source| Cause::Blob(BlobError::Read { digest: digest.clone(), source });
    let tar = Decompressor::new(BufReader::with_capacity(256 << 10, blob)).map_err(unreadable)?;
    let layer = base::read_layer(BufReader::with_capacity(256 << 10, tar)).map_err(Cause::Index)?;
    let number = LayerNumber::new(env.base.layers.len() + layers.len() - 1);
    let index = below.with_layer(layer, number).map_err(Cause::Index)?;
    env.cache.keep_index(&chain, &index)?;
    Ok(Arc::new(index))
}
