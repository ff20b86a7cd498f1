//! What a check looks at: one planned image on its base. It only answers.

use std::collections::BTreeMap;

use lapstrake::value::{Architecture, ImageName, ImagePath, LabelKey};
use lapstrake::{Site, TransportRef};

use super::contents::Contents;
use super::tree::{Node, Tree};
use crate::base::{Base, BaseIndex};
use crate::check::Fault;
use crate::plan::{Artefact, KnownTree, Plan, PlannedLayer, Removal};
use crate::project::cargo_flags::NativeFlag;

/// One image, as checks see it.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault, Subject};
/// use lapstrake_xtask::prelude::*;
///
/// fn look(subject: &Subject<'_>) -> Vec<Fault> {
///     assert_eq!(subject.image().as_str(), "demo");
///     assert_eq!(subject.label("containers.bootc"), Some("1"), "the base's");
///     assert!(subject.labels().is_empty(), "the description gives none");
///     assert!(subject.tree().get("/etc/motd").is_some());
///     assert!(subject.below().get("/etc/motd").is_none());
///     assert!(!subject.runs_unseen());
///     assert_eq!(subject.site().file(), subject.base_site().file());
///     let message = format!("nothing listens on {}", subject.architecture());
///     vec![subject.gone("/usr/bin/sshd", message)]
/// }
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
/// assert_eq!(found[0].path.as_ref().unwrap().as_str(), "/usr/bin/sshd");
/// ```
pub struct Subject<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) base: &'a Base,
    /// How many parts of layers, from the lowest, are built, and the trees that are known by them.
    built: usize,
    known: &'a [KnownTree],
    /// The base without the layers of this image, where an engine has built some of them.
    alone: Option<&'a Base>,
    tree: Tree<'a>,
    below: Tree<'a>,
}

impl<'a> Subject<'a> {
    #[cfg(any(test, feature = "__fuzz"))]
    pub(crate) fn new(plan: &'a Plan, base: &'a Base, contents: &'a Contents) -> Self {
        Self::on(plan, base, base, &[], contents)
    }

    /// Returns the subject with the lowest layers of the plan built, whose trees are `known`: `below` is `base` with
    /// them.
    pub(crate) fn on(
        plan: &'a Plan,
        base: &'a Base,
        below: &'a Base,
        known: &'a [KnownTree],
        contents: &'a Contents,
    ) -> Self {
        let built = known.last().map_or(0, |known| known.parts);
        let tree = Tree::new(plan, built, contents);
        let below_tree = Tree::of_base(&below.index, contents);
        let alone = (built > 0).then_some(base);
        Self { plan, base: below, built, known, alone, tree, below: below_tree }
    }

    /// Returns the base without the layers of this image, where an engine has built some of them.
    pub(super) fn base_alone(&self) -> Option<Self> {
        let base = self.alone?;
        let tree = Tree::of_base(&base.index, self.tree.contents());
        let built = self.plan.layers.len();
        Some(Self { plan: self.plan, base, built, known: &[], alone: None, below: tree.clone(), tree })
    }

    /// Returns the text of a file of the base, as it is without the layers of this image.
    pub(super) fn base_text(&self, path: &str) -> Option<&str> {
        self.alone.unwrap_or(self.base).index.text(&ImagePath::parse(path).ok()?)
    }

    /// Returns the lowest layer in which an engine changed a path of the base. Where the path is as in the base, it
    /// is the lowest layer that an engine built: something else that it did has the fault.
    pub(super) fn step_layer(&self, path: Option<&ImagePath>) -> Option<&'a PlannedLayer> {
        let was =
            |tree: &BaseIndex| path.and_then(|path| tree.tree().get(path)).map(|entry| entry.node.clone());
        let base = was(&self.alone?.index);
        let changed = self.known.iter().find(|known| was(&known.index) != base);
        let changed = changed.and_then(|known| self.plan.layers.get(..known.parts)?.last());
        changed.or_else(|| self.plan.layers.iter().find(|layer| layer.needs_engine())).map(|layer| &**layer)
    }

    /// Returns the package that brings a path, if packages or a step of the image made what is there.
    pub(super) fn package_of(&self, path: &ImagePath) -> Option<&'a str> {
        let is_of_step = self.tree.get(path.as_str()).is_some_and(|node| node.is_of_step());
        self.known.last().filter(|_| is_of_step)?.owners.of(path)
    }

    /// The image's name.
    pub fn image(&self) -> &ImageName {
        &self.plan.name
    }

    /// What the image runs on.
    pub fn architecture(&self) -> Architecture {
        self.plan.base.architecture
    }

    /// Whether an account may be missing because its line is invalid, which is a finding already, or because a step that
    /// has not run makes it.
    pub(crate) fn lacks_accounts(&self) -> bool {
        self.plan.lacks_accounts || self.runs_unseen()
    }

    /// Returns the flags for the processor of this machine with which cargo compiles a binary.
    pub(crate) fn native_flags(&self, artefact: &Artefact) -> Vec<NativeFlag> {
        let target = self.plan.compile.get(artefact.invocation).and_then(|cargo| cargo.target.as_deref());
        self.plan.flags.native(target, self.architecture())
    }

    /// The labels that the description gives; the base's are not among them.
    pub fn labels(&self) -> &BTreeMap<LabelKey, String> {
        &self.plan.labels
    }

    /// The value of a label: the description's, else the base's.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.plan.labels.get(key).map(String::as_str).or_else(|| self.base.label(key))
    }

    /// Every path that the image will have, but for what packages and run steps make.
    pub fn tree(&self) -> &Tree<'a> {
        &self.tree
    }

    /// Every member of every layer, hidden by a later one or not.
    pub(crate) fn shipped(&self) -> impl Iterator<Item = Node<'a>> {
        self.plan.layers.iter().flat_map(|layer| self.tree.of_layer(layer))
    }

    /// Returns the tree of the base alone.
    pub fn below(&self) -> &Tree<'a> {
        &self.below
    }

    /// Whether packages or run steps change the tree in ways that no check sees.
    pub fn runs_unseen(&self) -> bool {
        self.plan.layers.iter().skip(self.built).any(|layer| layer.needs_engine())
    }

    /// Whether the base is the stand-in, which lacks most of what a real base has.
    pub(crate) fn is_on_stand_in(&self) -> bool {
        self.base.location == TransportRef::StandIn
    }

    /// Returns why what is missing in the stand-in does not stop a build.
    pub(crate) fn stand_in_doubt(&self) -> Option<&'static str> {
        self.is_on_stand_in().then_some("a real base may have what the stand-in lacks")
    }

    /// Returns why what is missing does not stop a build while a step has not run.
    pub(crate) fn unseen_doubt(&self) -> Option<&'static str> {
        self.runs_unseen().then_some("a step that no build has run yet may bring it")
    }

    /// The fault that nothing stands at a path: of the layer that removed it, or else of the base.
    pub fn gone(&self, path: &str, message: impl Into<String>) -> Fault {
        let removed = self.plan.layers.iter().rev().find_map(|layer| {
            let at = |(removed, removal): (&ImagePath, &Removal)| {
                let covers = path
                    .strip_prefix(removed.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
                covers.then_some((layer, removal.site))
            };
            layer.removals.iter().find_map(at)
        });
        let fault = match removed {
            Some((layer, site)) => Fault::of_layer(layer, site, message),
            None => Fault::of_base(message),
        };
        match ImagePath::parse(path) {
            Ok(path) => fault.path(&path),
            Err(_) => fault,
        }
    }

    /// Where the description names the image.
    pub fn site(&self) -> Site {
        self.plan.site
    }

    /// Where the description names the base.
    pub fn base_site(&self) -> Site {
        self.plan.base.site
    }
}
