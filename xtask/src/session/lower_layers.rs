//! The layers below those that this process writes: the base, and what an engine made on it. A plan is resolved
//! on the base first, and again when every file of the lower layers is known.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use lapstrake::Image;
use lapstrake::value::LayerName;

use super::{Failure, Planned, Ready, Session};
use crate::base::Base;
use crate::check::Contents;
use crate::engine::EnginePolicy;
use crate::engine::layers::{self, EngineLayers, LowerBuild};
use crate::finding::Finding;
use crate::image::{self, Settings, WrittenLayer};
use crate::inputs::Artefacts;
use crate::plan::{self, Builders, Laid, Plan, Resolved};
use crate::project::assets::Sources;
use crate::store::Store;

/// What a plan is resolved from, kept so that it can be resolved again on the engine's layers.
pub(super) struct Described {
    pub(super) image: Image,
    pub(super) sources: Rc<Sources>,
    pub(super) builders: Builders,
}

/// The layers below those that this process writes: the base, and the layers that an engine made on it.
#[derive(Clone)]
pub(crate) struct LowerLayers {
    /// The base, with the tree that these layers make of it.
    pub(super) below: Rc<Base>,
    pub(crate) layers: Vec<WrittenLayer>,
}

impl LowerLayers {
    /// Returns the base without further layers.
    pub(super) fn of(base: &Rc<Base>) -> Self {
        Self { below: Rc::clone(base), layers: Vec::new() }
    }
}

impl Session<'_> {
    /// Returns a plan with the packages that the lock pins.
    pub(super) fn resolve(&self, described: &Described, base: &Base, laid: Option<Laid<'_>>) -> Resolved {
        let Described { image, sources, builders } = described;
        let options = &self.request.cargo;
        let mut resolved = plan::resolve(image, &self.workspace, sources, base, builders, laid, options);
        resolved.plan.iter_mut().for_each(|plan| self.pin_packages(plan));
        resolved
    }

    /// Returns the plan on the layers that an engine made in an earlier build, if all of them are kept and none
    /// has a binary of cargo, which is not built yet.
    pub(super) fn on_kept_prefix(
        &self,
        plan: &Plan,
        base: &Rc<Base>,
        described: &Rc<Described>,
    ) -> Option<(Planned, Vec<Finding>)> {
        let count = plan.prefix();
        let prefix = plan.layers.get(..count).filter(|layers| !layers.is_empty())?;
        if prefix.iter().any(|layer| layer.artefacts().next().is_some()) {
            return None;
        }
        let store = self.existing_store()?;
        let staged = self.inputs(prefix, Artefacts::default()).ok()?;
        let settings =
            Settings { compression: self.request.compression, epoch: image::Epoch::of_environment().ok()? };
        let env = self.env(base, &staged, &store, settings);
        let prefix = layers::ensure_lower(plan, count, EnginePolicy::Never, &env).layers.ok()??;
        let (plan, lower, findings) = self.plan_on(prefix, base, described);
        let contents = Contents::of(&plan.as_ref()?.layers);
        Some((
            Planned { plan: plan?, base: Rc::clone(base), lower, described: Rc::clone(described), contents },
            findings,
        ))
    }

    /// Adds the packages that the lock pins.
    fn pin_packages(&self, plan: &mut Plan) {
        let (image, architecture) = (&plan.name, plan.base.architecture);
        if self.request.base.is_some() {
            return;
        }
        for layer in &mut plan.layers {
            if let Some(transaction) = layer.transaction.as_mut().filter(|transaction| transaction.installs())
            {
                let known = self.lock.packages(image, &layer.name, architecture, &transaction.asked());
                transaction.locked = known.cloned();
            }
        }
    }

    /// Pins the packages that were installed.
    fn pin(&mut self, plan: &Plan, installed: BTreeMap<LayerName, BTreeSet<String>>) -> Result<(), Failure> {
        if self.request.base.is_some() {
            return Ok(());
        }
        for (name, installed) in installed {
            let layer = plan.layers.iter().find(|layer| layer.name == name);
            let transaction = layer.and_then(|layer| layer.transaction.as_ref());
            let asked = transaction.expect("packages are installed by a transaction").asked();
            let on = plan.base.architecture;
            self.lock.set_packages(&plan.name, &name, on, asked, installed);
        }
        self.save_lock()
    }

    /// Resolves the plan again, on the layers that an engine made.
    fn plan_on(
        &self,
        prefix: EngineLayers,
        base: &Rc<Base>,
        described: &Described,
    ) -> (Option<Plan>, LowerLayers, Vec<Finding>) {
        let EngineLayers { layers, index } = prefix;
        let laid = Laid { layers: layers.len(), index: &index };
        let resolved = self.resolve(described, base, Some(laid));
        let below = Rc::new(Base { index: Arc::clone(&index), ..(**base).clone() });
        (resolved.plan, LowerLayers { below, layers }, resolved.findings)
    }

    /// Builds or finds the lower layers of an image. Returns the findings that are new with them.
    pub(crate) fn build_lower_layers(
        &mut self,
        ready: Ready,
        store: &Store,
        settings: Settings,
        engine: EnginePolicy,
    ) -> Result<(Ready, Vec<Finding>), Failure> {
        let all_by_engine = engine.builds_every_layer();
        let count = if all_by_engine { ready.plan.layers.len() } else { ready.plan.prefix() };
        if count == 0 || !ready.lower.layers.is_empty() && !all_by_engine {
            return Ok((ready, Vec::new()));
        }
        let unpinned = |layer: &&plan::PlannedLayer| {
            layer.transaction.as_ref().is_some_and(plan::Transaction::is_unpinned)
        };
        if let Some(layer) = ready.plan.layers.iter().find(unpinned).filter(|_| self.request.locked) {
            return Err(self.lock.unpinned(&ready.plan.name, &layer.name).into());
        }
        let Ready { plan, base, described, contents, staged, .. } = ready;
        let env = self.env(&base, &staged, store, settings);
        let LowerBuild { installed, layers } = layers::ensure_lower(&plan, count, engine, &env);
        // A failed layer above does not lose the pins of those below.
        self.pin(&plan, installed)?;
        let lower = layers.map_err(|source| Failure::EngineLayers {
            image: plan.name.clone(),
            root: self.workspace.root.clone(),
            source: Box::new(source),
        })?;
        let Some(lower) = lower else {
            let layer = plan.layers.iter().find(|layer| layer.needs_engine());
            let layer = layer.expect("a lower layer is missing because a step has to run").name.clone();
            return Err(Failure::EngineNeeded { image: plan.name, layer });
        };
        let (again, lower, findings) = self.plan_on(lower, &base, &described);
        // Where it has no plan now, a finding is fatal and says why.
        let plan = again.unwrap_or(plan);
        Ok((Ready { plan, base, lower, described, contents, staged }, findings))
    }
}
