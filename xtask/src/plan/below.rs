//! What is below a layer while it is planned: the base, with what the layers so far remove and add.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lapstrake::Site;
use lapstrake::value::{ImagePath, Mode};
use lapstrake_oci::tree::{LayerNumber, Metadata, Tree};

use super::{Member, PlannedLayer};
use crate::base::{File, Node};

/// The tree below a layer, and who put what there.
pub(super) struct Below<'a> {
    pub(super) tree: &'a Tree<File>,
    /// How many layers the base has.
    pub(super) base: usize,
    /// The layers of this image below.
    pub(super) planned: &'a [Arc<PlannedLayer>],
}

impl<'a> Below<'a> {
    /// Returns what is at exactly that path; no symlink is followed.
    pub(super) fn get(&self, path: &ImagePath) -> Option<Node<'a>> {
        self.tree.get(path)
    }

    /// Returns whether a layer of this image put it there, and not the base.
    pub(super) fn is_own(&self, layer: LayerNumber) -> bool {
        layer.get() >= self.base
    }

    /// Returns what that layer put at a path, if it is a layer of this image.
    pub(super) fn member(&self, path: &ImagePath, layer: LayerNumber) -> Option<&'a Member> {
        self.planned.get(layer.get().checked_sub(self.base)?)?.members.get(path)
    }

    /// Returns where the description has what that layer put at a path; none for the base, a parent that
    /// is there because a child needs it, and for what a step made.
    pub(super) fn site(&self, path: &ImagePath, layer: LayerNumber) -> Option<Site> {
        self.member(path, layer)?.site
    }
}

/// Adds the parents of whiteouts: a layer states them as those of its members.
pub(super) fn add_parents(
    members: &mut BTreeMap<ImagePath, Member>,
    whiteouts: &BTreeSet<ImagePath>,
    below: &Tree<File>,
) {
    for above in whiteouts.iter().flat_map(ImagePath::ancestors) {
        let found = below.get(&above).map(|found| found.node.metadata.clone());
        let metadata = found.unwrap_or_else(|| Metadata::of_root(Mode::PROGRAM));
        members.entry(above).or_insert_with(|| Member::parent(metadata));
    }
}
