//! Removes what no image of the workspace needs: from its store, from the user's cache, and from the storage of engines.

use std::collections::BTreeSet;

use lapstrake::Image;

use super::{Failure, Session};
use crate::engine;
use crate::project::lockfile::Lock;
use crate::store::{Amount, Garbage, Paths, StoreError, Wanted, debris, disk_usage, needed_indexes};
use crate::support::small_map::SmallMap;

/// What was removed, or would be.
#[derive(Debug)]
pub(crate) struct Collected {
    /// The files, by what they are.
    pub(crate) files: SmallMap<&'static str, Amount>,
    /// The jobs of killed builds whose containers and images were in the storage of engines.
    pub(crate) jobs: BTreeSet<String>,
    /// The bytes that the store takes on the disk now.
    pub(crate) store: u64,
    /// The bytes that the user's cache takes on the disk now.
    pub(crate) cache: u64,
}

impl Session<'_> {
    /// Removes what the last builds of the images do not need, if there are more builds than are kept and no other build
    /// runs. What can't be removed is tried again by the next build.
    pub(crate) fn trim_store(&self) {
        let Some(store) = self.store.get().filter(|store| store.has_surplus()) else { return };
        self.in_use.if_alone(self.progress, || drop(store.trim()));
    }

    /// Returns what the last `keep` builds of these images do not need. Changes nothing.
    pub(crate) fn find_garbage(&self, images: &[Image], keep: usize) -> Result<Collected, Failure> {
        let mut garbage = debris(&self.paths);
        if let Some(store) = self.existing_store() {
            garbage.extend(store.garbage(Wanted::Only(&names(images)), keep)?);
        }
        garbage.extend(self.garbage_of_cache()?);
        Ok(self.collected(garbage.amounts(), engine::jobs_of_killed(&self.paths)))
    }

    /// Removes what the last `keep` builds of these images do not need. Waits for builds of this workspace, and leaves
    /// the user's cache alone while builds of other workspaces use it.
    pub(crate) fn collect_garbage(&self, images: &[Image], keep: usize) -> Result<Collected, Failure> {
        let debris = debris(&self.paths).amounts();
        let jobs = engine::jobs_of_killed(&self.paths);
        // It removes what killed builds left.
        let store = self.store()?;
        engine::sweep_storages(&self.paths, self.progress);
        let collect = || -> Result<_, Failure> {
            let mut garbage = store.garbage(Wanted::Only(&names(images)), keep)?;
            let of_cache = self.cache.if_alone(|| self.garbage_of_cache()).transpose()?;
            if of_cache.is_none() {
                self.progress.warning("another build uses the user's cache, so nothing is removed from it");
            }
            garbage.extend(of_cache.unwrap_or_default());
            let files = garbage.amounts();
            store.remove_garbage(&garbage, keep)?;
            Ok(files)
        };
        let files = self.in_use.alone(self.progress, collect);
        let unlocked = |source| StoreError::Unlocked { path: self.paths.root().to_owned(), source };
        let mut files = files.map_err(unlocked)??;
        files.extend(debris);
        Ok(self.collected(files, jobs))
    }

    fn collected(&self, files: SmallMap<&'static str, Amount>, jobs: BTreeSet<String>) -> Collected {
        let [store, cache] = [self.paths.root(), self.cache.root()].map(disk_usage);
        Collected { files, jobs, store, cache }
    }

    /// Returns what no living workspace needs of the user's cache. A workspace needs what its lockfile pins, and the
    /// indexes of its engine layers.
    fn garbage_of_cache(&self) -> Result<Garbage, Failure> {
        let (registered, gone) = self.cache.registered();
        let (mut manifests, mut indexes) = (BTreeSet::new(), BTreeSet::new());
        let own = (self.workspace.root.clone(), self.paths.clone());
        let others = registered.into_iter().map(|other| (other.root, Paths::at(other.store)));
        for (root, paths) in others.chain([own]) {
            let Ok(lock) = Lock::read(&root) else {
                let what = "can't be read, so nothing is removed from the user's cache";
                self.progress.warning(format_args!("the lockfile in `{root}` {what}"));
                return Ok(Garbage::default());
            };
            manifests.extend(lock.digests().cloned());
            indexes.extend(needed_indexes(&paths));
        }
        let mut garbage = self.cache.garbage(manifests, &indexes).map_err(Failure::Cache)?;
        for path in gone {
            garbage.add("record", path);
        }
        Ok(garbage)
    }
}

/// Returns the names of images.
fn names(images: &[Image]) -> BTreeSet<String> {
    images.iter().filter_map(|image| Some(image.name.get().ok()?.to_string())).collect()
}
