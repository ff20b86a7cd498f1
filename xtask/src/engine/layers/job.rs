//! One layer, made by an engine on the layers below it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use camino::Utf8Path;

use super::cache_key::EngineCacheKey;
use super::error::Cause;
use super::packages::{self, Installed};
use super::{chain, context, index};
use crate::engine::cached::{CachedJob, Context};
use crate::engine::rewrite::rewrite;
use crate::engine::{Engine, EngineError, Job, Secrets};
use crate::image::{BuildEnv, Epoch, LayerOrigin, WrittenLayer};
use crate::plan::{Plan, PlannedLayer, Transaction};
use crate::store::Written;
use crate::support::transfer::Transfer;
use lapstrake_oci::{BlobWriter, Digest, HashingWriter};

pub(super) struct LayerJob<'a> {
    pub(super) plan: &'a Plan,
    pub(super) number: usize,
    pub(super) layer: &'a PlannedLayer,
    pub(super) below: &'a [WrittenLayer],
    pub(super) env: &'a BuildEnv<'a>,
}

/// A layer as an engine made it.
pub(super) struct Made {
    tar: File,
    /// What it installed, if it has a transaction that installs something.
    installed: Option<Installed>,
}

impl LayerJob<'_> {
    fn key_of(&self, plan: &Plan) -> Result<Digest, Cause> {
        self.inputs(plan).key().map_err(Cause::CacheKey)
    }

    fn inputs(&self, plan: &Plan) -> EngineCacheKey {
        let BuildEnv { staged, base, settings, .. } = *self.env;
        EngineCacheKey::of(plan, self.number, &chain(base, self.below), staged, settings)
    }

    /// Returns why the layer is made, if the last build of the image had one of its name.
    fn change(&self) -> Option<String> {
        if self.layer.continues {
            return None;
        }
        let earlier: EngineCacheKey = self.env.store.last_engine_inputs(&self.plan.name, &self.layer.name)?;
        self.inputs(self.plan).change_since(&earlier)
    }

    fn written(&self, written: Written, reused: bool, reason: String) -> WrittenLayer {
        WrittenLayer { name: self.layer.name.clone(), written, origin: LayerOrigin::Engine, reused, reason }
    }

    fn installs(&self) -> Option<&Transaction> {
        self.layer.transaction.as_ref().filter(|transaction| transaction.installs())
    }

    /// Writes the layer to the store, in the tar profile of every layer.
    fn write(&self, tar: File, secrets: &Secrets) -> Result<Written, Cause> {
        let BuildEnv { store, settings, progress, .. } = *self.env;
        let failed = Cause::writing(store.root());
        let below = index(self.below, self.env)?;
        let size = tar.metadata().map_err(failed)?.len();
        let transfer =
            Transfer::start(progress, "Rewriting", format!("layer {}", self.layer.name), Some(size));
        let blob = store.layout.blobs().writer().map_err(failed)?;
        let mut out = HashingWriter::new(settings.compression.writer(blob).map_err(failed)?);
        let mut tar = BufReader::with_capacity(256 << 10, tar);
        let rewritten = rewrite(&mut tar, &below, secrets, &mut transfer.count(&mut out));
        rewritten.map_err(EngineError::from)?;
        let (compressor, diff_id, _) = out.finish();
        let (digest, size) = compressor.finish().and_then(BlobWriter::finish).map_err(failed)?;
        Ok(Written { digest, size, diff_id })
    }
}

impl CachedJob for LayerJob<'_> {
    type Made = Made;
    /// The layer, and the packages that it installed, if an engine ran for them now.
    type Kept = (WrittenLayer, Option<BTreeSet<String>>);
    type Error = Cause;

    fn key(&self) -> Result<Digest, Cause> {
        self.key_of(self.plan)
    }

    fn cached(&self, key: &Digest) -> Option<Self::Kept> {
        // The packages that a lockfile is to name are listed by a build.
        let is_unpinned = self.layer.transaction.as_ref().is_some_and(Transaction::is_unpinned);
        if self.env.pins && is_unpinned {
            return None;
        }
        let written = self.env.store.layer(key)?;
        if self.installs().is_some() {
            // Findings name the packages of files.
            self.env.store.package_files(&written)?;
        }
        let reason = "kept: its steps, their inputs and what lies below are the same".to_owned();
        Some((self.written(written, true, reason), None))
    }

    fn secrets(&self) -> Result<Secrets, Cause> {
        // A secret that is missing above is reported before an hour of work below.
        for later in &self.plan.layers[self.number + 1..] {
            secrets(later, self.env.root)?;
        }
        secrets(self.layer, self.env.root)
    }

    fn report(&self, engine: &dyn Engine) {
        self.env.progress.status("Running", format_args!("layer {} in {}", self.layer.name, engine.name()));
    }

    fn write_context(&self, _: &'static dyn Engine, context: &Context) -> Result<(), Cause> {
        let written = context::write(self.plan, self.number, self.below, self.env, context);
        written.map_err(|source| context.failed(source).into())
    }

    fn wants_network(&self) -> bool {
        self.layer.wants_network()
    }

    fn epoch(&self) -> Epoch {
        self.env.settings.epoch
    }

    fn run(&self, engine: &'static dyn Engine, job: &Job<'_>) -> Result<Made, EngineError> {
        let BuildEnv { base, progress, .. } = *self.env;
        let tar = engine.build_layer(job, base.layers.len() + self.below.len(), progress)?;
        let installed = match self.installs() {
            Some(_) => Some(packages::installed(engine, job, progress)?),
            None => None,
        };
        Ok(Made { tar, installed })
    }

    fn keep(
        &self,
        key: &Digest,
        Made { tar, installed }: Made,
        secrets: &Secrets,
        engine: &'static dyn Engine,
    ) -> Result<Self::Kept, Cause> {
        let written = self.write(tar, secrets)?;
        let (packages, files) = installed.map(|Installed { packages, files }| (packages, files)).unzip();
        if let Some(files) = files {
            self.env.store.remember_package_files(&written, &files)?;
        }
        let transaction = self.installs().zip(packages.as_ref());
        if let Some((Transaction { locked: Some(locked), .. }, installed)) = transaction
            && locked != installed
        {
            let differs = locked.symmetric_difference(installed).cloned().collect::<Vec<_>>().join("`, `");
            return Err(Cause::Drift { differs });
        }
        self.env.store.remember(key, &written)?;
        if let Some((transaction, installed)) = transaction {
            // Once the lock names the packages, the same layer has another cache key.
            let mut pinned = self.plan.clone();
            let locked = Some(installed.clone());
            Arc::make_mut(&mut pinned.layers[self.number]).transaction =
                Some(Transaction { locked, ..transaction.clone() });
            self.env.store.remember(&self.key_of(&pinned)?, &written)?;
        }
        let change = self.change().map(|change| format!("{change}; ")).unwrap_or_default();
        let how = if self.layer.needs_engine() { "its steps run inside the image, by" } else { "built by" };
        let reason = format!("{change}{how} {}", engine.name());
        Ok((self.written(written, false, reason), packages))
    }
}

fn secrets(layer: &PlannedLayer, root: &Utf8Path) -> Result<Secrets, Cause> {
    let content = || layer.secret_hashes().map(|(_, hash, _)| hash);
    let read = Secrets::read(layer.secrets(), root).map_err(|source| {
        let reader = layer.runs.iter().find(|run| !run.secrets.is_empty());
        let site = reader.map(|run| run.site).or(content().next().map(|hash| hash.site));
        Cause::Secret { layer: layer.name.clone(), site: site.unwrap_or(layer.site), source }
    })?;
    Ok(read.with_content(content().map(|hash| &hash.secret)))
}
