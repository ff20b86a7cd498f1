//! From a description to a plan: the layers from the lowest up, each over what those below leave. Pure;
//! every fault is a finding, and the rest is planned all the same, so that one run shows all of them.

use std::collections::{BTreeMap, BTreeSet};

use lapstrake::entry::{Entry, EntryKind, State};
use lapstrake::rule::{Claim, What, between, conflicts};
use lapstrake::suggest::nearest;
use lapstrake::value::{ImageName, ImagePath, LayerName, UnitName};
use lapstrake::{Image, Layer, Parsed, Site};

use super::below::{Below, add_parents};
use super::compile::Invocations;
use super::destination::{Members, Wanted};
use super::enablement::{OwnUnits, Units};
use super::labels::labels;
use super::own_units::own_units;
use super::place::{Placer, site_or};
use super::stage::{Builders, Stages};
use super::step::{PlannedRun, Steps};
use super::transaction::{Kept, Transaction, transaction};
use super::{CargoOptions, PackageTool, Plan, PlannedBase, PlannedLayer, Removal};
use crate::base::{Base, BaseIndex, File};
use crate::finding::{Blame, Finding};
use crate::project::assets::Sources;
use crate::project::workspace::Workspace;
use lapstrake::value::Mode;
use lapstrake_oci::tree::{Kind, LayerNumber, Metadata, Node, Tree, hide};

/// A plan, as far as there is one, and what was found.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// None when the image has no name to speak of.
    pub(crate) plan: Option<Plan>,
    pub(crate) findings: Vec<Finding>,
}

/// The tree that an image's lowest layers make with its base, where an engine has made them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Laid<'a> {
    /// How many layers.
    pub(crate) layers: usize,
    pub(crate) index: &'a BaseIndex,
}

/// Plans `image` on `base`; what follows the layers that are laid, on their tree.
pub(crate) fn resolve(
    image: &Image,
    workspace: &Workspace,
    sources: &Sources,
    base: &Base,
    builders: &Builders,
    laid: Option<Laid<'_>>,
    options: &CargoOptions,
) -> Resolved {
    let mut resolver = Resolver {
        sources,
        base,
        below: &base.index,
        laid,
        own_units: own_units(image, sources, &base.index),
        merged: base.index.tree().clone(),
        planned: Vec::new(),
        invocations: Invocations { workspace, options, architecture: base.architecture, list: Vec::new() },
        stages: Stages::new(workspace, options, sources, builders, base.architecture),
        unseen: false,
        findings: Vec::new(),
    };
    let name = resolver.valid(&image.name, image.site);
    let labels = labels(image, base, &mut resolver.findings);
    let repository = image.reference.as_ref().and_then(|given| resolver.valid(given, image.site));
    resolver.layers(image);
    let Resolver { invocations, stages, findings, planned: layers, merged: tree, .. } = resolver;
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
        compile: invocations.list,
        stages: stages.finish(),
        layers,
        tree,
    });
    Resolved { plan, findings }
}

struct Resolver<'a> {
    sources: &'a Sources,
    base: &'a Base,
    /// The tree that owners and units are looked up in.
    below: &'a BaseIndex,
    laid: Option<Laid<'a>>,
    own_units: OwnUnits,
    /// The tree so far.
    merged: Tree<File>,
    /// The layers so far.
    planned: Vec<PlannedLayer>,
    invocations: Invocations<'a>,
    stages: Stages<'a>,
    /// Whether an engine's step below may have added what no index knows of.
    unseen: bool,
    findings: Vec<Finding>,
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
            self.stand_on_laid();
            let planned = self.layer(name, layer);
            self.planned.push(planned);
        }
        self.stand_on_laid();
    }

    /// Once all layers that are laid are planned, what follows is over a tree that is known to the last file.
    fn stand_on_laid(&mut self) {
        if let Some(Laid { layers, index }) = self.laid
            && layers == self.planned.len()
        {
            self.merged = index.tree().clone();
            self.below = index;
            self.unseen = false;
        }
    }

    fn layer(&mut self, name: LayerName, layer: &Layer) -> PlannedLayer {
        let before = self.findings.len();
        let planned = self.layer_itself(name, layer);
        for finding in self.findings.iter_mut().skip(before) {
            finding.blame.get_or_insert_with(|| Blame::Layer(planned.name.clone()));
        }
        planned
    }

    fn layer_itself(&mut self, name: LayerName, layer: &Layer) -> PlannedLayer {
        let mut steps = Steps::new(self.sources, layer.site);
        let (transaction, kept) = transaction(layer, self.package_manager(), &mut steps);
        self.unseen |= transaction.is_some();
        let mut removals = self.removals(layer);
        let states = self.states(layer, &mut removals);
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
            findings: Vec::new(),
            layer_site: layer.site,
        };
        for entry in &layer.entries {
            placer.members.allowed = allowed(&entry.kind, layer.site);
            placer.place(&entry.kind, site_or(entry.site, layer.site));
        }
        placer.members.allowed.clear();
        for Kept { path, from, site } in kept {
            let metadata = Metadata::of_root(Mode::FILE);
            placer.members.put(Wanted { path, kind: Kind::File(from), metadata, site, modest: false });
        }
        for (path, target, site) in states {
            let metadata = Metadata::of_root(Mode::SYMLINK);
            placer.members.put(Wanted { path, kind: Kind::symlink(target), metadata, site, modest: false });
        }
        let Placer { members, findings, .. } = placer;
        self.findings.extend(findings);
        let (members, findings) = members.finish();
        self.findings.extend(findings);
        // What goes with its directory needs no whiteout of its own, and must not bring that back.
        let outermost = removals.keys().filter(|path| {
            let above = path.ancestors();
            !above.iter().any(|above| removals.contains_key(above))
        });
        let stated = |path: &ImagePath| members.get(path).map(|member| &member.kind);
        let whiteouts: BTreeSet<_> = outermost.flat_map(|path| hide(&self.merged, path, &stated)).collect();
        let mut members = members;
        add_parents(&mut members, &whiteouts, &after_removals);
        self.merged = after_removals;
        let number = LayerNumber::new(self.base.layers.len() + self.planned.len());
        for (path, member) in &members {
            let node = Node::new(member.metadata.clone(), member.kind.as_ref().map(|_| File::Planned));
            self.merged.insert(path, node, number).expect("destinations are not the root and not too deep");
        }
        let unseen = self.unseen;
        let runs = runs(layer, &mut steps);
        self.unseen |= !runs.is_empty();
        let mount_points = self.mount_points(transaction.as_ref(), &runs);
        let Steps { context, findings, .. } = steps;
        self.findings.extend(findings);
        PlannedLayer {
            name,
            site: layer.site,
            unseen,
            transaction,
            removals,
            whiteouts,
            members,
            runs,
            mount_points,
            context,
        }
    }

    /// What an engine makes for the sake of a mount alone, and what leads there. Of what lies in `/run`
    /// nothing stays anyway.
    fn mount_points(&self, transaction: Option<&Transaction>, runs: &[PlannedRun]) -> BTreeSet<ImagePath> {
        let of_packages = transaction.into_iter().flat_map(Transaction::mounts);
        let of_packages = of_packages.filter_map(|path| ImagePath::parse(path).ok());
        let of_runs =
            runs.iter().flat_map(|run| run.caches.iter().chain(run.binds.iter().map(|bind| &bind.at)));
        let all = of_packages.chain(of_runs.cloned());
        let resolved = all.map(|path| self.merged.follow(&path).unwrap_or(path));
        let on_the_way = resolved.flat_map(|path| path.ancestors().into_iter().chain([path]));
        let in_run = |path: &ImagePath| path.components().next() == Some("run");
        on_the_way
            .filter(|path| !path.is_root() && !in_run(path) && self.merged.get(path).is_none())
            .collect()
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
            } else if self.merged.get(&resolved).is_none() && !self.unseen {
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
        removals
    }

    /// The links that the layer's unit statements make; what they take away joins the removals.
    fn states(
        &mut self,
        layer: &Layer,
        removals: &mut BTreeMap<ImagePath, Removal>,
    ) -> Vec<(ImagePath, String, Site)> {
        let mut wanted = Vec::new();
        let mut said: Vec<Claim<Site>> = Vec::new();
        let mut known = 0;
        for entry in &layer.entries {
            let site = site_or(entry.site, layer.site);
            match &entry.kind {
                EntryKind::DropIn(drop_in) => {
                    if let Ok(unit) = drop_in.unit.get() {
                        said.push(Claim { id: site, layer: 0, what: What::DropIn(unit.clone()) });
                    }
                }
                EntryKind::UnitState(state) => {
                    if let Some(unit) = self.valid(&state.unit, layer.site) {
                        wanted.push((unit, state.state, site));
                    }
                }
                EntryKind::Unit(unit) => {
                    let Ok(name) = unit.name.get().cloned() else { continue };
                    for instance in &unit.instances {
                        match name.instantiate(instance) {
                            Some(unit) => wanted.push((unit, State::Enabled, site)),
                            None => self.findings.push(no_instance(&name, instance, site)),
                        }
                    }
                    if unit.enabled {
                        wanted.push((name, State::Enabled, site));
                    }
                }
                _ => {}
            }
            for (unit, state, site) in wanted.iter().skip(known) {
                let what = What::State { unit: UnitName::clone(unit), state: *state };
                said.push(Claim { id: *site, layer: 0, what });
            }
            known = wanted.len();
        }
        self.contradictions(&said);
        let mut visible = self.merged.clone();
        for path in removals.keys() {
            visible.remove(path);
        }
        let units = Units { own: &self.own_units, base: self.below, merged: &visible, unseen: self.unseen };
        let mut made: BTreeMap<ImagePath, (String, Site)> = BTreeMap::new();
        for (unit, state, site) in wanted {
            match units.links(&unit, state, site) {
                Ok(links) => {
                    made.extend(links.made.into_iter().map(|(path, target)| (path, (target, site))));
                    for path in links.removed {
                        removals.entry(path).or_insert(Removal { site });
                    }
                }
                Err(finding) => self.findings.push(finding),
            }
        }
        made.into_iter().map(|(path, (target, site))| (path, target, site)).collect()
    }

    fn contradictions(&mut self, said: &[Claim<Site>]) {
        for conflict in conflicts(said, |_, _| true) {
            let finding = Finding::fatal(conflict.rule, conflict.second, conflict.message);
            self.findings.push(finding.also(conflict.first, "first said here").help(conflict.help));
        }
    }

    /// What installs packages in the tree so far.
    fn package_manager(&self) -> Option<PackageTool> {
        PackageTool::ALL.into_iter().find(|tool| {
            let path = ImagePath::parse(&format!("/usr/bin/{}", tool.program())).ok();
            path.and_then(|path| self.merged.follow(&path).ok())
                .is_some_and(|path| self.merged.get(&path).is_some())
        })
    }

    fn valid<T: Clone>(&mut self, given: &Parsed<T>, fallback: Site) -> Option<T> {
        let found = given.get().map_err(|error| Finding::invalid(error, site_or(given.site(), fallback)));
        found.cloned().map_err(|finding| self.findings.push(finding)).ok()
    }
}

/// The steps of a layer, in order.
fn runs(layer: &Layer, steps: &mut Steps<'_>) -> Vec<PlannedRun> {
    let run = |entry: &Entry| match &entry.kind {
        EntryKind::Run(run) => steps.run(run, site_or(entry.site, layer.site)),
        _ => None,
    };
    layer.entries.iter().filter_map(run).collect()
}

/// The checks whose findings an entry accepts.
fn allowed(kind: &EntryKind, layer: Site) -> BTreeMap<String, Site> {
    let given = kind.attributes().into_iter().flat_map(|attributes| &attributes.allowed);
    given.filter_map(|given| Some((given.get().ok()?.clone(), site_or(given.site(), layer)))).collect()
}

fn no_instance(name: &UnitName, instance: &str, site: Site) -> Finding {
    let message = if name.is_template() {
        format!("`{}` is no instance of `{name}`", instance.escape_debug())
    } else {
        format!("`{name}` is no template, and has no instance `{}`", instance.escape_debug())
    };
    Finding::fatal("unit-instance", site, message)
}
