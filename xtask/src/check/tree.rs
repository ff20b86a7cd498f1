//! The tree that an image will have, and who put what there. It answers questions and judges nothing.

use std::sync::{Arc, OnceLock};

use lapstrake::Site;
use lapstrake::value::{ImagePath, Mode};
use lapstrake_oci::tree::{self, CAPABILITY, Kind, Metadata};

use super::contents::Contents;
use super::secrets::Secret;
use crate::base::{BaseIndex, Elf, File, FileFacts, facts};
use crate::plan::{Member, Origin, Plan, PlannedLayer};

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
    layers: &'a [PlannedLayer],
    /// How many of this image's layers were read, from the lowest.
    read: usize,
    contents: &'a Contents,
    /// Every path, once a check asks for all of them.
    nodes: OnceLock<Vec<Node<'a>>>,
    /// What the layers bring and a loader can map, once a check asks for it.
    loadable: OnceLock<Vec<Node<'a>>>,
}

/// What is at a path of an image.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault, Kind, Node, Subject};
/// use lapstrake_xtask::prelude::*;
///
/// fn look(subject: &Subject<'_>) -> Vec<Fault> {
///     let node: Node<'_> = subject.tree().get("/etc/motd").unwrap();
///     assert!(node.path().as_str() == "/etc/motd" && node.ends_with("motd"));
///     assert_eq!(node.kind(), Kind::File(()));
///     assert!(node.is_file() && !node.is_directory() && node.target().is_none());
///     assert_eq!((node.mode().bits(), node.uid(), node.gid()), (0o644, 0, 0));
///     assert!(!node.is_executable() && !node.has_capabilities());
///     assert_eq!((node.size(), node.text()), (Some(3), Some("hi\n")));
///     assert!(node.site().is_some(), "a layer puts it there");
///     vec![Fault::at(&node, "`/etc/motd` was looked at")]
/// }
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
/// assert_eq!(found[0].name, "look");
/// ```
#[derive(Clone)]
pub struct Node<'a> {
    path: Arc<ImagePath>,
    from: From<'a>,
    contents: &'a Contents,
}

#[derive(Clone, Copy)]
enum From<'a> {
    Base(&'a tree::Node<File>),
    /// What a step of that layer made while an engine ran it.
    Step(&'a PlannedLayer, &'a tree::Node<File>),
    /// What that layer has, and what is known of it where the layer was read.
    Layer(&'a PlannedLayer, &'a Member, Option<&'a FileFacts>),
}

impl<'a> Tree<'a> {
    /// The tree of a plan, whose lowest `read` layers were read.
    pub(crate) fn new(plan: &'a Plan, read: usize, contents: &'a Contents) -> Self {
        let (base, layers) = (plan.base.layers, plan.layers.as_slice());
        Self {
            entries: &plan.tree,
            base,
            layers,
            read,
            contents,
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
            nodes: OnceLock::new(),
            loadable: OnceLock::new(),
        }
    }

    pub(super) fn contents(&self) -> &'a Contents {
        self.contents
    }

    /// What a layer ships, be it hidden by a later layer or not.
    pub(crate) fn of_layer(&self, layer: &'a PlannedLayer) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let contents = self.contents;
        layer.described().map(move |(path, member)| Node {
            path: Arc::new(path.clone()),
            from: From::Layer(layer, member, None),
            contents,
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
        let nodes = self.loadable.get_or_init(|| self.ours().filter(is_loadable).collect());
        nodes.iter().filter_map(|node| Some((node, node.elf()?)))
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
        walk.into_iter().flatten().map(|(path, entry)| self.node(path, entry))
    }

    /// Returns what is in a directory itself, sorted by name; no symlink is followed.
    pub fn children<'t>(&'t self, directory: &str) -> impl Iterator<Item = Node<'a>> + use<'t, 'a> {
        let directory = ImagePath::parse(directory).ok();
        directory.into_iter().flat_map(move |directory| {
            let children = self.entries.children(&directory);
            children.filter_map(move |(name, entry)| Some(self.node(directory.join(name).ok()?, entry)))
        })
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
        self.nodes.get_or_init(|| self.entries.walk().map(|(path, entry)| self.node(path, entry)).collect())
    }

    fn node(&self, path: ImagePath, entry: tree::Entry<'a, File>) -> Node<'a> {
        let own = entry.layer.get().checked_sub(self.base);
        let own = own.and_then(|own| Some((own, self.layers.get(own)?)));
        let from = match own {
            None => From::Base(entry.node),
            Some((own, layer)) => match layer.members.get(&path) {
                Some(member) => From::Layer(layer, member, facts(&entry.node.kind)),
                None if own < self.read => From::Step(layer, entry.node),
                None => From::Base(entry.node),
            },
        };
        Node { path: Arc::new(path), from, contents: self.contents }
    }
}

impl<'a> Node<'a> {
    /// Returns where it is.
    pub fn path(&self) -> &ImagePath {
        &self.path
    }

    /// Returns whether its name ends so, in that case of letters: `.conf`.
    pub fn ends_with(&self, ending: &str) -> bool {
        self.path.file_name().ends_with(ending)
    }

    /// Returns the kind of the inode.
    ///
    /// ```
    /// use lapstrake_xtask::check::{Check, Checks, Fault, Kind, Subject};
    /// use lapstrake_xtask::prelude::*;
    ///
    /// fn look(subject: &Subject<'_>) -> Vec<Fault> {
    ///     assert_eq!(subject.tree().get("/bin").unwrap().kind(), Kind::symlink("usr/bin"));
    ///     assert_eq!(subject.tree().get("/usr").unwrap().kind(), Kind::Directory);
    ///     Vec::new()
    /// }
    ///
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
    /// assert!(found.is_empty());
    /// ```
    pub fn kind(&self) -> Kind<()> {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.as_ref().map(drop),
            From::Layer(_, member, _) => member.kind.as_ref().map(drop),
        }
    }

    /// Returns whether it is a regular file.
    pub fn is_file(&self) -> bool {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.is_file(),
            From::Layer(_, member, _) => member.kind.is_file(),
        }
    }

    /// Returns whether it is a directory.
    pub fn is_directory(&self) -> bool {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.is_directory(),
            From::Layer(_, member, _) => member.kind.is_directory(),
        }
    }

    /// Returns the target of a symlink, as it is written.
    pub fn target(&self) -> Option<&'a str> {
        match self.from {
            From::Base(node) | From::Step(_, node) => node.kind.target(),
            From::Layer(_, member, _) => member.kind.target(),
        }
    }

    /// Returns its permission bits.
    pub fn mode(&self) -> Mode {
        self.metadata().mode
    }

    /// Returns whether it is a file that somebody may execute.
    pub fn is_executable(&self) -> bool {
        self.is_file() && self.mode().bits() & 0o111 != 0
    }

    /// Returns the number of its owner.
    pub fn uid(&self) -> u32 {
        self.metadata().uid
    }

    /// Returns the number of its group.
    pub fn gid(&self) -> u32 {
        self.metadata().gid
    }

    /// Returns whether it is a program that the kernel gives capabilities (capabilities(7)).
    pub fn has_capabilities(&self) -> bool {
        self.metadata().xattrs.get(CAPABILITY).is_some()
    }

    /// Returns the size of a file, in bytes; none for what cargo has not built yet, and what is not a file.
    pub fn size(&self) -> Option<u64> {
        match self.facts() {
            Some(facts) => Some(facts.size),
            None => self.contents.size(self.origin()?),
        }
    }

    /// Returns the content of a file; see [`Tree::text`]. No symlink is followed.
    pub fn text(&self) -> Option<&'a str> {
        match self.facts() {
            Some(facts) => facts.text.as_deref(),
            None => self.contents.text(self.origin()?),
        }
    }

    /// The facts of a program or library; of this image's own only once they are staged.
    pub(crate) fn elf(&self) -> Option<&'a Elf> {
        match self.facts() {
            Some(facts) => facts.elf.as_deref(),
            None => self.contents.elf(self.origin()?),
        }
    }

    /// The secrets in a file of a layer, once it is staged.
    pub(crate) fn secrets(&self) -> &'a [Secret] {
        self.origin().map_or(&[], |origin| self.contents.secrets(origin))
    }

    /// Where a file of a layer comes from.
    pub(crate) fn origin(&self) -> Option<&'a Origin> {
        match self.from {
            From::Layer(_, member, _) => member.kind.file(),
            From::Base(_) | From::Step(..) => None,
        }
    }

    /// Returns where the description has it; none for what the base has.
    pub fn site(&self) -> Option<Site> {
        match self.from {
            From::Base(_) => None,
            From::Step(layer, _) => Some(layer.step_site()),
            From::Layer(_, member, _) => member.site,
        }
    }

    /// The names of the checks whose findings its entry accepts.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = &'a str> {
        let allowed = match self.from {
            From::Base(_) => None,
            From::Step(layer, _) => Some(&layer.allowed),
            From::Layer(_, member, _) => Some(&member.allowed),
        };
        allowed.into_iter().flat_map(|allowed| allowed.keys().map(String::as_str))
    }

    /// The layer of this image that put it there; none for what the base has.
    pub(crate) fn layer(&self) -> Option<&'a PlannedLayer> {
        match self.from {
            From::Base(_) => None,
            From::Step(layer, _) | From::Layer(layer, ..) => Some(layer),
        }
    }

    /// Whether a step made it while an engine ran it.
    pub(super) fn is_of_step(&self) -> bool {
        matches!(self.from, From::Step(..))
    }

    fn metadata(&self) -> &'a Metadata {
        match self.from {
            From::Base(node) | From::Step(_, node) => &node.metadata,
            From::Layer(_, member, _) => &member.metadata,
        }
    }

    fn facts(&self) -> Option<&'a FileFacts> {
        match self.from {
            From::Base(node) | From::Step(_, node) => facts(&node.kind),
            From::Layer(_, _, facts) => facts,
        }
    }
}
