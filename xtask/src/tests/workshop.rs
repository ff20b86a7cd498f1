//! A workspace of a test's own, in a temporary directory: sources to describe, a base to build on, and
//! the pipeline without cargo.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::LayerName;
use lapstrake::{Image, TransportRef};
use tar::EntryType;
use tempfile::TempDir;

use super::hostile;
use crate::base::fixture::Tar;
use crate::base::{self, Base, BaseRequest, Cache};
use crate::check::{self, Checks, Contents, KnownFacts, Phase, Subject};
use crate::emit::{self, EmitError};
use crate::engine::EnginePolicy;
use crate::engine::build_stage::{self, BuildStageError};
use crate::engine::layers::{self, EngineLayersError, merge_parts};
use crate::finding::{Finding, Severity};
use crate::image::{self, BuildEnv, Built, Epoch, Settings, WrittenLayer};
use crate::inputs::{Artefacts, Inputs, SharedInputs, learn_archives};
use crate::layer::CacheKeys;
use crate::plan::{self, Compiled, KnownTree, Plan};
use crate::project::assets;
use crate::project::cargo_flags::CargoFlags;
use crate::project::workspace::Workspace;
use crate::session::read_texts;
use crate::store::{KeptDigests, Paths, Store};
use crate::support::explain::Located;
use crate::support::progress::{Colour, Progress, ProgressMode};
use crate::support::small_map::SmallMap;
use lapstrake_oci::Compression;

mod lower;

/// An image that an engine helped to build; none where no engine may be used.
type ByEngine<T> = Result<Option<T>, Located<EngineLayersError>>;
type Installed = SmallMap<LayerName, BTreeSet<String>>;

/// An image, as a run of the tool makes it.
pub(crate) struct Made {
    pub(crate) plan: Plan,
    pub(crate) findings: Vec<Finding>,
    /// The digest of its manifest. None, where a finding is fatal.
    pub(crate) digest: Option<String>,
}

/// Everything a description needs to be built, away from the user's own.
pub(crate) struct Workshop {
    directory: TempDir,
    pub(crate) workspace: Workspace,
    pub(crate) base: Base,
    pub(crate) cache: Cache,
    pub(crate) store: Store,
    pub(crate) files: Arc<KeptDigests>,
    /// Has the warnings.
    pub(crate) progress: Progress,
}

impl Workshop {
    /// A workshop on the hostile base.
    pub(crate) fn hostile() -> Self {
        Self::on_layout(|layout| {
            hostile::write(layout);
        })
    }

    /// A workshop on the hostile base with more in its config.
    pub(crate) fn hostile_with(execution: &serde_json::Value) -> Self {
        Self::on_layout(|layout| {
            hostile::write_with(layout, execution);
        })
    }

    /// A workshop on the stand-in with one more layer, an uncompressed tar.
    pub(crate) fn on_stand_in_and(tar: Vec<u8>) -> Self {
        let layers = [(base::stand_in_tar(), false), (tar, false)];
        Self::on_layout(|layout| {
            hostile::write_layers(layout, layers);
        })
    }

    /// A workshop on the image that is written to a layout with the tag `hostile`.
    pub(super) fn on_layout(write: impl FnOnce(&Path)) -> Self {
        let directory = TempDir::new().unwrap();
        write(&directory.path().join("base"));
        let dir = root(&directory).join("base");
        Self::on(directory, &TransportRef::Oci { dir, tag: Some("hostile".to_owned()) })
    }

    /// A workshop on the stand-in with a program that steps can run, and the directory `/etc/skel`.
    pub(crate) fn stand_in_with_busybox() -> Self {
        let busybox = fs::read("/bin/busybox").unwrap_or_default();
        let tar = Tar::new().directory("usr").directory("usr/bin").directory("etc").directory("etc/skel");
        let tar = tar.member(b"usr/bin/busybox", EntryType::Regular, "", 0o755, &busybox);
        Self::on_stand_in_and(tar.end())
    }

    /// A workshop on the stand-in.
    pub(crate) fn stand_in() -> Self {
        Self::on(TempDir::new().unwrap(), &TransportRef::StandIn)
    }

    fn on(directory: TempDir, location: &TransportRef) -> Self {
        let root = root(&directory);
        let progress = Progress::silent();
        let cache = Cache::at(&root.join("cache"), &progress).unwrap();
        let base = base::open(location, location, BaseRequest::default(), &cache, &progress).unwrap();
        let (packages, flags) = (SmallMap::new(), CargoFlags::default());
        let workspace = Workspace { target: root.join("target"), packages, flags, root };
        let paths = Paths::of(&workspace.root, &workspace.target);
        let files = Arc::new(KeptDigests::of_store(&paths, &progress));
        let store = Store::open(&paths, &files, &progress).unwrap();
        Self { directory, workspace, base, cache, store, files, progress }
    }

    /// The workshop as another process finds it: what this one remembers is on disk.
    pub(crate) fn next_process(self) -> Self {
        let Self { directory, base, cache, store, files, .. } = self;
        // What they remember is saved when they are dropped.
        drop((cache, store, files));
        Self::on(directory, &base.location)
    }

    /// The base once more, its index by now in the cache.
    pub(crate) fn open_again(&self) -> Base {
        let (location, progress) =
            (&self.base.location, Progress::new(ProgressMode::None, true, Colour::Never));
        base::open(location, location, BaseRequest::default(), &self.cache, &progress).unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a source file of the workspace.
    pub(crate) fn source(&self, name: &str, content: &[u8]) {
        let path = self.workspace.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The plan of an image, and what was found.
    pub(crate) fn plan(&self, image: &Image) -> (Option<Plan>, Vec<Finding>) {
        let resolved = self.resolve(image, &[], &[]);
        (resolved.plan, resolved.findings)
    }

    /// Plans, checks and builds images in one run, in which they share what is equal. Nothing may run in them.
    pub(crate) fn make(&self, images: &[Image]) -> Vec<Made> {
        let shared = plan::Shared::new(assets::scan(images, &self.workspace.root, &self.workspace.target));
        let (mut inputs, keys) = (SharedInputs::default(), CacheKeys::default());
        let mut known = KnownFacts::load(self.store.paths().records(&self.progress));
        let settings = Settings { compression: Compression::Zstd, epoch: Epoch::default() };
        let checks = Checks::default().all();
        let mut make = |image: &Image| {
            let plan::Resolved { plan, mut findings, .. } = self.resolve_in(&shared, image, &[], &[]);
            let plan = plan.unwrap();
            self.take_files(&plan, &[]);
            let staged = Inputs::of(&plan.layers, &Artefacts::default(), &mut inputs, self.input_files());
            let staged = &staged.unwrap();
            let mut contents = Contents::of(&plan.layers);
            contents.add(&plan.layers, staged, &mut known).unwrap();
            let subject = Subject::new(&plan, &self.base, &contents);
            findings.extend(check::run(&checks, Phase::Tree, &subject));
            findings.extend(check::run(&checks, Phase::Inputs, &subject));
            let is_fatal = findings.iter().any(|finding| finding.severity == Severity::Fatal);
            let (base, cache, store, progress) = (&self.base, &self.cache, &self.store, &self.progress);
            let (root, keys) = (&*self.workspace.root, &keys);
            let env = BuildEnv { root, staged, base, cache, store, settings, keys, pins: false, progress };
            let build = || {
                let layers = image::write_layers(&plan, &[], &env).unwrap();
                image::finish(&plan, layers, &env).unwrap().descriptor.digest
            };
            let digest = (!is_fatal).then(build);
            Made { plan, findings, digest }
        };
        images.iter().map(&mut make).collect()
    }

    fn resolve(&self, image: &Image, known: &[KnownTree], parts: &[WrittenLayer]) -> plan::Resolved {
        let shared = plan::Shared::new(assets::scan([image], &self.workspace.root, &self.workspace.target));
        self.resolve_in(&shared, image, known, parts)
    }

    fn resolve_in(
        &self,
        shared: &plan::Shared,
        image: &Image,
        known: &[KnownTree],
        parts: &[WrittenLayer],
    ) -> plan::Resolved {
        let mut has_trees = false;
        loop {
            let resolved = self.resolve_once(shared, image, known);
            if learn_archives(shared.archives(), &self.cache, false, &self.progress) {
                continue;
            }
            if resolved.wanted.is_empty() {
                if has_trees || !self.learn_trees(shared, &resolved) {
                    return resolved;
                }
                has_trees = true;
                continue;
            }
            read_texts(&resolved.wanted, shared.texts(), |layer| self.blob(layer, parts)).unwrap();
        }
    }

    /// What the checks find in an image, up to the staged files; binaries of cargo there are none.
    pub(crate) fn check(&self, image: &Image) -> Vec<Finding> {
        let (plan, mut findings) = self.plan(image);
        let Some(plan) = plan else { return findings };
        findings.extend(check::unknown_allowances(&Checks::default(), &plan));
        let checks = Checks::default().all();
        let mut contents = Contents::of(&plan.layers);
        let subject = Subject::new(&plan, &self.base, &contents);
        findings.extend(check::run(&checks, Phase::Tree, &subject));
        let mut known =
            KnownFacts::load(Paths::of(&self.workspace.root, &self.workspace.target).records(&self.progress));
        contents.add(&plan.layers, &self.staged(&plan), &mut known).unwrap();
        let subject = Subject::new(&plan, &self.base, &contents);
        findings.extend(check::run(&checks, Phase::Inputs, &subject));
        findings
    }

    /// The plan of an image that has one.
    pub(crate) fn planned(&self, image: &Image) -> Plan {
        let (plan, findings) = self.plan(image);
        let fatal: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Fatal).collect();
        assert!(fatal.is_empty(), "{fatal:#?}");
        plan.unwrap()
    }

    /// Whether an image can be planned.
    pub(crate) fn accepts(&self, image: &Image) -> bool {
        self.plan(image).1.iter().all(|finding| finding.severity != Severity::Fatal)
    }

    /// The inputs of a plan. What it copies from the layers of the base is taken out of them.
    pub(super) fn staged(&self, plan: &Plan) -> Inputs {
        self.take_files(plan, &[]);
        let compiled = self.stages(plan, EnginePolicy::Any).unwrap();
        let artefacts = Artefacts { compiled, ..Artefacts::default() };
        Inputs::of(&plan.layers, &artefacts, &mut SharedInputs::default(), self.input_files()).unwrap()
    }

    /// Returns the results of the build stages of a plan.
    pub(crate) fn stages(
        &self,
        plan: &Plan,
        engine: EnginePolicy,
    ) -> Result<SmallMap<Compiled, Utf8PathBuf>, Located<BuildStageError>> {
        let (workspace, cache, store, progress) =
            (&self.workspace, &self.cache, &self.store, &Progress::silent());
        let env = build_stage::BuilderEnv { workspace, cache, store, engine, offline: true, progress };
        build_stage::ensure(&plan.stages, &env)
    }

    /// The base, as a description names it.
    pub(crate) fn described_base(&self) -> lapstrake::Base {
        lapstrake::Base::at(self.base.location.to_string())
    }

    /// Builds an image into the workshop's store: natively, but for what has to run in it.
    pub(crate) fn build(&self, image: &Image, compression: Compression) -> Built {
        self.build_by(image, EnginePolicy::Any, compression).unwrap().unwrap()
    }

    /// Builds an image by a policy. None, where it allows no engine and a layer is missing.
    pub(crate) fn build_by(
        &self,
        image: &Image,
        engine: EnginePolicy,
        compression: Compression,
    ) -> ByEngine<Built> {
        self.build_with_packages(image, engine, compression).0
    }

    /// Builds an image by a policy, and returns the packages that were installed, too.
    pub(crate) fn build_with_packages(
        &self,
        image: &Image,
        engine: EnginePolicy,
        compression: Compression,
    ) -> (ByEngine<Built>, Installed) {
        let (built, installed) = self.build_and_plan(image, engine, compression);
        (built.map(|built| built.map(|(built, _)| built)), installed)
    }

    /// Builds an image by a policy, and returns its final plan, too.
    pub(super) fn build_and_plan(
        &self,
        image: &Image,
        engine: EnginePolicy,
        compression: Compression,
    ) -> (ByEngine<(Built, Plan)>, Installed) {
        let mut plan = self.planned(image);
        let progress = Progress::silent();
        let settings = Settings { compression, epoch: Epoch::default() };
        let mut staged = self.staged(&plan);
        let keys = CacheKeys::default();
        let (mut below, mut installed) = (Vec::new(), SmallMap::new());
        let mut known = Vec::new();
        while below.len() < plan.layers.len() {
            let all = engine.builds_every_layer().then_some(plan.layers.len());
            let Some(end) = plan.next_engine_part(below.len()).or(all) else { break };
            let lower = layers::ensure_lower(
                &plan,
                &below,
                end,
                engine,
                &self.env(&staged, &keys, settings, &progress),
            );
            installed.extend(lower.installed);
            let lower = match lower.layers {
                Ok(Some(lower)) => lower,
                Ok(None) => return (Ok(None), installed),
                Err(error) => return (Err(error), installed),
            };
            known.push(KnownTree { parts: lower.layers.len(), index: lower.index, owners: lower.owners });
            let resolved = self.resolve(image, &known, &lower.layers);
            let fatal: Vec<_> =
                resolved.findings.iter().filter(|found| found.severity == Severity::Fatal).collect();
            assert!(fatal.is_empty(), "{fatal:#?}");
            plan = resolved.plan.unwrap();
            self.take_files(&plan, &lower.layers);
            staged.add_planned(&plan.layers, self.input_files()).unwrap();
            below = lower.layers;
        }
        let env = self.env(&staged, &keys, settings, &progress);
        let parts = image::write_layers(&plan, &below, &env).unwrap();
        let layers = match merge_parts(&plan, &parts, &env) {
            Ok(layers) => layers,
            Err(error) => return (Err(error), installed),
        };
        let built = image::finish(&plan, layers, &env);
        (Ok(Some((built.unwrap(), plan))), installed)
    }

    fn env<'a>(
        &'a self,
        staged: &'a Inputs,
        keys: &'a CacheKeys,
        settings: Settings,
        progress: &'a Progress,
    ) -> BuildEnv<'a> {
        let (base, cache, store, root) = (&self.base, &self.cache, &self.store, &*self.workspace.root);
        BuildEnv { root, staged, base, cache, store, settings, keys, pins: false, progress }
    }

    /// Emits an image's context, as it is after a build.
    pub(crate) fn emit(&self, image: &Image, to: &Utf8Path) {
        let (built, _) = self.build_and_plan(image, EnginePolicy::Any, Compression::Zstd);
        let (_, plan) = built.unwrap().unwrap();
        emit::emit(&plan, &self.staged(&plan), &self.base, self.cache.blobs(), to).unwrap();
    }

    /// Emits an image's context before any build.
    pub(crate) fn emit_first(&self, image: &Image, to: &Utf8Path) -> Result<(), EmitError> {
        let plan = self.planned(image);
        emit::emit(&plan, &self.staged(&plan), &self.base, self.cache.blobs(), to)
    }

    /// Returns what planning and checks find once an engine has built the first layer of an image in which
    /// something runs.
    pub(crate) fn final_findings(&self, image: &Image) -> Vec<Finding> {
        let plan = self.planned(image);
        let (staged, progress) = (self.staged(&plan), Progress::silent());
        let settings = Settings { compression: Compression::Zstd, epoch: Epoch::default() };
        let (base, cache, store, root) = (&self.base, &self.cache, &self.store, &*self.workspace.root);
        let (staged, progress, keys) = (&staged, &progress, &CacheKeys::default());
        let env = BuildEnv { root, staged, base, cache, store, settings, keys, pins: false, progress };
        let end = plan.next_engine_part(0).unwrap();
        let lower = layers::ensure_lower(&plan, &[], end, EnginePolicy::Any, &env).layers.unwrap().unwrap();
        let below = Base { index: Arc::clone(&lower.index), ..self.base.clone() };
        let known = [KnownTree { parts: end, index: lower.index, owners: lower.owners }];
        let resolved = self.resolve(image, &known, &lower.layers);
        let (mut findings, plan) = (resolved.findings, resolved.plan.unwrap());
        findings.extend(check::unknown_allowances(&Checks::default(), &plan));
        let contents = Contents::of(&plan.layers);
        let subject = Subject::on(&plan, &self.base, &below, &known, &contents);
        findings.extend(check::run(&Checks::default().all(), Phase::Tree, &subject));
        findings.extend(check::run(&Checks::default().all(), Phase::Inputs, &subject));
        findings
    }

    /// skopeo's name of an image in the store.
    pub(crate) fn reference(&self, name: &str) -> String {
        format!("oci:{}:{name}", self.store.layout.root())
    }
}

fn root(directory: &TempDir) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(directory.path().canonicalize().unwrap()).unwrap()
}
