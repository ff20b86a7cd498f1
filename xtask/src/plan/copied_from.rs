//! What a layer copies from: the tree below it, without what the layer removes. What it moves is removed, too.

use std::collections::BTreeMap;

use lapstrake::Layer;
use lapstrake::entry::EntryKind;
use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Tree;

use super::Removal;
use super::site::site_or;
use crate::base::File;
use crate::finding::Finding;

/// The trees that a layer copies from.
pub(super) struct CopiedFrom {
    /// What is below the layer.
    pub(super) all: Tree<File>,
    /// The same without what the layer's own removals take away.
    pub(super) left: Tree<File>,
}

impl CopiedFrom {
    /// Returns the trees of a layer with these removals.
    fn new(below: &Tree<File>, removals: &BTreeMap<ImagePath, Removal>) -> Self {
        let mut left = below.clone();
        for path in removals.keys() {
            left.remove(path);
        }
        Self { all: below.clone(), left }
    }
}

/// Adds what the entries of a layer move, and returns the trees that it copies from. Something that can't be moved is
/// reported when it is placed.
pub(super) fn moved(
    layer: &Layer,
    (below, is_known): (&Tree<File>, bool),
    removals: &mut BTreeMap<ImagePath, Removal>,
    findings: &mut Vec<Finding>,
) -> CopiedFrom {
    let from = CopiedFrom::new(below, removals);
    for entry in &layer.entries {
        let EntryKind::Copied(copied) = &entry.kind else { continue };
        let (true, Ok(path)) = (copied.is_renamed, copied.from.get()) else { continue };
        let site = site_or(entry.site, layer.site);
        let resolved = from.left.resolve(path).unwrap_or_else(|_| path.clone());
        let is_there = from.left.get(&resolved).is_some() || !is_known;
        if !is_there || resolved.is_root() {
            continue;
        }
        if let Some(first) = removals.get(&resolved) {
            let message = format!("`{path}` is moved twice in a layer");
            let finding = Finding::fatal("copy-missing", site, message).at(path);
            findings.push(finding.also(first.site, "first written here"));
        } else {
            removals.insert(resolved, Removal { site });
        }
    }
    from
}
