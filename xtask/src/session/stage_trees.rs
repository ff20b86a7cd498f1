//! The directories that build stages made: a plan is made again once they are known.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use camino::Utf8PathBuf;
use lapstrake_oci::tree::Kind;

use super::lower_layers::Described;
use super::{LowerLayers, Session};
use crate::base::Base;
use crate::engine::EnginePolicy;
use crate::engine::build_stage::{self, BuilderEnv};
use crate::plan::{Compiled, Plan, Product, Resolved, StageTrees};
use crate::project::assets::{SourceError, SourceFile, scan_result, scan_result_file};
use crate::support::small_map::SmallMap;

/// Keeps what is in the directories that the stages of a plan made, and what of its files an entry does not take. Returns whether the plan is another one with it.
pub(crate) fn learn_trees(
    trees: &StageTrees,
    plan: &Plan,
    built: &SmallMap<Compiled, Utf8PathBuf>,
) -> Result<bool, SourceError> {
    let (mut has_trees, mut is_news) = (false, false);
    for (Compiled { stage, product }, path) in built {
        let planned = &plan.stages[*stage];
        let mut tree = match product {
            Product::Tree(_) | Product::Layout => scan_result(path)?,
            Product::Path(_) => BTreeMap::from([(String::new(), Kind::File(scan_result_file(path)?))]),
            Product::Artefact(_) => continue,
        };
        build_stage::add_unkept(planned, product, path, &mut tree)?;
        let is_directory = product.is_directory();
        if is_directory || tree.values().filter_map(Kind::file).any(SourceFile::has_more) {
            is_news |= trees.set(&planned.described, product, Arc::new(tree));
        }
        has_trees |= is_directory;
    }
    // Another image of the run may have made them after this one was planned.
    Ok(is_news || has_trees && !plan.undecided.is_empty())
}

impl Session<'_> {
    /// Returns the plan with the directories that its stages have made, and what is found in it. None, if it has none of
    /// a stage, or has them already.
    pub(super) fn on_stage_trees(
        &self,
        plan: &Plan,
        described: &Described,
        (base, lower): (&Rc<Base>, &LowerLayers),
        built: &SmallMap<Compiled, Utf8PathBuf>,
    ) -> Result<Option<Resolved>, SourceError> {
        let is_changed = learn_trees(described.shared.stage_trees(), plan, built)?;
        Ok(is_changed.then(|| self.resolve(described, base, lower)))
    }

    /// Returns the same for what an earlier build has left.
    pub(super) fn on_kept_stage_trees(
        &self,
        plan: &Plan,
        described: &Described,
        base: &Rc<Base>,
    ) -> Option<Resolved> {
        let has_trees = plan.stages.iter().any(|stage| stage.results.iter().any(Product::is_of_tree));
        let store = self.existing_store().filter(|_| has_trees)?;
        let env = self.builder_env(&store, EnginePolicy::Never);
        let kept = build_stage::kept(&plan.stages, &env);
        // What can't be read is made again, and then reported.
        self.on_stage_trees(plan, described, (base, &LowerLayers::of(base)), &kept).ok().flatten()
    }

    /// Returns the environment of build stages.
    pub(super) fn builder_env<'b>(
        &'b self,
        store: &'b crate::store::Store,
        engine: EnginePolicy,
    ) -> BuilderEnv<'b> {
        let (workspace, cache, progress) = (&self.workspace, &self.cache, self.progress);
        BuilderEnv { workspace, cache, store, engine, offline: self.request.offline, progress }
    }
}
