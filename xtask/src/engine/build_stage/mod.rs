//! What the stages of a plan make: each is run by an engine in its builder image, once for all its inputs,
//! and what it gives is kept. Where that goes in the image is no matter of a stage.

mod containerfile;
mod sources;

use std::collections::BTreeMap;
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::SecretId;
use lapstrake::{Site, TransportRef};

use self::containerfile::containerfile;
use self::sources::SourcesError;
use crate::base::{self, BaseError, Cache, LocalImage};
use crate::emit;
use crate::engine::layers;
use crate::engine::{self, Engine, EngineError, Job, SecretError, Secrets};
use crate::image::Epoch;
use crate::inputs::{InputError, Inputs};
use crate::plan::{Compiled, PlannedBuildStage};
use crate::project::workspace::Workspace;
use crate::store::{Scratch, Store};
use crate::support::explain::Explain;
use crate::support::progress::Progress;
use lapstrake_oci::{Digest, Layout, LayoutError};

/// Grows with every change of what is done in a stage.
const VERSION: u32 = 2;

/// A stage could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildStageError {
    #[error("`{reference}` can't compile it")]
    Engine { reference: String, source: Box<EngineError> },
    #[error("the steps in `{reference}` made no `{product}`")]
    NoResult { reference: String, product: String },
    #[error("it is compiled in `{reference}`, and `--engine native` runs nothing")]
    Idle { reference: String },
    #[error("builder image `{reference}` is not in the engine's storage, and `--offline` was given")]
    Offline { reference: String },
    #[error("its steps can't have their secrets")]
    Secret(#[source] SecretError),
    #[error("`{product}` holds the secret `{id}`: a step wrote it there")]
    Leaked { product: String, id: SecretId },
    #[error("what cargo needs can't be gathered")]
    Sources(#[from] SourcesError),
    #[error("what the steps read can't be staged")]
    Read(#[source] InputError),
    #[error("its context can't be written")]
    Context(#[source] io::Error),
    #[error("its builder image can't be read")]
    Base(#[source] BaseError),
    #[error("builder image `{reference}` can't be taken in")]
    Builder { reference: String, source: LayoutError },
    #[error("what was built can't be kept in `{folder}`")]
    Keep { folder: Utf8PathBuf, source: io::Error },
    #[error("the cache_key of the stage can't be made")]
    CacheKey(#[source] serde_json::Error),
}

impl BuildStageError {
    /// What of a stage failed: the step, or the stage.
    fn site(&self, stage: &PlannedBuildStage) -> Site {
        let step = match self {
            Self::Engine { source, .. } => source.step(),
            _ => None,
        };
        step.and_then(|step| emit::named(&stage.runs, step)).map_or(stage.site, |run| run.site)
    }
}

impl Explain for BuildStageError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Engine { source, .. } => source.help(),
            Self::Idle { .. } => Some("leave `--engine` out: podman or buildah does that part".to_owned()),
            Self::Offline { .. } => Some("build once without `--offline`".to_owned()),
            Self::Secret(source) => source.help(),
            Self::Sources(source) => source.help(),
            Self::Leaked { id, .. } => {
                Some(format!("let the step read `/run/secrets/{id}` and write nothing of it"))
            }
            Self::NoResult { .. } => Some("let a step make it, or name what a step makes".to_owned()),
            Self::Base(source) => source.help(),
            Self::Read(_)
            | Self::Context(_)
            | Self::Builder { .. }
            | Self::Keep { .. }
            | Self::CacheKey(_) => None,
        }
    }
}

/// What stages are made with.
#[derive(Clone, Copy)]
pub(crate) struct BuilderEnv<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) cache: &'a Cache,
    pub(crate) store: &'a Store,
    pub(crate) engine: Engine,
    /// No registry is asked for a builder image.
    pub(crate) offline: bool,
    pub(crate) progress: &'a Progress,
}

/// Makes sure of all that these stages give. An error comes with the place of what failed.
pub(crate) fn make(
    stages: &[PlannedBuildStage],
    bench: &BuilderEnv<'_>,
) -> Result<BTreeMap<Compiled, Utf8PathBuf>, (BuildStageError, Site)> {
    let mut built = BTreeMap::new();
    for (index, stage) in stages.iter().enumerate() {
        let folder = one(stage, bench).map_err(|error| {
            let site = error.site(stage);
            (error, site)
        })?;
        for (number, product) in stage.results.iter().enumerate() {
            let product = product.clone();
            built.insert(Compiled { stage: index, product }, folder.join(number.to_string()));
        }
    }
    Ok(built)
}

/// The folder of what a stage gives: a file for each of its results, by number.
fn one(stage: &PlannedBuildStage, bench: &BuilderEnv<'_>) -> Result<Utf8PathBuf, BuildStageError> {
    let BuilderEnv { workspace, store, engine, progress, .. } = *bench;
    let mut context = stage.context.clone();
    if !stage.compile.is_empty() {
        context.extend(sources::needed(&stage.compile, workspace)?);
    }
    let staged = Inputs::of_context(&context, store.digests()).map_err(BuildStageError::Read)?;
    let cache_key = serde_json::json!({
        "version": VERSION,
        "builder": stage.digest,
        "steps": containerfile(stage, "", ""),
        "network": stage.wants_network(),
        "read": layers::read(&context, &staged),
    });
    let key = Digest::of(&serde_json::to_vec(&cache_key).map_err(BuildStageError::CacheKey)?);
    if let Some(folder) = store.stage(&key) {
        return Ok(folder);
    }
    let reference = || stage.reference.clone();
    let failed = |source: EngineError| match lacking(stage, &source) {
        Some(product) => BuildStageError::NoResult { reference: reference(), product },
        None => BuildStageError::Engine { reference: reference(), source: Box::new(source) },
    };
    let program = engine.program().map_err(failed)?;
    let program = program.ok_or_else(|| BuildStageError::Idle { reference: reference() })?;
    let secrets = stage.runs.iter().flat_map(|run| &run.secrets);
    let secrets = Secrets::read(secrets, &workspace.root).map_err(BuildStageError::Secret)?;
    progress.status("Compiling", format_args!("in {}, by {program}", stage.reference));
    let guard = store.paths().scratch(Scratch::Stage);
    let guard = guard.map_err(BuildStageError::Context)?;
    let root = Utf8Path::from_path(guard.path()).unwrap_or(store.root());
    let name = engine::name_of(root);
    let from = match &stage.location {
        TransportRef::Registry(registry) => {
            let pinned = format!("{}@{}", registry.repository(), stage.digest);
            if bench.offline && !engine::has_image(program, &pinned) {
                return Err(BuildStageError::Offline { reference: reference() });
            }
            engine::image(program, &pinned, progress).map_err(failed)?
        }
        TransportRef::ContainersStorage(_) => stage.digest.hex(),
        TransportRef::Oci { .. } | TransportRef::OciArchive { .. } | TransportRef::StandIn => {
            take_in(stage, root, &name, bench)?
        }
    };
    // What cargo keeps is this workspace's and this builder's, whatever else uses the same engine.
    let caches = Digest::of(format!("{} {}", workspace.root, stage.digest).as_bytes());
    let text = containerfile(stage, &from, &caches.hex()[..16]);
    emit::write_files(&context, &staged, root)
        .and_then(|()| fs::write(root.join("Containerfile"), text))
        .map_err(BuildStageError::Context)?;
    let results = root.join("results");
    fs::create_dir(&results).map_err(BuildStageError::Context)?;
    let job = Job {
        context: root,
        name: &name,
        network: stage.wants_network(),
        epoch: Epoch::default(),
        secrets: &secrets,
        results: Some(&results),
    };
    engine::extract(program, &job, progress).map_err(failed)?;
    for (number, product) in stage.results.iter().enumerate() {
        let path = results.join(number.to_string());
        let found = fs::File::open(&path).and_then(|file| secrets.find_in(file));
        if let Some(id) = found.map_err(BuildStageError::Context)? {
            let (product, id) = (product.to_string(), id.clone());
            return Err(BuildStageError::Leaked { product, id });
        }
    }
    let kept = store.keep_stage(&key, stage.results.len(), &results);
    kept.map_err(|source| BuildStageError::Keep { folder: store.root().to_owned(), source })
}

/// The result that a stage lacks when its steps are done, where that is why it failed.
fn lacking(stage: &PlannedBuildStage, error: &EngineError) -> Option<String> {
    let copied = error.step()?.strip_prefix("COPY --from=stage ")?;
    let (_, number) = copied.rsplit_once(" /")?;
    stage.results.iter().nth(number.parse().ok()?).map(ToString::to_string)
}

/// Puts a builder that is a folder or a file beside the context; gives what FROM says.
fn take_in(
    stage: &PlannedBuildStage,
    root: &Utf8Path,
    name: &str,
    bench: &BuilderEnv<'_>,
) -> Result<String, BuildStageError> {
    let failed = |source| BuildStageError::Builder { reference: stage.reference.clone(), source };
    // podman 4 calls it by its folder, podman 5 by its tag.
    let tag = format!("localhost/{name}");
    let layout = Layout::create_or_open(&root.join(name)).map_err(failed)?;
    let image = base::lone_image(&stage.location, &stage.digest, bench.cache);
    let LocalImage { descriptor, blobs, parts } = image.map_err(BuildStageError::Base)?;
    for (digest, size) in parts {
        layout.blobs().link_from(&blobs, &digest, size).map_err(BuildStageError::Context)?;
    }
    layout.tag(&tag, &descriptor).map_err(failed)?;
    Ok(format!("oci:{name}:{tag}"))
}
