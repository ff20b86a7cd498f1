//! The tree that an image will have, and who put what there. It answers questions and judges nothing.

mod node;

use std::collections::btree_map;
use std::iter::Peekable;
use std::sync::{Arc, OnceLock};

use lapstrake::value::ImagePath;
use lapstrake_oci::tree;

use super::contents::{Contents, LayerContents};
use crate::base::{BaseIndex, Elf, File, facts};
use crate::plan::{Member, Plan, PlannedLayer};

pub use node::Node;
use node::{From, OfLayer, Path};

/// The tree of an image: every path, with what is there. The root comes first, each directory before what is
/// in it, names sorted.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault, Subject, Tree};
/// use lapstrake_xtask::prelude::*;
///
/// fn look(subject: &Subject<'_>) -> Vec<Fault> {
///     let tree: &Tree<'_> = subject.tree();
///     assert_eq!(tree.ours().count(), 1);
///     assert!(tree.iter().next().unwrap().path().is_root());
///     assert_eq!(tree.get("/bin").unwrap().path().as_str(), "/bin");
///     assert_eq!(tree.follow("/bin").unwrap().path().as_str(), "/usr/bin");
///     assert_eq!(tree.place("/bin/sh").unwrap().as_str(), "/usr/bin/sh");
///     assert!(tree.children("/usr").count() < tree.below("/usr").count());
///     assert!(tree.text("/etc/os-release").unwrap().contains("ID="));
///     vec![Fault::of_image("looked")]
/// }
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
/// assert_eq!(found[0].message, "looked");
/// ```
#[derive(Clone)]
pub struct Tree<'a> {
    entries: &'a tree::Tree<File>,
    /// How many layers the base has, and the layers of this image over those.
    base: usize,
    layers: &'a [Arc<PlannedLayer>],
    /// How many of this image's layers were read, from the lowest.
    read: usize,
    contents: &'a Contents,
    /// The contents of each layer.
    layer_contents: Vec<&'a LayerContents>,
    /// Every path, once a check asks for all of them.
    nodes: OnceLock<Vec<Node<'a>>>,
    /// What the layers bring and a loader can map, once a check asks for it.
    loadable: OnceLock<Vec<Node<'a>>>,
}

/// The members of each layer that a walk over the tree has not passed, so that it need not look them up by their paths.
type Ahead<'a> = Vec<Peekable<btree_map::Iter<'a, ImagePath, Member>>>;

impl<'a> Tree<'a> {
    /// The tree of a plan, whose lowest `read` layers were read.
    pub(crate) fn new(plan: &'a Plan, read: usize, contents: &'a Contents) -> Self {
        let (base, layers) = (plan.base.layers, plan.layers.as_slice());
        let layer_contents = layers.iter().map(|layer| contents.layer(&layer.name)).collect();
        Self {
            entries: &plan.tree,
            base,
            layers,
            read,
            contents,
            layer_contents,
            nodes: OnceLock::new(),
            loadable: OnceLock::new(),
        }
    }

    /// The tree of a base, of which nothing is this image's.
    pub(crate) fn of_base(index: &'a BaseIndex, contents: &'a Contents) -> Self {
        Self {
            entries: index.tree(),
            base: 0,
            layers: &[],
            read: 0,
            contents,
            layer_contents: Vec::new(),
            nodes: OnceLock::new(),
            loadable: OnceLock::new(),
        }
    }

    pub(super) fn contents(&self) -> &'a Contents {
        self.contents
    }

    /// What a layer ships, be it hidden by a later layer or not.
    pub(crate) fn of_layer(&self, layer: &'a PlannedLayer) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let contents = self.contents.layer(&layer.name);
        layer.described().map(move |(path, member)| Node {
            path: Path::Member(path),
            from: From::Layer(OfLayer { layer, member, contents, facts: None }),
        })
    }

    /// Returns every path, the root first.
    pub fn iter(&self) -> impl Iterator<Item = Node<'a>> {
        self.nodes().iter().cloned()
    }

    /// Returns what the layers put there, without the parents that they only restate.
    pub fn ours(&self) -> impl Iterator<Item = Node<'a>> {
        self.nodes().iter().filter(|node| node.site().is_some()).cloned()
    }

    /// The files of the layers that are programs or libraries, with their facts.
    pub(super) fn loadable(&self) -> impl Iterator<Item = (&Node<'a>, &'a Elf)> {
        let is_loadable = |node: &Node<'_>| node.elf().is_some_and(Elf::is_loadable);
        let nodes = self.loadable.get_or_init(|| {
            // A tree of many files has few programs. What a step made is only in the tree.
            let has_steps = self.read > 0;
            let mut found: Vec<_> = if has_steps { self.ours().collect() } else { self.members_with_elf() };
            found.retain(is_loadable);
            found
        });
        nodes.iter().filter_map(|node| Some((node, node.elf()?)))
    }

    /// Returns the programs and libraries among the members of the layers that no layer above hides, in the order of
    /// the tree.
    fn members_with_elf(&self) -> Vec<Node<'a>> {
        let layers = self.layers.iter().zip(&self.layer_contents).filter(|(_, contents)| contents.has_elf());
        let shipped = layers.flat_map(|(layer, _)| self.of_layer(layer)).filter(|node| node.elf().is_some());
        let visible = |node: Node<'a>| {
            let found = self.get(node.path().as_str())?;
            found
                .layer()
                .zip(node.layer())
                .is_some_and(|(one, other)| std::ptr::eq(one, other))
                .then_some(found)
        };
        let mut found: Vec<_> = shipped.filter_map(visible).collect();
        found.sort_by(|one, other| one.path().components().cmp(other.path().components()));
        found
    }

    /// Returns what is at exactly that path; no symlink is followed.
    pub fn get(&self, path: &str) -> Option<Node<'a>> {
        let path = ImagePath::parse(path).ok()?;
        let entry = self.entries.get(&path)?;
        Some(self.node(path, entry))
    }

    /// Returns what is below a directory, at any depth; no symlink is followed.
    pub fn below<'t>(&'t self, directory: &str) -> impl Iterator<Item = Node<'a>> + use<'t, 'a> {
        let directory = ImagePath::parse(directory).ok();
        let walk = directory.map(|directory| self.entries.walk_from(&directory).skip(1));
        boxed(walk.into_iter().flatten().map(|(path, entry)| self.node(path, entry)))
    }

    /// Returns what is in a directory itself, sorted by name; no symlink is followed.
    pub fn children<'t>(&'t self, directory: &str) -> impl Iterator<Item = Node<'a>> + use<'t, 'a> {
        let directory = ImagePath::parse(directory).ok();
        boxed(directory.into_iter().flat_map(move |directory| {
            let children = self.entries.children(&directory);
            children.filter_map(move |(name, entry)| Some(self.node(directory.join(name).ok()?, entry)))
        }))
    }

    /// Returns what a process in the image finds at a path, every symlink followed.
    pub fn follow(&self, path: &str) -> Option<Node<'a>> {
        self.get(self.place(path)?.as_str())
    }

    /// Returns where a path leads, every symlink followed; components that are missing are taken as they are
    /// written.
    pub fn place(&self, path: &str) -> Option<ImagePath> {
        self.entries.follow(&ImagePath::parse(path).ok()?).ok()
    }

    /// Returns the content of a file, symlinks followed, where it was kept: of the files that systemd, bootc,
    /// ostree and the linker read as configuration. Bytes that are not UTF-8 are replaced.
    pub fn text(&self, path: &str) -> Option<&'a str> {
        self.follow(path)?.text()
    }

    /// The tree itself.
    pub(super) fn entries(&self) -> &'a tree::Tree<File> {
        self.entries
    }

    fn nodes(&self) -> &[Node<'a>] {
        self.nodes.get_or_init(|| {
            let mut ahead: Ahead<'a> =
                self.layers.iter().map(|layer| layer.members.iter().peekable()).collect();
            self.entries.walk().map(|(path, entry)| self.node_of(path, entry, Some(&mut ahead))).collect()
        })
    }

    fn node(&self, path: ImagePath, entry: tree::Entry<'a, File>) -> Node<'a> {
        self.node_of(path, entry, None)
    }

    fn node_of(
        &self,
        path: ImagePath,
        entry: tree::Entry<'a, File>,
        ahead: Option<&mut Ahead<'a>>,
    ) -> Node<'a> {
        let own = entry.layer.get().checked_sub(self.base);
        let own = own.and_then(|own| Some((own, &**self.layers.get(own)?)));
        let Some((own, layer)) = own else {
            return Node { path: Path::Other(Arc::new(path)), from: From::Base(entry.node) };
        };
        let member = ahead.and_then(|ahead| next(ahead.get_mut(own)?, &path));
        if let Some((path, member)) = member.or_else(|| layer.members.get_key_value(&path)) {
            let (contents, facts) = (self.layer_contents[own], facts(&entry.node.kind));
            let from = From::Layer(OfLayer { layer, member, contents, facts });
            return Node { path: Path::Member(path), from };
        }
        let from = if own < self.read { From::Step(layer, entry.node) } else { From::Base(entry.node) };
        Node { path: Path::Other(Arc::new(path)), from }
    }
}

/// Returns the nodes behind one type for all checks, so that what they do with them is not compiled with the walk in it.
fn boxed<'t, 'a: 't>(nodes: impl Iterator<Item = Node<'a>> + 't) -> Box<dyn Iterator<Item = Node<'a>> + 't> {
    Box::new(nodes)
}

/// Returns the member at a path if the walk has not passed it, and passes what is before it.
fn next<'a>(
    members: &mut Peekable<btree_map::Iter<'a, ImagePath, Member>>,
    path: &ImagePath,
) -> Option<(&'a ImagePath, &'a Member)> {
    while members.next_if(|(before, _)| *before < path).is_some() {}
    members.next_if(|(at, _)| *at == path)
}
