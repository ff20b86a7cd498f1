//! The directories that the mounts of a layer's steps concern. It decides nothing about what is mounted.

use std::collections::BTreeSet;

use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Metadata;

use super::resolve::Resolver;
use super::step::PlannedRun;
use super::transaction::{LDCONFIG, Transaction};
use crate::support::small_map::SmallMap;

impl Resolver<'_> {
    /// Returns the directories that an engine makes to mount something at, or ldconfig for itself, with those that
    /// lead there, and the directories of the image that an engine mounts something over. Nothing in `/run` stays in
    /// any case.
    pub(super) fn mount_points(
        &self,
        transaction: Option<&Transaction>,
        runs: &[PlannedRun],
    ) -> (BTreeSet<ImagePath>, SmallMap<ImagePath, Metadata>) {
        let of_packages = transaction.into_iter().flat_map(Transaction::mounts);
        let of_packages = of_packages.filter_map(|path| ImagePath::parse(path).ok());
        let of_runs =
            runs.iter().flat_map(|run| run.caches.iter().chain(run.binds.iter().map(|bind| &bind.at)));
        let all = of_packages.chain(of_runs.cloned());
        let resolved: BTreeSet<_> = all.map(|path| self.merged.follow(&path).unwrap_or(path)).collect();
        let in_run = |path: &ImagePath| path.components().next() == Some("run");
        let of_ldconfig = transaction.and_then(|_| ImagePath::parse(LDCONFIG).ok());
        let on_the_way = resolved.iter().chain(&of_ldconfig);
        let on_the_way = on_the_way.flat_map(|path| path.ancestors().into_iter().chain([path.clone()]));
        let made = on_the_way
            .filter(|path| !path.is_root() && !in_run(path) && self.merged.get(path).is_none())
            .collect();
        let directory = |path: &ImagePath| {
            let node = self.merged.get(path).filter(|_| !in_run(path))?.node;
            node.kind.is_directory().then(|| (path.clone(), node.metadata.clone()))
        };
        (made, resolved.iter().filter_map(directory).collect())
    }
}
