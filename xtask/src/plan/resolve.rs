//! From a description to a plan: the layers from the lowest up, each over what those below leave. Pure;
//! every fault is a finding, and the rest is planned all the same, so that one run shows all of them.

mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lapstrake::entry::{Entry, EntryKind};
use lapstrake::rule::{Claim, What, between};
use lapstrake::suggest::nearest;
use lapstrake::value::{ImageName, ImagePath, LayerName};
use lapstrake::{Image, Layer, Parsed, Site};

use super::base_config::{put_directories, removals_in_volumes, triggers};
use super::below::{Below, add_parents};
use super::compile::Invocations;
use super::copied_from::moved;
use super::destination::Members;
use super::directory_metadata::{changed_directories, remade_directories};
use super::enablement::OwnUnits;
use super::labels::labels;
use super::own_accounts::OwnAccounts;
use super::own_units::own_units;
use super::package_limits;
use super::packages::transaction;
use super::place::{AddedLines, Placer, allowed_of_steps};
use super::selinux::stale_contexts;
use super::site::site_or;
use super::stage::{Builders, Stages};
use super::step::Steps;
use super::{
    CargoOptions, Member, Origin, PackageTool, Plan, PlannedBase, PlannedLayer, Removal, Undecided,
    WantedText,
};
use crate::base::{Base, BaseIndex, File, PackageOwners};
use crate::finding::{Blame, Finding};
use crate::project::assets::Sources;
use crate::project::workspace::Workspace;
use lapstrake_oci::tree::{LayerNumber, Node, Tree, hide};

pub(crate) use shared::Shared;

/// A plan, as far as there is one, and what was found.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// None when the image has no name to speak of.
    pub(crate) plan: Option<Plan>,
    pub(crate) findings: Vec<Finding>,
    /// The texts that have to be read before the plan can be made.
    pub(crate) wanted: Vec<WantedText>,
}

/// The tree that the lowest parts of an image's layers make with its base. It is known once they are built.
#[derive(Debug, Clone)]
pub(crate) struct KnownTree {
    /// How many parts.
    pub(crate) parts: usize,
    pub(crate) index: Arc<BaseIndex>,
    /// The packages that these parts install, by their paths.
    pub(crate) owners: Arc<PackageOwners>,
}

/// Plans `image` on `base`. `shared` must be of the same workspace and options. A part above one in which something runs is planned on its known tree; without that,
/// what depends on it is undecided.
pub(crate) fn resolve(
    image: &Image,
    workspace: &Workspace,
    shared: &Shared,
    base: &Base,
    builders: &Builders,
    known: &[KnownTree],
    options: &CargoOptions,
) -> Resolved {
    let sources = shared.sources();
    let mut resolver = Resolver {
        shared,
        sources,
        base,
        below: &base.index,
        known,
        own_accounts: OwnAccounts::of(image),
        own_units: own_units(image, (sources, shared.archives()), &base.index),
        merged: base.index.tree().clone(),
        planned: Vec::new(),
        invocations: Invocations { workspace, options, architecture: base.architecture, list: Vec::new() },
        stages: Stages::new(workspace, options, sources, builders, base.architecture),
        unseen: None,
        undecided: Vec::new(),
        wanted: Vec::new(),
        findings: Vec::new(),
    };
    let name = resolver.valid(&image.name, image.site);
    let labels = labels(image, base, &mut resolver.findings);
    resolver.findings.extend(triggers(image, base));
    let repository = image.reference.as_ref().and_then(|given| resolver.valid(given, image.site));
    resolver.layers(image);
    let execution = resolver.execution(image);
    let Resolver { invocations, stages, findings, undecided, wanted, planned: layers, merged: tree, .. } =
        resolver;
    let plan = name.map(|name: ImageName| Plan {
        name,
        site: image.site,
        version: image.version.as_deref().map(str::to_owned),
        repository,
        base: PlannedBase {
            site: image.base.site(),
            reference: base.location.to_string(),
            digest: base.digest.clone(),
            architecture: base.architecture,
            layers: base.layers.len(),
            user: base.user().map(str::to_owned),
        },
        labels,
        execution,
        allowed: Resolver::allowed(image),
        compile: invocations.list,
        flags: workspace.flags.clone(),
        lacks_accounts: image.layers.iter().flat_map(|layer| &layer.entries).any(has_invalid_account),
        stages: stages.finish(),
        layers,
        tree,
        undecided,
    });
    Resolved { plan, findings, wanted }
}

pub(super) struct Resolver<'a> {
    pub(super) shared: &'a Shared,
    pub(super) sources: &'a Sources,
    pub(super) base: &'a Base,
    /// The tree that owners and units are looked up in.
    pub(super) below: &'a BaseIndex,
    known: &'a [KnownTree],
    own_accounts: OwnAccounts,
    pub(super) own_units: OwnUnits,
    /// The tree so far.
    pub(super) merged: Tree<File>,
    /// The layers so far.
    pub(super) planned: Vec<Arc<PlannedLayer>>,
    invocations: Invocations<'a>,
    pub(super) stages: Stages<'a>,
    /// The highest layer below in which an engine's step may add what no index knows of.
    pub(super) unseen: Option<LayerName>,
    pub(super) undecided: Vec<Undecided>,
    pub(super) wanted: Vec<WantedText>,
    pub(super) findings: Vec<Finding>,
}

impl Resolver<'_> {
    fn layers(&mut self, image: &Image) {
        /// bootc's importers take at most 127 layers; some of the base's come first.
        const MOST: usize = 127;
        let all = self.base.layers.len() + image.layers.len();
        if all > MOST {
            let message =
                format!("the image would have {all} layers; container storage takes at most {MOST}");
            self.findings.push(Finding::fatal("too-many-layers", image.site, message));
        }
        if image.layers.iter().all(|layer| layer.entries.is_empty()) {
            let finding = Finding::fatal("empty-image", image.site, "the image has no layer with an entry");
            self.findings.push(finding.help("add `.layer(Layer::new(\"app\").bin(\"NAME\"))`"));
        }
        let mut names: Vec<Claim<Site>> = Vec::new();
        for (index, layer) in image.layers.iter().enumerate() {
            let Some(name) = self.valid(&layer.name, layer.site) else { continue };
            let named = Claim { id: layer.site, layer: index, what: What::Layer(name.clone()) };
            let taken = names.iter().find_map(|first| between(first, &named));
            names.push(named);
            if let Some(conflict) = taken {
                let finding = Finding::fatal(conflict.rule, conflict.second, conflict.message);
                self.findings.push(finding.also(conflict.first, "first written here").help(conflict.help));
                continue;
            }
            if layer.entries.is_empty() {
                let finding = Finding::warning("empty-layer", layer.site, format!("layer `{name}` is empty"));
                self.findings.push(finding.help("leave it out"));
                continue;
            }
            self.shared_parts(&name, layer);
        }
        self.use_known_tree();
    }

    /// Plans a layer: what follows its packages is planned on the tree with them, and the state of units that its
    /// steps bring, on the tree after those.
    fn parts(&mut self, name: &LayerName, layer: &Layer) {
        let (packages, rest) = split(layer);
        let before = self.findings.len();
        let mut continues = false;
        for part in [packages, rest].into_iter().flatten() {
            self.use_known_tree();
            let part = self.on_this_tree(&part);
            let (planned, after_steps) = self.part(name.clone(), &part, continues);
            self.planned.push(Arc::new(planned));
            continues = true;
            if !after_steps.is_empty() {
                self.use_known_tree();
                let mut last = part;
                last.entries = after_steps;
                let (planned, _) = self.part(name.clone(), &last, continues);
                self.planned.push(Arc::new(planned));
            }
        }
        for finding in self.findings.iter_mut().skip(before) {
            finding.blame.get_or_insert_with(|| Blame::Layer(name.clone()));
        }
    }

    /// Uses the tree that the parts so far make, if it is known: then nothing below is unseen.
    fn use_known_tree(&mut self) {
        let parts = self.planned.len();
        if let Some(known) = self.known.iter().find(|known| known.parts == parts) {
            self.findings.extend(changed_directories(self.below.tree(), known.index.tree(), &self.planned));
            self.merged = known.index.tree().clone();
            self.below = &known.index;
            self.unseen = None;
        }
    }

    /// Plans a part of a layer. Returns the states of units that only its own steps can bring, too.
    fn part(&mut self, name: LayerName, layer: &Layer, continues: bool) -> (PlannedLayer, Vec<Entry>) {
        let mut steps = Steps::new(self.sources, layer.site);
        let tool = self.package_manager();
        let (transaction, kept) = transaction(layer, tool, &mut steps, &mut self.stages);
        if let Some(transaction) = &transaction {
            steps.findings.extend(package_limits::refused(transaction, layer.site));
            self.unseen = Some(name.clone());
        }
        let mut removals = self.removals(layer);
        let below = (&self.merged, self.unseen.is_none());
        let copied_from = moved(layer, below, &mut removals, &mut self.findings);
        self.changed_units(layer, &copied_from);
        let (states, after_steps) = self.states(layer, &mut removals);
        self.findings.extend(removals_in_volumes(&removals, self.base, &self.merged));
        let mut after_removals = self.merged.clone();
        for path in removals.keys() {
            after_removals.remove(path);
        }
        let below = Below { tree: &after_removals, base: self.base.layers.len(), planned: &self.planned };
        let mut placer = Placer {
            members: Members::new(below),
            invocations: &mut self.invocations,
            stages: &mut self.stages,
            sources: self.sources,
            base: self.below,
            unseen: self.unseen.as_ref(),
            undecided: Vec::new(),
            copied_from: &copied_from,
            layer: &name,
            texts: self.shared.texts(),
            stage_trees: self.shared.stage_trees(),
            archives: self.shared.archives(),
            wanted: Vec::new(),
            added: AddedLines::new(),
            accounts: &self.own_accounts,
            units: &self.own_units,
            findings: Vec::new(),
            layer_site: layer.site,
        };
        placer.place_all(layer, kept, states);
        put_directories(self.base, &mut placer.members, layer.site);
        let Placer { members, findings, undecided, wanted, .. } = placer;
        self.findings.extend(findings);
        self.undecided.extend(undecided);
        self.wanted.extend(wanted);
        let (mut members, findings) = members.finish();
        self.findings.extend(findings);
        let whiteouts = whiteouts(&self.merged, &removals, &members);
        add_parents(&mut members, &whiteouts, &after_removals);
        self.findings.extend(remade_directories(&self.merged, &removals, &members));
        self.merged = after_removals;
        self.merge(&members);
        let unseen = self.unseen.is_some();
        let runs = self.steps(layer, &mut steps);
        if !runs.is_empty() {
            self.unseen = Some(name.clone());
        }
        let (mount_points, mounted_over) = self.mount_points(transaction.as_ref(), &runs);
        let Steps { context, findings, .. } = steps;
        self.findings.extend(findings);
        let planned = PlannedLayer {
            name,
            site: layer.site,
            continues,
            unseen,
            transaction,
            removals,
            whiteouts,
            members,
            runs,
            allowed: allowed_of_steps(layer),
            mount_points,
            mounted_over,
            context,
        };
        (planned, after_steps)
    }

    /// Puts the members of the next part into the tree so far.
    fn merge(&mut self, members: &BTreeMap<ImagePath, Member>) {
        let number = LayerNumber::new(self.base.layers.len() + self.planned.len());
        for (path, member) in members {
            let node = Node::new(member.metadata.clone(), member.kind.as_ref().map(Origin::file));
            self.merged.insert(path, node, number).expect("destinations are not the root and not too deep");
        }
    }

    fn removals(&mut self, layer: &Layer) -> BTreeMap<ImagePath, Removal> {
        let mut removals: BTreeMap<ImagePath, Removal> = BTreeMap::new();
        for entry in &layer.entries {
            let EntryKind::Remove(remove) = &entry.kind else { continue };
            let site = site_or(entry.site, layer.site);
            let Some(path) = self.valid(&remove.path, layer.site) else { continue };
            let resolved = self.merged.resolve(&path).unwrap_or_else(|_| path.clone());
            if resolved.is_root() {
                let message = "the root of the image can't be removed";
                self.findings.push(Finding::fatal("remove-root", site, message).at(&path));
            } else if self.merged.get(&resolved).is_none() && self.unseen.is_none() {
                let message = format!("nothing to remove: neither the base nor a layer below has `{path}`");
                let parent = resolved.parent().unwrap_or_else(ImagePath::root);
                let siblings: Vec<_> =
                    self.merged.children(&parent).filter_map(|(name, _)| parent.join(name).ok()).collect();
                let near = nearest(resolved.as_str(), siblings.iter().map(ImagePath::as_str));
                let finding = Finding::fatal("remove-missing", site, message).at(&path);
                self.findings.push(finding.help_if(near.map(|near| format!("did you mean `{near}`?"))));
            } else if let Some(first) = removals.get(&resolved) {
                let message = format!("`{path}` is removed twice in a layer");
                let finding = Finding::warning("duplicate-removal", site, message).at(&path);
                self.findings.push(finding.also(first.site, "first written here"));
            } else {
                removals.insert(resolved, Removal { site });
            }
        }
        stale_contexts(layer, &self.merged, &mut removals);
        removals
    }

    /// What installs packages in the tree so far.
    fn package_manager(&self) -> Option<PackageTool> {
        PackageTool::ALL.into_iter().find(|tool| {
            let path = ImagePath::parse(&format!("/usr/bin/{}", tool.program())).ok();
            path.and_then(|path| self.merged.follow(&path).ok())
                .is_some_and(|path| self.merged.get(&path).is_some())
        })
    }

    pub(super) fn valid<T: Clone>(&mut self, given: &Parsed<T>, fallback: Site) -> Option<T> {
        let found = given.get().map_err(|error| Finding::invalid(error, site_or(given.site(), fallback)));
        found.cloned().map_err(|finding| self.findings.push(finding)).ok()
    }
}

/// Returns what is hidden of the tree below.
fn whiteouts(
    below: &Tree<File>,
    removals: &BTreeMap<ImagePath, Removal>,
    members: &BTreeMap<ImagePath, Member>,
) -> BTreeSet<ImagePath> {
    // What goes with its directory needs no whiteout of its own, and must not bring that back.
    let is_removed = |path: &ImagePath| removals.contains_key(path);
    let outermost = removals.keys().filter(|path| !path.ancestors().iter().any(is_removed));
    let stated = |path: &ImagePath| members.get(path).map(|member| &member.kind);
    outermost.flat_map(|path| hide(below, path, &stated)).collect()
}

/// Whether an entry has a line of sysusers.d that does not parse.
fn has_invalid_account(entry: &Entry) -> bool {
    match &entry.kind {
        EntryKind::Sysusers(sysusers) => sysusers.lines.iter().any(|line| line.get().is_err()),
        _ => false,
    }
}

/// Returns a layer's packages and the rest of it, as far as it has them.
fn split(layer: &Layer) -> (Option<Layer>, Option<Layer>) {
    let is_of_packages = |entry: &Entry| matches!(entry.kind, EntryKind::Packages(_));
    let part = |entries: Vec<Entry>| {
        let mut part = layer.clone();
        part.entries = entries;
        (!part.entries.is_empty()).then_some(part)
    };
    let (packages, rest) = layer.entries.iter().cloned().partition(is_of_packages);
    (part(packages), part(rest))
}
