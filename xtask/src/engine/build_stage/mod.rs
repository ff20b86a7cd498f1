//! The build stages of a plan: an engine runs each in its builder image, and its results are cached by its inputs. A
//! stage without steps is another image, which is read without an engine.
//! Where a result goes in the image does not matter to a stage.

mod containerfile;
mod embedded;
mod error;
mod job;
mod other_image;
mod sources;
mod unkept;

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake_oci::tree::Kind;

pub(crate) use self::error::BuildStageError;
use self::error::Cause;
use self::job::StageJob;
use super::cached::{self, CachedJob as _};
use crate::base::Cache;
use crate::engine::EnginePolicy;
use crate::plan::{Compiled, PlannedBuildStage, Product};
use crate::project::assets::{SourceError, SourceFile};
use crate::project::workspace::Workspace;
use crate::store::Store;
use crate::support::explain::Located;
use crate::support::progress::Progress;
use crate::support::small_map::SmallMap;

/// The environment in which build stages run.
#[derive(Clone, Copy)]
pub(crate) struct BuilderEnv<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) cache: &'a Cache,
    pub(crate) store: &'a Store,
    pub(crate) engine: EnginePolicy,
    /// No registry is asked for a builder image.
    pub(crate) offline: bool,
    pub(crate) progress: &'a Progress,
}

/// Runs the build stages whose results are not cached, and returns the file of each result.
pub(crate) fn ensure(
    stages: &[PlannedBuildStage],
    env: &BuilderEnv<'_>,
) -> Result<SmallMap<Compiled, Utf8PathBuf>, Located<BuildStageError>> {
    let mut built = SmallMap::new();
    for (index, stage) in stages.iter().enumerate() {
        let folder = ensure_one(stage, env).map_err(|source| located(source.of(stage), stage))?;
        for (number, product) in stage.results.iter().enumerate() {
            let product = product.clone();
            built.insert(Compiled { stage: index, product }, folder.join(number.to_string()));
        }
    }
    Ok(built)
}

/// Returns the directories and files that stages have made in an earlier build, without those of cargo.
pub(crate) fn kept(stages: &[PlannedBuildStage], env: &BuilderEnv<'_>) -> SmallMap<Compiled, Utf8PathBuf> {
    let mut kept = SmallMap::new();
    for (index, stage) in stages.iter().enumerate() {
        if !stage.results.iter().any(Product::is_of_tree) {
            continue;
        }
        // A stage that has to run is run when the image is built.
        let folder = StageJob::new(stage, env).and_then(|job| Ok(job.cached(&job.key()?)));
        let Ok(Some(folder)) = folder else { continue };
        for (number, product) in stage.results.iter().enumerate().filter(|(_, product)| product.is_of_tree())
        {
            let product = product.clone();
            kept.insert(Compiled { stage: index, product }, folder.join(number.to_string()));
        }
    }
    kept
}

/// Adds to the files of a result what they have in their stage. Those of a stage that an engine ran have it themselves, but
/// for the owners, which are those of this machine.
pub(crate) fn add_unkept(
    stage: &PlannedBuildStage,
    product: &Product,
    path: &Utf8Path,
    tree: &mut BTreeMap<String, Kind<SourceFile>>,
) -> Result<(), SourceError> {
    if other_image::is_of(stage) { unkept::add(stage, product, path, tree) } else { Ok(()) }
}

fn ensure_one(stage: &PlannedBuildStage, env: &BuilderEnv<'_>) -> Result<Utf8PathBuf, Cause> {
    let job = StageJob::new(stage, env)?;
    if other_image::is_of(stage) {
        return job.taken();
    }
    cached::ensure(&job, env.engine, env.store)?.ok_or(Cause::EngineNeeded)
}

fn located(source: Cause, stage: &PlannedBuildStage) -> Located<BuildStageError> {
    let site = Some(source.site(stage));
    let (reference, has_steps) = (stage.reference.clone(), stage.has_steps());
    Located { error: BuildStageError { reference, has_steps, source }, site }
}
