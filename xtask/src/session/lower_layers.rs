//! The layers that are built before the plan is final: those up to the last in which something runs. A plan is
//! resolved on the base first, and again whenever an engine has built a layer, because what is above it depends on
//! its files.

use std::collections::BTreeSet;
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
use crate::plan::{self, Builders, KnownTree, Plan, Resolved, Shared};
use crate::store::Store;
use crate::support::small_map::SmallMap;

/// What a plan is resolved from, kept so that it can be resolved again on the engine's layers.
pub(super) struct Described {
    pub(super) image: Image,
    pub(super) shared: Rc<Shared>,
    pub(super) builders: Builders,
    /// Whether `--base` gives another base than the described one.
    pub(super) has_base_of_option: bool,
}

impl Described {
    /// Blames `--base` for what is found in a base that it gives. The line of the description names another base.
    pub(super) fn blame_option(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let is_of_option =
            |finding: &Finding| self.has_base_of_option && finding.site == Some(self.image.base.site());
        let blamed = |finding: Finding| {
            if is_of_option(&finding) { finding.of_option("--base") } else { finding }
        };
        findings.into_iter().map(blamed).collect()
    }
}

/// The parts of layers that are built before the plan is final, and the trees that are known by them.
#[derive(Clone)]
pub(crate) struct LowerLayers {
    /// The base, with the tree that these parts make of it.
    pub(super) below: Rc<Base>,
    pub(crate) parts: Vec<WrittenLayer>,
    pub(super) known: Vec<KnownTree>,
}

impl LowerLayers {
    /// Returns the base without further layers.
    pub(super) fn of(base: &Rc<Base>) -> Self {
        Self { below: Rc::clone(base), parts: Vec::new(), known: Vec::new() }
    }

    /// Returns these layers as the lowest parts, with the tree that they make.
    fn grown(self, EngineLayers { layers, index, owners }: EngineLayers) -> Self {
        let Self { below, mut known, .. } = self;
        known.push(KnownTree { parts: layers.len(), index: Arc::clone(&index), owners });
        let below = Rc::new(Base { index, ..(*below).clone() });
        Self { below, parts: layers, known }
    }
}

impl Session<'_> {
    /// Returns a plan on the trees that are known, with the packages that the lock pins.
    pub(super) fn resolve(&self, described: &Described, base: &Base, lower: &LowerLayers) -> Resolved {
        let mut resolved = self.resolve_texts(described, base, lower);
        resolved.findings = described.blame_option(resolved.findings);
        resolved.plan.iter_mut().for_each(|plan| self.pin_packages(plan));
        resolved
    }

    /// Returns the plan on the layers that an engine made in an earlier build, as far up as they are kept and
    /// none needs a binary of cargo, which is not built yet. None, where none is kept.
    pub(super) fn on_kept_layers(
        &self,
        plan: &Plan,
        base: &Rc<Base>,
        described: &Rc<Described>,
    ) -> Option<(Planned, Vec<Finding>)> {
        let store = self.existing_store()?;
        let settings =
            Settings { compression: self.request.compression, epoch: image::Epoch::of_environment().ok()? };
        let mut lower = LowerLayers::of(base);
        let mut kept = None;
        loop {
            let plan = kept.as_ref().map_or(plan, |(plan, _)| plan);
            let Some(end) = plan.next_engine_part(lower.parts.len()) else { break };
            let next = &plan.layers[lower.parts.len()..end];
            if next.iter().any(|layer| layer.artefacts().next().is_some()) {
                break;
            }
            let Ok(staged) = self.inputs(next, &Artefacts::default()) else { break };
            let env = self.env(base, &staged, &store, settings);
            let found = layers::ensure_lower(plan, &lower.parts, end, EnginePolicy::Never, &env).layers;
            let Ok(Some(found)) = found else { break };
            lower = lower.grown(found);
            let resolved = self.resolve(described, base, &lower);
            kept = Some((resolved.plan?, resolved.findings));
        }
        let (plan, findings) = kept?;
        let contents = Contents::of(&plan.layers);
        let (base, described) = (Rc::clone(base), Rc::clone(described));
        Some((Planned { plan, base, lower, described, contents }, findings))
    }

    /// Adds the packages that the lock pins.
    fn pin_packages(&self, plan: &mut Plan) {
        let (image, architecture) = (&plan.name, plan.base.architecture);
        if self.request.base.is_some() {
            return;
        }
        for layer in &mut plan.layers {
            let Some(transaction) = layer.transaction.as_ref().filter(|transaction| transaction.installs())
            else {
                continue;
            };
            let locked = self.lock.packages(image, &layer.name, architecture, &transaction.asked()).cloned();
            if let Some(transaction) = &mut Arc::make_mut(layer).transaction {
                transaction.locked = locked;
            }
        }
    }

    /// Pins the packages that were installed.
    fn pin(&mut self, plan: &Plan, installed: SmallMap<LayerName, BTreeSet<String>>) -> Result<(), Failure> {
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

    /// Builds or finds the lower layers of an image, each planned on the tree of those below. Returns the findings
    /// of the final plan with them; it stops early at findings that are `fatal`.
    pub(crate) fn build_lower_layers(
        &mut self,
        ready: Ready,
        store: &Store,
        settings: Settings,
        engine: EnginePolicy,
        fatal: impl Fn(&[Finding]) -> bool,
    ) -> Result<(Ready, Vec<Finding>), Failure> {
        let unpinned = |layer: &&Arc<plan::PlannedLayer>| {
            layer.transaction.as_ref().is_some_and(plan::Transaction::is_unpinned)
        };
        if let Some(layer) = ready.plan.layers.iter().find(unpinned).filter(|_| self.request.locked) {
            return Err(self.lock.unpinned(&ready.plan.name, &layer.name).into());
        }
        let Ready { mut plan, base, mut lower, described, mut contents, mut staged, found } = ready;
        let all_by_engine = engine.builds_every_layer();
        if all_by_engine {
            lower = LowerLayers::of(&base);
        }
        let (mut findings, mut has_new_files) = (Vec::new(), false);
        while lower.parts.len() < plan.layers.len() {
            let next = plan.next_engine_part(lower.parts.len());
            let Some(end) = next.or(all_by_engine.then_some(plan.layers.len())) else { break };
            let env = self.env(&base, &staged, store, settings);
            let LowerBuild { installed, layers } =
                layers::ensure_lower(&plan, &lower.parts, end, engine, &env);
            // A failed layer above does not lose the pins of those below.
            self.pin(&plan, installed)?;
            let built = layers.map_err(|source| Failure::EngineLayers {
                image: plan.name.clone(),
                root: self.workspace.root.clone(),
                source: Box::new(source),
            })?;
            let Some(built) = built else {
                let layer = plan.layers.iter().find(|layer| layer.needs_engine());
                let layer = layer.expect("a lower layer is missing because a step has to run").name.clone();
                return Err(Failure::EngineNeeded { image: plan.name, layer });
            };
            lower = lower.grown(built);
            let resolved = self.resolve(&described, &base, &lower);
            plan = resolved.plan.expect("an image that had a plan has a name");
            findings = resolved.findings;
            if fatal(&findings) {
                break;
            }
            self.take_files(&plan.layers, &base, &lower.parts)
                .map_err(|source| Failure::Lower { image: plan.name.clone(), source })?;
            let added = staged.add_planned(&plan.layers, self.files());
            has_new_files |= added.map_err(|source| Failure::Inputs {
                image: plan.name.clone(),
                root: self.workspace.root.clone(),
                source,
            })?;
        }
        if has_new_files {
            contents = Contents::of(&plan.layers);
            contents
                .add(&plan.layers, &staged, &mut self.facts.borrow_mut())
                .map_err(|source| Failure::Read { image: plan.name.clone(), source })?;
        }
        Ok((Ready { plan, base, lower, described, contents, staged, found }, findings))
    }
}
