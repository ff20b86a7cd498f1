//! The pipeline: the steps of the commands, in the order in which data flows. Each step is a function of its
//! room; this room has only their order and what they share.

mod bases;
mod boot;
mod checks;
mod compare_error;
mod compared;
mod failure;
mod garbage;
mod lower_files;
mod lower_layers;
mod lower_texts;
mod stage_trees;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::support::small_map::SmallMap;
use camino::Utf8Path;
use lapstrake::value::Architecture;
use lapstrake::{Image, TransportRef};

pub(crate) use self::checks::{check_laid, check_staged, check_tree, check_units, is_whole, names};
pub(crate) use self::compared::Compared;
pub(crate) use self::failure::Failure;
pub(crate) use self::garbage::Collected;
#[cfg(test)]
pub(crate) use self::lower_files::{TextError, read_texts, take_files};
use self::lower_layers::Described;
pub(crate) use self::lower_layers::LowerLayers;
#[cfg(test)]
pub(crate) use self::stage_trees::learn_trees;
use crate::base::{Base, Cache};
use crate::cargo::{self, Binaries, CargoEnv, CargoPassthrough};
use crate::check::{Contents, KnownFacts};
use crate::emit;
use crate::engine::build_stage;
use crate::engine::layers::{merge_parts, remember_inputs};
use crate::engine::{self, EnginePolicy};
use crate::finding::{Finding, Findings};
use crate::image::{self, BuildEnv, Built, Settings};
use crate::inputs::{Artefacts, Files, InputError, Inputs, SharedInputs, secret_hash};
use crate::layer::CacheKeys;
use crate::plan::{CargoOptions, Plan, PlannedLayer, Shared};
use crate::project::assets;
use crate::project::cargo_lock;
use crate::project::lockfile::Lock;
use crate::project::workspace::Workspace;
use crate::store::{BuildNeeds, InUse, KeptDigests, Paths, Store};
use crate::support::progress::Progress;
use lapstrake_oci::{Compression, Digest};

/// What every command gets from its arguments.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) cargo: CargoOptions,
    pub(crate) passed: CargoPassthrough,
    /// `--base`: another base than the described one. It is not locked.
    pub(crate) base: Option<TransportRef>,
    pub(crate) locked: bool,
    /// No registry is asked for a base.
    pub(crate) offline: bool,
    /// `lock --update`: pins are replaced.
    pub(crate) update: bool,
    /// How layers are compressed, which is a part of their cache keys.
    pub(crate) compression: Compression,
}

/// One run of the tool in a workspace. What it has read or opened, it does not read or open again.
pub(crate) struct Session<'a> {
    pub(crate) workspace: Workspace,
    request: Request,
    cache: Cache,
    lock: Lock,
    bases: SmallMap<(TransportRef, Option<Architecture>), Rc<Base>>,
    paths: Paths,
    /// The digests of the workspace's files and of the store's blobs.
    files: Arc<KeptDigests>,
    in_use: InUse,
    store: OnceCell<Rc<Store>>,
    binaries: RefCell<Binaries>,
    /// What the images share, by their planned layers.
    inputs: RefCell<SharedInputs>,
    facts: RefCell<KnownFacts>,
    keys: CacheKeys,
    progress: &'a Progress,
}

/// An image with its plan, and the base on which that was resolved.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) base: Rc<Base>,
    pub(crate) lower: LowerLayers,
    described: Rc<Described>,
    contents: Contents,
}

/// An image of which all bytes are known.
pub(crate) struct Ready {
    pub(crate) plan: Plan,
    pub(crate) base: Rc<Base>,
    pub(crate) lower: LowerLayers,
    described: Rc<Described>,
    contents: Contents,
    staged: Inputs,
    /// What planning has found since its stages have run, if that made another plan.
    found: Option<Vec<Finding>>,
}

impl<'a> Session<'a> {
    /// Reads the workspace and its lock.
    pub(crate) fn open(request: Request, progress: &'a Progress) -> Result<Self, Failure> {
        let workspace = Workspace::read(request.passed.target_dir.as_deref())?;
        if request.locked {
            cargo_lock::unchanged(&workspace.root)?;
        }
        let cache = Cache::open(progress).map_err(Failure::Cache)?;
        let lock = Lock::read(&workspace.root)?;
        let paths = Paths::of(&workspace.root, &workspace.target);
        let files = Arc::new(KeptDigests::of_store(&paths, progress));
        let facts = RefCell::new(KnownFacts::load(paths.records(progress)));
        let in_use = InUse::share(paths.root(), progress);
        cache.register(&workspace.root, paths.root());
        let (bases, store, binaries) = (SmallMap::new(), OnceCell::new(), RefCell::default());
        let (inputs, keys) = (RefCell::default(), CacheKeys::default());
        Ok(Self {
            workspace,
            request,
            cache,
            lock,
            bases,
            paths,
            files,
            in_use,
            store,
            binaries,
            inputs,
            facts,
            keys,
            progress,
        })
    }

    /// Returns the paths of the workspace's store.
    pub(crate) fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Opens the store of the workspace, or creates it.
    pub(crate) fn store(&self) -> Result<Rc<Store>, Failure> {
        if let Some(store) = self.store.get() {
            return Ok(Rc::clone(store));
        }
        self.in_use.create(self.progress);
        engine::sweep(&self.paths, self.progress);
        let store = Rc::new(Store::open(&self.paths, &self.files, self.progress)?);
        Ok(Rc::clone(self.store.get_or_init(|| store)))
    }

    /// Returns the store of the workspace if it exists.
    pub(crate) fn existing_store(&self) -> Option<Rc<Store>> {
        let open = || Store::open_existing(&self.paths, &self.files, self.progress).map(Rc::new);
        self.store.get().cloned().or_else(open)
    }

    /// Returns the files of some layers, whose artefacts must have been built.
    pub(crate) fn inputs(
        &self,
        layers: &[Arc<PlannedLayer>],
        artefacts: &Artefacts,
    ) -> Result<Inputs, InputError> {
        Inputs::of(layers, artefacts, &mut self.inputs.borrow_mut(), self.files())
    }

    pub(crate) fn files(&self) -> Files<'_> {
        Files { digests: self.files.share(), read: self.cache.blobs(), root: &self.workspace.root }
    }

    /// Resolves descriptions to plans. Images without a plan are left out, and findings say why.
    pub(crate) fn plan(&mut self, images: &[&Image]) -> (Vec<Planned>, Findings) {
        let mut findings = Findings::default();
        let (root, target) = (&*self.workspace.root, &*self.workspace.target);
        let shared = Rc::new(Shared::new(assets::scan(images.iter().copied(), root, target)));
        let mut planned = Vec::new();
        for image in images {
            let name = image.name.get().ok();
            let base = match self.base(image) {
                Ok(base) => base,
                Err(finding) => {
                    findings.add(name, vec![*finding]);
                    continue;
                }
            };
            let (builders, found) = self.builders(image, base.architecture);
            findings.add(name, found);
            let (image, shared) = ((*image).clone(), Rc::clone(&shared));
            let described = Rc::new(Described {
                image,
                shared,
                builders,
                has_base_of_option: self.request.base.is_some(),
            });
            let mut resolved = self.resolve(&described, &base, &LowerLayers::of(&base));
            let kept = |plan: &Plan| self.on_kept_stage_trees(plan, &described, &base);
            if let Some(with_trees) = resolved.plan.as_ref().and_then(kept) {
                resolved = with_trees;
            }
            let Some(plan) = resolved.plan else {
                findings.add(name, resolved.findings);
                continue;
            };
            if let Some((planned_again, found)) = self.on_kept_layers(&plan, &base, &described) {
                findings.add(name, found);
                planned.push(planned_again);
            } else {
                findings.add(name, resolved.findings);
                let contents = Contents::of(&plan.layers);
                let lower = LowerLayers::of(&base);
                planned.push(Planned { plan, base, lower, described, contents });
            }
        }
        (planned, findings)
    }

    /// Compiles the executables of a plan, and takes the digests of all its files.
    pub(crate) fn stage(&self, planned: Planned, engine: EnginePolicy) -> Result<Ready, Failure> {
        let Planned { mut plan, base, lower, described, mut contents } = planned;
        let name = plan.name.clone();
        let image = || name.clone();
        let environment = CargoEnv {
            workspace: &self.workspace,
            paths: &self.paths,
            passed: &self.request.passed,
            progress: self.progress,
        };
        let inputs_failed =
            |source| Failure::Inputs { image: image(), root: self.workspace.root.clone(), source };
        // A hash that is missing is reported before an hour of work.
        for (_, hash, _) in plan.layers.iter().flat_map(|layer| layer.secret_hashes()) {
            secret_hash(hash, &self.workspace.root).map_err(inputs_failed)?;
        }
        let mut artefacts = {
            let mut binaries = self.binaries.borrow_mut();
            let runs = binaries.runs();
            let compiled = cargo::compile(&plan, &environment, &mut binaries);
            if binaries.runs() > runs {
                // A build script can write files of the workspace.
                self.inputs.borrow_mut().forget();
            }
            compiled.map_err(|source| Failure::Compile { image: image(), source })?
        };
        if !plan.stages.is_empty() {
            let store = self.store()?;
            let compiled = build_stage::ensure(&plan.stages, &self.builder_env(&store, engine));
            artefacts.compiled = compiled.map_err(|source| Failure::BuildStage {
                image: image(),
                root: self.workspace.root.clone(),
                source: Box::new(source),
            })?;
        }
        let trees = self.on_stage_trees(&plan, &described, (&base, &lower), &artefacts.compiled);
        let trees = trees.map_err(|source| Failure::StageTree { image: image(), source })?;
        let mut found = None;
        if let Some(resolved) = trees {
            plan = resolved.plan.expect("an image that had a plan has a name");
            contents = Contents::of(&plan.layers);
            found = Some(resolved.findings);
        }
        self.fetch(&plan.layers).map_err(|source| Failure::Fetch {
            image: image(),
            root: self.workspace.root.clone(),
            source: Box::new(source),
        })?;
        let taken = self.take_files(&plan.layers, &base, &lower.parts);
        taken.map_err(|source| Failure::Lower { image: image(), source })?;
        let staged = self.inputs(&plan.layers, &artefacts).map_err(inputs_failed)?;
        contents
            .add(&plan.layers, &staged, &mut self.facts.borrow_mut())
            .map_err(|source| Failure::Read { image: image(), source })?;
        Ok(Ready { plan, base, lower, described, contents, staged, found })
    }

    /// Builds an image in the store.
    pub(crate) fn build(&self, ready: &Ready, store: &Store, settings: Settings) -> Result<Built, Failure> {
        let Ready { plan, base, lower, staged, .. } = ready;
        let env = self.env(base, staged, store, settings);
        let failed = |source| Failure::Build { image: plan.name.clone(), source: Box::new(source) };
        let parts = image::write_layers(plan, &lower.parts, &env).map_err(failed)?;
        let layers = merge_parts(plan, &parts, &env).map_err(|source| Failure::EngineLayers {
            image: plan.name.clone(),
            root: self.workspace.root.clone(),
            source: Box::new(source),
        })?;
        let built = image::finish(plan, layers, &env).map_err(failed)?;
        remember_inputs(plan, &parts, &env).map_err(|source| failed(source.into()))?;
        let manifest =
            Digest::parse(&built.descriptor.digest).expect("the descriptor is of a blob of the store");
        let parts = parts.iter().map(|part| part.written.digest.clone()).collect();
        let (stages, indexes) = (BTreeSet::new(), self.cache.used_indexes());
        let needs = BuildNeeds { manifest, parts, stages, indexes };
        store.remember_build(&plan.name, needs).map_err(|source| failed(source.into()))?;
        Ok(built)
    }

    fn env<'b>(
        &'b self,
        base: &'b Base,
        staged: &'b Inputs,
        store: &'b Store,
        settings: Settings,
    ) -> BuildEnv<'b> {
        let (root, cache, progress) = (&*self.workspace.root, &self.cache, self.progress);
        // Another base than the described one is not locked.
        let pins = self.request.base.is_none();
        BuildEnv { root, staged, base, cache, store, settings, keys: &self.keys, pins, progress }
    }

    /// Writes the Containerfile and its context to a folder.
    pub(crate) fn emit(&self, ready: &Ready, to: &Utf8Path) -> Result<(), Failure> {
        let Ready { plan, base, staged, .. } = ready;
        emit::emit(plan, staged, base, self.cache.blobs(), to).map_err(|source| {
            let (image, root) = (plan.name.clone(), self.workspace.root.clone());
            Failure::Emit { image, root, source }
        })
    }
}
