//! The layers below, of which a workshop reads files.

use std::fs;

use lapstrake::{Image, Layer, TransportRef};
use lapstrake_oci::Digest;

use super::Workshop;
use crate::base::Base;
use crate::engine::EnginePolicy;
use crate::image::WrittenLayer;
use crate::inputs::{Files, fetch, unpack};
use crate::plan::{self, Builder, Builders, CargoOptions, KnownTree, Plan};
use crate::project::assets;
use crate::session::{TextError, learn_trees, take_files};

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
        Files { digests: self.files.share(), read: self.cache.blobs(), root: &self.workspace.root }
    }

    /// Takes the files that a plan copies out of the base and the parts on it.
    pub(super) fn take_files(&self, plan: &Plan, parts: &[WrittenLayer]) {
        let files = plan.layers.iter().flat_map(|layer| layer.read_files());
        let fetched = plan.layers.iter().flat_map(|layer| layer.fetched());
        fetch(fetched, self.cache.blobs(), false, &self.progress).unwrap();
        let unpacked = plan.layers.iter().flat_map(|layer| layer.unpacked());
        unpack(unpacked, self.cache.blobs(), false, &self.progress).unwrap();
        take_files(files, self.cache.blobs(), |layer| self.blob(layer, parts)).unwrap();
    }

    pub(super) fn resolve_once(
        &self,
        shared: &plan::Shared,
        image: &Image,
        known: &[KnownTree],
    ) -> plan::Resolved {
        let Base { location, digest, architecture, .. } = &self.base;
        let (digest, architecture, place) = (digest.clone(), *architecture, location.clone());
        let builder = Builder { digest, architecture, place };
        // A description names it by its place, or in the workspace.
        let mut builders =
            Builders::from([(location.clone(), builder.clone()), (in_workspace(), builder.clone())]);
        // Each image of a registry is a copy of it.
        for stage in image.layers.iter().flat_map(Layer::build_stages) {
            if let Ok(location @ TransportRef::Registry(_)) = stage.base.location.get() {
                builders.insert(location.clone(), builder.clone());
            }
        }
        let options = CargoOptions::default();
        plan::resolve(image, &self.workspace, shared, &self.base, &builders, known, &options)
    }

    /// The plan of an image that takes files of an image in podman's storage, which has that id.
    pub(in crate::tests) fn planned_on_storage(&self, image: &Image, id: &str) -> Plan {
        let stage = image.layers.iter().flat_map(Layer::build_stages).next().unwrap();
        let place = stage.base.location.get().unwrap().clone();
        let digest = Digest::parse(&format!("sha256:{id}")).unwrap();
        let builder = Builder { digest, architecture: self.base.architecture, place: place.clone() };
        let (builders, options) = (Builders::from([(place, builder)]), CargoOptions::default());
        let shared = plan::Shared::new(assets::scan([image], &self.workspace.root, &self.workspace.target));
        let resolved = plan::resolve(image, &self.workspace, &shared, &self.base, &builders, &[], &options);
        resolved.plan.unwrap()
    }

    /// The plan of an image before anything is read or run.
    pub(in crate::tests) fn planned_first(&self, image: &Image) -> Plan {
        let shared = plan::Shared::new(assets::scan([image], &self.workspace.root, &self.workspace.target));
        self.resolve_once(&shared, image, &[]).plan.unwrap()
    }

    /// Runs the stages that make directories, and returns whether the plan is another one with those.
    pub(super) fn learn_trees(&self, shared: &plan::Shared, resolved: &plan::Resolved) -> bool {
        let Some(plan) = &resolved.plan else { return false };
        // An engine is started for directories alone.
        let is_needed = |stage: &plan::PlannedBuildStage, product: &plan::Product| {
            product.is_directory() || !stage.has_steps() && product.is_of_tree()
        };
        let is_learnt =
            |stage: &plan::PlannedBuildStage| stage.results.iter().any(|product| is_needed(stage, product));
        if !plan.stages.iter().any(is_learnt) {
            return false;
        }
        let built = self.stages(plan, EnginePolicy::Any).unwrap();
        learn_trees(shared.stage_trees(), plan, &built).unwrap()
    }
}

/// The base of a workshop, as a description names it that is not of one workshop.
fn in_workspace() -> TransportRef {
    TransportRef::Oci { dir: "base".into(), tag: Some("hostile".to_owned()) }
}
