//! The pipeline: what the commands are made of, in the order in which data flows. Each step is a
//! function of its room; here is only their order, and what they share.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use camino::Utf8PathBuf;
use lapstrake::value::{Architecture, ImageName};
use lapstrake::{Given, Image, Location};

use crate::analyze;
use crate::base::{self, Base, BaseError, Cache};
use crate::check::{self, Check, Checks, Contents, Stage, Subject};
use crate::compile::{self, CompileError, Passed};
use crate::deliver::DeliverError;
use crate::emit::{self, EmitError};
use crate::finding::{Finding, Findings};
use crate::lock::{Lock, LockError};
use crate::native::{self, Built, NativeError, Settings, Workbench, WrittenLayer};
use crate::oci::Compression;
use crate::plan::{self, CargoOptions, Laid, Plan};
use crate::prefix::{self, Engine, Prefix, PrefixError};
use crate::progress::{Colour, Progress, ProgressMode};
use crate::source::{self, Sources};
use crate::stage::{Artefacts, StageError, Staged};
use crate::store::{Store, StoreError};
use crate::workspace::{Workspace, WorkspaceError};

/// What every command is given.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) cargo: CargoOptions,
    pub(crate) passed: Passed,
    /// `--base`: builds on another base than described; it is not locked.
    pub(crate) base: Option<Location>,
    pub(crate) locked: bool,
    /// `lock --update`: pins are made anew.
    pub(crate) update: bool,
    /// How layers are compressed; a kept layer is one that was compressed so.
    pub(crate) compression: Compression,
}

/// A workspace at work: read once, its bases opened once.
pub(crate) struct Session<'a> {
    pub(crate) workspace: Workspace,
    request: Request,
    cache: Cache,
    lock: Lock,
    bases: BTreeMap<(Location, Option<Architecture>), Rc<Base>>,
    progress: &'a Progress,
}

/// An image that has a plan, and the base it was planned on.
pub(crate) struct Planned {
    pub(crate) plan: Plan,
    pub(crate) base: Rc<Base>,
    pub(crate) ground: Ground,
    described: Rc<Described>,
    contents: Contents,
}

/// What a plan is made of, to be made again once more is known of what lies below.
struct Described {
    image: Image,
    sources: Rc<Sources>,
}

/// What the layers that this process writes stand on: the base, or the layers that an engine made on it.
#[derive(Clone)]
pub(crate) struct Ground {
    /// The base, with the tree that these layers make of it.
    below: Rc<Base>,
    pub(crate) layers: Vec<WrittenLayer>,
    laid: check::Laid,
}

/// An image all of whose bytes are known.
pub(crate) struct Ready {
    pub(crate) plan: Plan,
    pub(crate) base: Rc<Base>,
    pub(crate) ground: Ground,
    described: Rc<Described>,
    contents: Contents,
    staged: Staged,
}

/// A step failed, for reasons outside of the description.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the workspace can't be read")]
    Workspace(#[from] WorkspaceError),
    #[error("the cache can't be used")]
    Cache(#[source] BaseError),
    #[error("the lock file can't be used")]
    Lock(#[from] LockError),
    #[error("the binaries of image `{image}` can't be compiled")]
    Compile { image: ImageName, source: CompileError },
    #[error("the files of image `{image}` can't be staged")]
    Stage { image: ImageName, source: StageError },
    #[error("the files of image `{image}` can't be looked at")]
    Read { image: ImageName, source: std::io::Error },
    #[error(
        "layer `{layer}` of image `{image}` runs something inside the image, and `--engine native` runs nothing"
    )]
    Engine { image: ImageName, layer: String },
    #[error("image `{image}` can't be built")]
    Prefix { image: ImageName, source: Box<PrefixError> },
    #[error("image `{image}` can't be built")]
    Build { image: ImageName, source: Box<NativeError> },
    #[error("image `{image}` can't be written as a context")]
    Emit { image: ImageName, source: EmitError },
    #[error("image `{image}` can't be delivered")]
    Deliver { image: ImageName, source: DeliverError },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Epoch(#[from] native::EpochError),
}

impl Failure {
    /// One line to paste.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Lock(error) => error.help().map(str::to_owned),
            Self::Compile { source, .. } => source.help().map(str::to_owned),
            Self::Engine { .. } => Some("leave `--engine` out: podman or buildah does that part".to_owned()),
            Self::Prefix { source, .. } => source.help(),
            Self::Deliver { source, .. } => source.help().map(str::to_owned),
            Self::Emit { source: EmitError::Foreign { .. }, .. } => {
                Some("name another folder with `--output DIR`".to_owned())
            }
            _ => None,
        }
    }
}

impl<'a> Session<'a> {
    /// Reads the workspace and its lock.
    pub(crate) fn open(request: Request, progress: &'a Progress) -> Result<Self, Failure> {
        let workspace = Workspace::read(request.passed.target_dir.as_deref())?;
        let cache = Cache::open().map_err(Failure::Cache)?;
        let lock = Lock::read(&workspace.root)?;
        Ok(Self { workspace, request, cache, lock, bases: BTreeMap::new(), progress })
    }

    /// description → plan. Images that can't be planned are left out, and findings say why.
    pub(crate) fn plan(&mut self, images: &[&Image]) -> (Vec<Planned>, Findings) {
        let mut findings = Findings::default();
        let sources = Rc::new(source::scan(images.iter().copied(), &self.workspace.root));
        let mut planned = Vec::new();
        for image in images {
            let name = image.name().get().ok();
            let base = match self.base(image) {
                Ok(base) => base,
                Err(finding) => {
                    findings.add(name, vec![*finding]);
                    continue;
                }
            };
            let mut resolved =
                plan::resolve(image, &self.workspace, &sources, &base, None, &self.request.cargo);
            resolved.plan.iter_mut().for_each(|plan| self.pin_packages(plan));
            let described = Rc::new(Described { image: (*image).clone(), sources: Rc::clone(&sources) });
            let Some(plan) = resolved.plan else {
                findings.add(name, resolved.findings);
                continue;
            };
            if let Some((planned_again, found)) = self.on_kept_prefix(&plan, &base, &described) {
                findings.add(name, found);
                planned.push(planned_again);
            } else {
                findings.add(name, resolved.findings);
                let contents = Contents::of(&plan.layers);
                let (below, laid) = (Rc::clone(&base), check::Laid::default());
                let ground = Ground { below, layers: Vec::new(), laid };
                planned.push(Planned { plan, base, ground, described, contents });
            }
        }
        (planned, findings)
    }

    /// The plan on the layers that an engine made in an earlier build, where all of them are kept. One that
    /// holds a binary of cargo's is known only once that is built.
    fn on_kept_prefix(
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
        let store = Store::open_existing(&self.workspace.target)?;
        let staged = Staged::of(prefix, Artefacts::default()).ok()?;
        let settings =
            Settings { compression: self.request.compression, epoch: native::Epoch::of_environment().ok()? };
        let bench = Workbench {
            staged: &staged,
            base,
            cache: &self.cache,
            store: &store,
            settings,
            progress: self.progress,
        };
        let prefix = prefix::lay(plan, count, false, Engine::Idle, &bench).ok()??;
        let (plan, ground, findings) = self.plan_on(prefix, base, described);
        let contents = Contents::of(&plan.as_ref()?.layers);
        Some((
            Planned { plan: plan?, base: Rc::clone(base), ground, described: Rc::clone(described), contents },
            findings,
        ))
    }

    /// Fills in what the lock says that packages come to.
    fn pin_packages(&self, plan: &mut Plan) {
        let architecture = plan.base.architecture;
        for layer in plan.layers.iter_mut().filter(|layer| !layer.packages.is_empty()) {
            let known = self.lock.packages(&plan.name, &layer.name, architecture, &layer.packages);
            layer.locked_packages = known.cloned();
        }
    }

    /// The plan once more, on the layers that an engine made.
    fn plan_on(
        &self,
        prefix: Prefix,
        base: &Rc<Base>,
        described: &Described,
    ) -> (Option<Plan>, Ground, Vec<Finding>) {
        let Prefix { layers, made, index, .. } = prefix;
        let laid = Laid { layers: layers.len(), index: &index };
        let Described { image, sources } = described;
        let mut resolved =
            plan::resolve(image, &self.workspace, sources, base, Some(laid), &self.request.cargo);
        resolved.plan.iter_mut().for_each(|plan| self.pin_packages(plan));
        let below = Rc::new(Base { index: Arc::clone(&index), ..(**base).clone() });
        let laid = check::Laid { layers: layers.len(), made };
        (resolved.plan, Ground { below, layers, laid }, resolved.findings)
    }

    /// exact bytes → the layers that an engine has to make, made or found. What was found on the way is
    /// only what is new with them.
    pub(crate) fn lay(
        &mut self,
        ready: Ready,
        store: &Store,
        settings: Settings,
        engine: Engine,
        all_by_engine: bool,
    ) -> Result<(Ready, Vec<Finding>), Failure> {
        let count = if all_by_engine { ready.plan.layers.len() } else { ready.plan.prefix() };
        if count == 0 || !ready.ground.layers.is_empty() && !all_by_engine {
            return Ok((ready, Vec::new()));
        }
        let unpinned =
            |layer: &&plan::PlannedLayer| !layer.packages.is_empty() && layer.locked_packages.is_none();
        if let Some(layer) = ready.plan.layers.iter().find(unpinned).filter(|_| self.request.locked) {
            return Err(self.lock.unpinned(&ready.plan.name, &layer.name).into());
        }
        let Ready { plan, base, described, contents, staged, .. } = ready;
        let bench = Workbench {
            staged: &staged,
            base: &base,
            cache: &self.cache,
            store,
            settings,
            progress: self.progress,
        };
        let failed = |source| Failure::Prefix { image: plan.name.clone(), source: Box::new(source) };
        let laid = prefix::lay(&plan, count, all_by_engine, engine, &bench).map_err(failed)?;
        let Some(prefix) = laid else {
            let layer = plan.layers.iter().find(|layer| layer.needs_engine());
            let layer = layer.map(|layer| layer.name.to_string()).unwrap_or_default();
            return Err(Failure::Engine { image: plan.name, layer });
        };
        for (name, installed) in &prefix.installed {
            let asked =
                plan.layers.iter().find(|layer| layer.name == *name).map(|layer| layer.packages.clone());
            let on = plan.base.architecture;
            self.lock.set_packages(&plan.name, name, on, asked.unwrap_or_default(), installed.clone());
        }
        self.save_lock()?;
        let (again, ground, findings) = self.plan_on(prefix, &base, &described);
        let plan = again.unwrap_or(plan);
        Ok((Ready { plan, base, ground, described, contents, staged }, findings))
    }

    /// The base of an image, opened once however many images stand on it.
    fn base(&mut self, image: &Image) -> Result<Rc<Base>, Box<Finding>> {
        let site = image.base().site();
        let invalid = |error| Box::new(Finding::invalid(error, site));
        let described = image.base().location().map_err(invalid)?;
        let given = image.base().wanted_architecture().map_err(invalid)?;
        let wanted = given.or_else(|| self.architecture_of_target());
        let location = self.request.base.as_ref().unwrap_or(described).clone();
        let key = (location.clone(), wanted);
        if let Some(open) = self.bases.get(&key) {
            return Ok(Rc::clone(open));
        }
        let locks = self.request.base.is_none();
        let pin = match wanted.or_else(Architecture::host) {
            // The stand-in is the tool's own, as std is rustc's: it moves with the tool.
            Some(_) if location == Location::StandIn => None,
            Some(architecture) if locks && !self.request.update => {
                self.lock.pin(&location, architecture).cloned()
            }
            _ => None,
        };
        let place = if locks { self.absolute(&location) } else { location.clone() };
        let opened = base::open(&place, &location, wanted, pin.as_ref(), &self.cache, self.progress);
        // Which architecture a lone image has is only known now, and with it the pin.
        let opened = match opened {
            Ok(base) if locks && !self.request.update && pin.is_none() && location != Location::StandIn => {
                match self.lock.pin(&location, base.architecture).cloned() {
                    Some(held) if held != base.digest => {
                        let on = Some(base.architecture);
                        base::open(&place, &location, on, Some(&held), &self.cache, self.progress)
                    }
                    _ => Ok(base),
                }
            }
            other => other,
        };
        let opened = Rc::new(opened.map_err(|error| Box::new(error.into_finding(site)))?);
        if opened.digest != opened.resolved_now {
            let (pinned, now) = (&opened.digest, &opened.resolved_now);
            self.progress.status("Pinned", format_args!("{location} to {pinned}; it is {now} now"));
        }
        if locks {
            self.lock.set(&location, opened.architecture, &opened.digest);
        }
        self.bases.insert(key, Rc::clone(&opened));
        Ok(opened)
    }

    fn architecture_of_target(&self) -> Option<Architecture> {
        let target = self.request.cargo.target.as_deref()?;
        Architecture::parse(target.split('-').next()?).ok()
    }

    /// Paths of a description start at the workspace's root.
    fn absolute(&self, location: &Location) -> Location {
        let rooted = |path: &Utf8PathBuf| self.workspace.root.join(path);
        match location {
            Location::Oci { dir, tag } => Location::Oci { dir: rooted(dir), tag: tag.clone() },
            Location::OciArchive { file, tag } => {
                Location::OciArchive { file: rooted(file), tag: tag.clone() }
            }
            other => other.clone(),
        }
    }

    /// Writes the lock; with `--locked` a change of it is a failure.
    pub(crate) fn save_lock(&self) -> Result<(), Failure> {
        Ok(self.lock.save(self.request.locked)?)
    }

    /// As [`save_lock`](Self::save_lock), but nothing is written.
    pub(crate) fn check_lock(&self) -> Result<(), Failure> {
        if self.request.locked { self.save_lock() } else { Ok(()) }
    }

    /// Opens the base of every image, and so pins it.
    pub(crate) fn open_bases(&mut self, images: &[Image]) -> Findings {
        let mut findings = Findings::default();
        for image in images {
            if let Err(finding) = self.base(image) {
                findings.add(image.name().get().ok(), vec![*finding]);
            }
        }
        findings
    }

    /// What is pinned, in words.
    pub(crate) fn pins(&self) -> String {
        self.lock.to_string()
    }

    /// Forgets what packages came to.
    pub(crate) fn forget_packages(&mut self) {
        self.lock.forget_packages();
    }

    /// Drops the pins of bases that no image stands on.
    pub(crate) fn prune_lock(&mut self, images: &[Image]) {
        let locations = images.iter().filter_map(|image| image.base().location().ok());
        self.lock.retain(&locations.map(ToString::to_string).collect::<Vec<_>>());
    }

    /// plan → executables → exact bytes.
    pub(crate) fn stage(&self, planned: Planned) -> Result<Ready, Failure> {
        let Planned { plan, base, ground, described, mut contents } = planned;
        let image = || plan.name.clone();
        let compiled = compile::compile(&plan, &self.workspace, &self.request.passed, self.progress);
        let artefacts = compiled.map_err(|source| Failure::Compile { image: image(), source })?;
        let staged = Staged::of(&plan.layers, artefacts)
            .map_err(|source| Failure::Stage { image: image(), source })?;
        contents
            .add(&plan.layers, &staged, &self.cache)
            .map_err(|source| Failure::Read { image: image(), source })?;
        Ok(Ready { plan, base, ground, described, contents, staged })
    }

    /// exact bytes → OCI image, in the store.
    pub(crate) fn build(&self, ready: &Ready, store: &Store, settings: Settings) -> Result<Built, Failure> {
        let Ready { plan, base, ground, staged, .. } = ready;
        let (cache, progress) = (&self.cache, self.progress);
        let bench = Workbench { staged, base, cache, store, settings, progress };
        native::build(plan, &ground.layers, &bench)
            .map_err(|source| Failure::Build { image: plan.name.clone(), source: Box::new(source) })
    }

    /// exact bytes → Containerfile and context, in a folder.
    pub(crate) fn emit(&self, ready: &Ready, to: &camino::Utf8Path) -> Result<(), Failure> {
        let Ready { plan, base, staged, .. } = ready;
        emit::emit(plan, staged, base, self.cache.blobs(), to)
            .map_err(|source| Failure::Emit { image: plan.name.clone(), source })
    }
}

/// plan → findings, before cargo has run.
pub(crate) fn check_tree(planned: &Planned, checks: &[Check]) -> Vec<Finding> {
    let Planned { plan, base, ground, contents, .. } = planned;
    check::run(checks, Stage::Tree, &Subject::on(plan, base, &ground.below, &ground.laid, contents))
}

/// plan → findings of systemd itself, where this machine has it and the check is wanted.
pub(crate) fn check_units(planned: &Planned, checks: &[Check]) -> Vec<Finding> {
    let Planned { plan, base, ground, contents, .. } = planned;
    let wanted = checks.iter().find(|check| check.name == check::SYSTEMD_ANALYZE.name);
    let subject = Subject::on(plan, base, &ground.below, &ground.laid, contents);
    wanted.map(|check| check::told(check, analyze::analyze(&subject), &subject)).unwrap_or_default()
}

/// exact bytes → findings.
pub(crate) fn check_staged(ready: &Ready, checks: &[Check]) -> Vec<Finding> {
    let Ready { plan, base, ground, contents, .. } = ready;
    check::run(checks, Stage::Staged, &Subject::on(plan, base, &ground.below, &ground.laid, contents))
}

/// What the tree shows once an engine has made its layers: what could only be guessed at before.
pub(crate) fn check_laid(ready: &Ready, checks: &[Check]) -> Vec<Finding> {
    let Ready { plan, base, ground, contents, .. } = ready;
    let subject = Subject::on(plan, base, &ground.below, &ground.laid, contents);
    let mut findings = check::run(checks, Stage::Tree, &subject);
    findings.extend(check::run(checks, Stage::Staged, &subject));
    findings
}

impl Checks {
    /// What is found in an image before anything is compiled, for a `#[test]` of a description or of a
    /// check: the plan's own findings, then the checks'. The image's binaries must exist as targets of
    /// the workspace; where it has none, checks of staged files run too.
    ///
    /// ```
    /// use lapstrake_xtask::check::Checks;
    /// use lapstrake_xtask::prelude::*;
    ///
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(Checks::default().findings(&image), []);
    /// ```
    ///
    /// # Panics
    /// When no cargo workspace is around, or the cache can't be written: a test can't go on then.
    pub fn findings(&self, image: &Image) -> Vec<Finding> {
        match self.try_findings(image) {
            Ok(findings) => findings,
            Err(failure) => {
                let causes =
                    std::iter::successors(std::error::Error::source(&failure), |error| error.source());
                let causes: String = causes.map(|cause| format!(": {cause}")).collect();
                panic!("{failure}{causes}")
            }
        }
    }

    fn try_findings(&self, image: &Image) -> Result<Vec<Finding>, Failure> {
        let progress = Progress::new(ProgressMode::None, true, Colour::Never);
        let mut session = Session::open(Request::default(), &progress)?;
        let checks = self.all();
        let (planned, mut findings) = session.plan(&[image]);
        for planned in planned {
            findings.add(None, check::unknown_allowances(self, &planned.plan));
            findings.add(None, check_tree(&planned, &checks));
            let has_binaries = !planned.plan.compile.is_empty();
            if !has_binaries && !findings.any_fatal() {
                let ready = session.stage(planned)?;
                findings.add(None, check_staged(&ready, &checks));
            }
        }
        Ok(findings.all().to_vec())
    }
}

/// Names that more than one image has, or that are none: findings of the description as a whole.
pub(crate) fn names(images: &[Image]) -> Findings {
    let mut findings = Findings::default();
    let mut first: BTreeMap<&ImageName, &Image> = BTreeMap::new();
    for image in images {
        let given: &Given<ImageName> = image.name();
        match given.get() {
            Err(error) => findings.add(None, vec![Finding::invalid(error, given.site())]),
            Ok(name) => {
                if let Some(first) = first.get(name) {
                    let message = format!("two images are named `{name}`");
                    let finding = Finding::fatal("duplicate-image", image.site(), message);
                    let finding = finding.also(first.site(), "first written here");
                    findings.add(None, vec![finding.help("give one of them another name")]);
                } else {
                    first.insert(name, image);
                }
            }
        }
    }
    findings
}
