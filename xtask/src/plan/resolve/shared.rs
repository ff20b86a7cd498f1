//! Shares planned layers between the images of a run: variants of an image are planned once, up to the layer in which
//! they differ. A layer is shared only if everything is the same that decides how it is planned.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use lapstrake::Layer;
use lapstrake::entry::EntryKind;
use lapstrake::value::LayerName;
use lapstrake_oci::tree::Tree;

use super::Resolver;
use crate::base::{BaseIndex, File};
use crate::finding::Finding;
use crate::plan::enablement::OwnUnits;
use crate::plan::own_accounts::OwnAccounts;
use crate::plan::{Archives, Invocation, LowerTexts, PlannedLayer, StageTrees, Undecided};
use crate::project::assets::Sources;

/// What the images of a run are planned from: the files that their descriptions name, and the layers that were planned
/// for the images before.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    sources: Sources,
    texts: LowerTexts,
    stage_trees: StageTrees,
    archives: Archives,
    /// By the description of the layer, with the place of each call.
    layers: RefCell<HashMap<String, Vec<Known>>>,
}

#[derive(Debug)]
struct Known {
    below: Below,
    after: After,
}

/// What a layer is planned on.
#[derive(Debug)]
struct Below {
    base: Arc<BaseIndex>,
    /// The last part of the layer below. It identifies all layers below, because it is shared only by images that share
    /// those.
    part: Option<Arc<PlannedLayer>>,
    /// The unit files of all layers, also of those above. Empty if the layer says nothing of units.
    units: OwnUnits,
    accounts: OwnAccounts,
}

/// What planning a layer changes in the resolver.
#[derive(Debug, Clone)]
struct After {
    parts: Vec<Arc<PlannedLayer>>,
    merged: Tree<File>,
    invocations: Vec<Invocation>,
    unseen: Option<LayerName>,
    undecided: Vec<Undecided>,
    /// What was found in this layer.
    findings: Vec<Finding>,
    /// The unit files with those that the layer changes. None if it says nothing of units.
    units: Option<OwnUnits>,
}

impl Shared {
    /// Returns the state before the first image is planned.
    pub(crate) fn new(sources: Sources) -> Self {
        Self { sources, ..Self::default() }
    }

    pub(super) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Returns the texts of files below that were read.
    pub(crate) fn texts(&self) -> &LowerTexts {
        &self.texts
    }

    /// Returns the directories that stages made.
    pub(crate) fn stage_trees(&self) -> &StageTrees {
        &self.stage_trees
    }

    /// Returns the archives that were read.
    pub(crate) fn archives(&self) -> &Archives {
        &self.archives
    }

    fn get(&self, described: &str, below: &Below) -> Option<After> {
        let layers = self.layers.borrow();
        let known = layers.get(described)?.iter().find(|known| known.below.is(below))?;
        Some(known.after.clone())
    }

    fn add(&self, described: String, below: Below, after: After) {
        self.layers.borrow_mut().entry(described).or_default().push(Known { below, after });
    }
}

impl Below {
    fn is(&self, other: &Self) -> bool {
        let same_part = match (&self.part, &other.part) {
            (None, None) => true,
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, Some(_)) | (Some(_), None) => false,
        };
        same_part
            && Arc::ptr_eq(&self.base, &other.base)
            && self.units == other.units
            && self.accounts == other.accounts
    }
}

impl Resolver<'_> {
    /// Plans a layer, or takes its parts as they were planned for an earlier image.
    pub(super) fn shared_parts(&mut self, name: &LayerName, layer: &Layer) {
        // The number of a build stage depends on the stages of all layers, and a known tree is of one image.
        if layer.build_stages().next().is_some() || !self.known.is_empty() {
            self.parts(name, layer);
            return;
        }
        // The types of a description derive `Debug`, so that this names every value and every place.
        let described = format!("{layer:?}");
        let below = self.below(layer);
        if let Some(after) = self.shared.get(&described, &below) {
            let After { parts, merged, invocations, unseen, undecided, findings, units } = after;
            self.planned.extend(parts);
            self.merged = merged;
            self.invocations.list = invocations;
            self.unseen = unseen;
            self.own_units = units.unwrap_or_else(|| std::mem::take(&mut self.own_units));
            self.undecided.extend(undecided);
            self.findings.extend(findings);
            return;
        }
        let (parts, undecided, findings) = (self.planned.len(), self.undecided.len(), self.findings.len());
        let archives = self.shared.archives();
        let wanted = (self.wanted.len(), archives.count_wanted());
        self.parts(name, layer);
        if (self.wanted.len(), archives.count_wanted()) != wanted {
            return;
        }
        let after = After {
            parts: self.planned[parts..].to_vec(),
            merged: self.merged.clone(),
            invocations: self.invocations.list.clone(),
            unseen: self.unseen.clone(),
            undecided: self.undecided[undecided..].to_vec(),
            findings: self.findings[findings..].to_vec(),
            units: has_units(layer).then(|| self.own_units.clone()),
        };
        self.shared.add(described, below, after);
    }

    fn below(&self, layer: &Layer) -> Below {
        Below {
            base: Arc::clone(&self.base.index),
            part: self.planned.last().map(Arc::clone),
            accounts: self.own_accounts.clone(),
            units: if has_units(layer) { self.own_units.clone() } else { OwnUnits::new() },
        }
    }
}

/// Returns whether a layer may say something of units: what it copies, moves or edits may be one.
fn has_units(layer: &Layer) -> bool {
    let is_of_units = |kind: &EntryKind| {
        matches!(
            kind,
            EntryKind::Unit(_)
                | EntryKind::UnitState(_)
                | EntryKind::Copied(_)
                | EntryKind::Edit(_)
                | EntryKind::HealthCheck(_)
        )
    };
    layer.entries.iter().any(|entry| is_of_units(&entry.kind))
}
