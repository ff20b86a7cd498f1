//! One build stage, run by an engine in its builder image.

use std::collections::BTreeMap;
use std::fs::{self, File};

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::TransportRef;

use super::containerfile::{StageImages, containerfile};
use super::error::{Cause, failed};
use super::{BuilderEnv, other_image, sources, unkept};
use crate::base;
use crate::emit;
use crate::engine::cached::{CachedJob, Context};
use crate::engine::job_name::below;
use crate::engine::results::write_empty_image;
use crate::engine::unfinished::label;
use crate::engine::{Engine, EngineError, Job, Secrets, layers};
use crate::image::Epoch;
use crate::inputs::{Files, LayerInputs};
use crate::plan::{ContextFile, PlannedBuildStage, Product};
use crate::project::assets::scan_result;
use crate::store::Scratch;
use crate::support::module_signature::is_signed;
use lapstrake_oci::tree::Kind;
use lapstrake_oci::{Digest, Layout};

/// Grows with every change of what is done in a stage.
const VERSION: u32 = 2;
/// The folder of the context for the results, which is not a part of what the steps see.
const RESULTS: &str = "results";

pub(super) struct StageJob<'a> {
    stage: &'a PlannedBuildStage,
    env: &'a BuilderEnv<'a>,
    files: BTreeMap<String, Kind<ContextFile>>,
    staged: LayerInputs,
}

impl<'a> StageJob<'a> {
    /// Gathers the files that the stage reads, and their digests.
    pub(super) fn new(stage: &'a PlannedBuildStage, env: &'a BuilderEnv<'a>) -> Result<Self, Cause> {
        let mut files = stage.context.clone();
        if !stage.compile.is_empty() {
            files.extend(sources::needed(&stage.compile, env.workspace)?);
        }
        let staged = LayerInputs::of_context(
            &files,
            Files { digests: env.store.digests(), read: env.cache.blobs(), root: &env.workspace.root },
        )?;
        Ok(Self { stage, env, files, staged })
    }

    /// Returns the results of a stage without steps: from the cache, or read out of its image.
    pub(super) fn taken(&self) -> Result<Utf8PathBuf, Cause> {
        let key = self.key()?;
        if let Some(kept) = self.cached(&key) {
            return Ok(kept);
        }
        let store = self.env.store;
        let keeping = |source| Cause::Keep { folder: store.root().to_owned(), source };
        let scratch = store.paths().scratch(Scratch::EngineJob).map_err(keeping)?;
        let results = scratch.path().join(RESULTS);
        fs::create_dir(&results).map_err(keeping)?;
        let unkept = other_image::take(self.stage, self.env, &results)?;
        let count = unkept::write(self.stage, &unkept, &results).map_err(keeping)?;
        store.keep_stage(&key, count, &results).map_err(keeping)
    }

    /// Returns the image that FROM names, which is then in the engine's storage or in the context.
    fn from(&self, engine: &'static dyn Engine, context: &Context) -> Result<String, Cause> {
        match &self.stage.location {
            TransportRef::Registry(registry) => {
                let pinned = format!("{}@{}", registry.repository(), self.stage.digest);
                let stored = match engine.image_id(&pinned)? {
                    Some(id) => id,
                    None if self.env.offline => return Err(Cause::Offline),
                    None => {
                        engine.pull(&pinned, self.env.progress)?;
                        // An engine that has no id for it finds it by its name.
                        engine.image_id(&pinned)?.unwrap_or(pinned)
                    }
                };
                name_builder(engine, &stored, context)
            }
            TransportRef::ContainersStorage(_) => name_builder(engine, &self.stage.digest.hex(), context),
            TransportRef::Oci { .. } | TransportRef::OciArchive { .. } | TransportRef::StandIn => {
                self.write_builder(context)
            }
        }
    }

    /// Writes a builder image that is a folder or a file to the context.
    fn write_builder(&self, context: &Context) -> Result<String, Cause> {
        let name = &context.name;
        // podman 4 names the image by the folder of the layout, and podman 5 by its tag.
        let tag = below(name);
        let layout = Layout::create_or_open(&context.path().join(name))?;
        let image = base::lone_image(&self.stage.location, &self.stage.digest, self.env.cache)?;
        let labelled = image.put_in(&layout).and_then(|descriptor| label(&layout, &descriptor, &tag));
        layout.tag(&tag, &labelled.map_err(|source| context.failed(source))?)?;
        Ok(format!("oci:{name}:{tag}"))
    }

    /// Checks that a kernel module is signed if the stage signs it. A result that is one file has no name of its own.
    fn check_signature(&self, path: &Utf8Path, product: &Product) -> Result<(), Cause> {
        let name = match product {
            Product::Path(module) if self.stage.signed.contains(module) => Utf8Path::new(module.as_str()),
            Product::Tree(directory) if self.stage.signed.contains(directory) => path,
            _ => return Ok(()),
        };
        let is_signed = || File::open(path).and_then(is_signed);
        if name.extension() != Some("ko") || is_signed().map_err(failed(path))? {
            return Ok(());
        }
        Err(Cause::Unsigned { module: name.file_name().unwrap_or_default().to_owned() })
    }

    /// Returns the name by which cargo's caches of this workspace and this builder image are distinguished from those of
    /// others in the same engine.
    fn caches(&self) -> String {
        let digest = Digest::of(format!("{} {}", self.env.workspace.root, self.stage.digest).as_bytes());
        digest.hex()[..16].to_owned()
    }
}

/// Returns the regular files of a result.
fn files(path: &Utf8Path, product: &Product) -> Result<Vec<Utf8PathBuf>, Cause> {
    match product {
        Product::Path(file) if path.is_dir() => Err(Cause::NoFile { path: file.clone(), of: "stage" }),
        Product::Path(_) | Product::Artefact(_) | Product::Layout => Ok(vec![path.to_owned()]),
        Product::Tree(directory) if path.is_file() => {
            Err(Cause::NoDirectory { path: directory.clone(), of: "stage" })
        }
        Product::Tree(_) => {
            let members = scan_result(path)?;
            let files = members.values().filter_map(|member| member.file().map(|file| file.path.clone()));
            Ok(files.collect())
        }
    }
}

/// Gives a builder image of the engine's storage a name of this job, and returns the name.
fn name_builder(engine: &dyn Engine, stored: &str, context: &Context) -> Result<String, Cause> {
    engine.name_below(stored, &context.name)?;
    Ok(below(&context.name))
}

impl CachedJob for StageJob<'_> {
    /// The folder of the results: a file for each of them, by number.
    type Made = Utf8PathBuf;
    type Kept = Utf8PathBuf;
    type Error = Cause;

    fn key(&self) -> Result<Digest, Cause> {
        let mut inputs = serde_json::json!({
            "version": VERSION,
            "builder": self.stage.digest,
            "steps": containerfile(self.stage, StageImages { builder: "", results: "scratch" }, ""),
            "network": self.stage.wants_network(),
            "read": layers::read(&self.files, &self.staged),
        });
        if other_image::is_of(self.stage) {
            inputs["unkept"] = serde_json::json!(unkept::VERSION);
        }
        if self.stage.results.contains(&Product::Layout) {
            inputs["layout"] = serde_json::json!(self.stage.listed());
        }
        Ok(Digest::of(&serde_json::to_vec(&inputs).map_err(Cause::CacheKey)?))
    }

    fn cached(&self, key: &Digest) -> Option<Utf8PathBuf> {
        self.env.store.stage(key)
    }

    fn secrets(&self) -> Result<Secrets, Cause> {
        let secrets = self.stage.runs.iter().flat_map(|run| &run.secrets);
        Ok(Secrets::read(secrets, &self.env.workspace.root)?)
    }

    fn report(&self, engine: &dyn Engine) {
        let reference = &self.stage.reference;
        self.env.progress.status("Compiling", format_args!("in {reference}, by {}", engine.name()));
    }

    fn write_context(&self, engine: &'static dyn Engine, context: &Context) -> Result<(), Cause> {
        let root = context.path();
        let results = write_empty_image(&context.name, root).map_err(|source| context.failed(source))?;
        let builder = self.from(engine, context)?;
        let from = StageImages { builder: &builder, results: &results };
        let text = containerfile(self.stage, from, &self.caches());
        let written = emit::write_files(&self.files, &self.staged, root)
            .and_then(|()| fs::write(root.join("Containerfile"), text))
            .and_then(|()| fs::create_dir(root.join(RESULTS)));
        written.map_err(|source| context.failed(source).into())
    }

    fn wants_network(&self) -> bool {
        self.stage.wants_network()
    }

    fn epoch(&self) -> Epoch {
        Epoch::default()
    }

    fn run(&self, engine: &'static dyn Engine, job: &Job<'_>) -> Result<Utf8PathBuf, EngineError> {
        let results = job.context.join(RESULTS);
        engine.run_stages(job, &results, self.env.progress)?;
        Ok(results)
    }

    fn keep(
        &self,
        key: &Digest,
        results: Utf8PathBuf,
        secrets: &Secrets,
        _: &'static dyn Engine,
    ) -> Result<Utf8PathBuf, Cause> {
        for (number, product) in self.stage.results.iter().enumerate() {
            for path in files(&results.join(number.to_string()), product)? {
                let found = File::open(&path).and_then(|file| secrets.find_in(file));
                let found = found.map_err(|source| Cause::Result { path: path.clone(), source })?;
                if let Some(id) = found {
                    return Err(Cause::Leaked { product: product.to_string(), id: id.clone() });
                }
                self.check_signature(&path, product)?;
            }
        }
        let kept = self.env.store.keep_stage(key, self.stage.results.len(), &results);
        kept.map_err(|source| Cause::Keep { folder: self.env.store.root().to_owned(), source })
    }
}
