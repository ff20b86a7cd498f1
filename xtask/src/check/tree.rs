//! The tree that an image will have: the base's, with what the layers remove and add, each path with who
//! put it there. Made once for all checks, in one walk; it answers questions and judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use lapstrake::Site;
use lapstrake::value::{ImagePath, Mode};

use super::contents::Contents;
use super::secrets::Secret;
use crate::base::{self, BaseIndex, Elf, NodeKind, follow};
use crate::plan::{Content, Member, Origin, PlannedLayer};

/// All paths of an image, sorted; the root first.
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
    nodes: Vec<Node<'a>>,
    index: &'a BaseIndex,
    contents: &'a Contents,
}

/// The layers that are in an index already.
#[derive(Debug, Clone, Default)]
pub(crate) struct Laid {
    /// How many, from the lowest.
    pub(crate) layers: usize,
    /// What a step made while an engine ran it: the number of its layer.
    pub(crate) made: BTreeMap<ImagePath, usize>,
}

/// What stands at a path.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault, Kind, Node, Subject};
/// use lapstrake_xtask::prelude::*;
///
/// fn look(subject: &Subject<'_>) -> Vec<Fault> {
///     let node: Node<'_> = subject.tree().get("/etc/motd").unwrap();
///     assert!(node.path().as_str() == "/etc/motd" && node.ends_with("motd"));
///     assert_eq!(node.kind(), Kind::File);
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
#[derive(Clone, Copy)]
pub struct Node<'a> {
    path: &'a ImagePath,
    from: From<'a>,
    contents: &'a Contents,
}

#[derive(Clone, Copy)]
enum From<'a> {
    Base(&'a base::Node),
    /// What a step of that layer made while an engine ran it.
    Engine(&'a PlannedLayer, &'a base::Node),
    Layer(&'a PlannedLayer, &'a Member),
}

/// What kind of thing stands at a path.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks, Fault, Kind, Subject};
/// use lapstrake_xtask::prelude::*;
///
/// fn look(subject: &Subject<'_>) -> Vec<Fault> {
///     assert_eq!(subject.tree().get("/bin").unwrap().kind(), Kind::Symlink("usr/bin"));
///     assert_eq!(subject.tree().get("/usr").unwrap().kind(), Kind::Directory);
///     Vec::new()
/// }
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
/// let found = Checks::default().with(Check::warning("look", "to look around", look)).findings(&image);
/// assert!(found.is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symlink, and what it points to, as it is written.
    Symlink(&'a str),
    /// A device node.
    Device,
    /// A named pipe.
    Fifo,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(index: &'a BaseIndex, layers: &'a [PlannedLayer], contents: &'a Contents) -> Self {
        Self::on(index, &Laid::default(), layers, contents)
    }

    /// As [`new`](Self::new), where the lowest layers are in the index already: they say who put a path
    /// there, and change nothing.
    pub(crate) fn on(
        index: &'a BaseIndex,
        laid: &Laid,
        layers: &'a [PlannedLayer],
        contents: &'a Contents,
    ) -> Self {
        let mut over: BTreeMap<&str, Node<'a>> = BTreeMap::new();
        let mut hidden: BTreeSet<&str> = BTreeSet::new();
        for layer in layers.iter().take(laid.layers) {
            for (path, member) in layer.described().filter(|(path, _)| index.get(path).is_some()) {
                over.insert(path.as_str(), Node { path, from: From::Layer(layer, member), contents });
            }
        }
        for layer in layers.iter().skip(laid.layers) {
            for path in &layer.whiteouts {
                remove_below(&mut over, path);
                over.remove(path.as_str());
                hidden.insert(path.as_str());
            }
            for (path, member) in &layer.members {
                if member.content != Content::Directory {
                    remove_below(&mut over, path);
                    hidden.insert(path.as_str());
                }
                over.insert(path.as_str(), Node { path, from: From::Layer(layer, member), contents });
            }
        }
        let of_below = |path: &'a ImagePath, node: &'a base::Node| {
            let layer = laid.made.get(path).and_then(|number| layers.get(*number));
            let from = layer.map_or(From::Base(node), |layer| From::Engine(layer, node));
            Node { path, from, contents }
        };
        let mut over = over.into_iter().peekable();
        let mut nodes = Vec::new();
        for (path, node) in index.iter() {
            while let Some((_, own)) = over.next_if(|(own, _)| *own < path.as_str()) {
                nodes.push(own);
            }
            if let Some((_, own)) = over.next_if(|(own, _)| *own == path.as_str()) {
                // A parent that a layer only restates is still the base's.
                let restated = own.site().is_none() && !is_hidden(&hidden, path);
                nodes.push(if restated { of_below(path, node) } else { own });
            } else if !is_hidden(&hidden, path) {
                nodes.push(of_below(path, node));
            }
        }
        nodes.extend(over.map(|(_, own)| own));
        Self { nodes, index, contents }
    }

    pub(super) fn contents(&self) -> &'a Contents {
        self.contents
    }

    /// What a layer ships.
    pub(crate) fn of_layer(&self, layer: &'a PlannedLayer) -> impl Iterator<Item = Node<'a>> {
        let contents = self.contents;
        layer.described().map(move |(path, member)| Node { path, from: From::Layer(layer, member), contents })
    }

    /// The base's own tree.
    pub(crate) fn base_alone(&self) -> Self {
        Self::new(self.index, &[], self.contents)
    }

    /// Everything in the tree, sorted by path; the root first.
    pub fn iter(&self) -> impl Iterator<Item = Node<'a>> {
        self.nodes.iter().copied()
    }

    /// What the layers put there, without the parents that they only restate.
    pub fn ours(&self) -> impl Iterator<Item = Node<'a>> {
        self.iter().filter(|node| node.site().is_some())
    }

    /// What stands at exactly that path; no symlink is followed.
    pub fn get(&self, path: &str) -> Option<Node<'a>> {
        let found = self.nodes.binary_search_by(|node| node.path.as_str().cmp(path)).ok()?;
        self.nodes.get(found).copied()
    }

    /// What stands below a directory, at any depth, sorted; no symlink is followed.
    pub fn below<'t>(&'t self, directory: &str) -> impl Iterator<Item = Node<'a>> + use<'t, 'a> {
        let prefix = format!("{}/", directory.trim_end_matches('/'));
        let start = self.nodes.partition_point(|node| node.path.as_str() < prefix.as_str());
        let rest = self.nodes.get(start..).unwrap_or_default();
        rest.iter()
            .take_while(move |node| node.path.as_str().starts_with(&prefix) && !node.path.is_root())
            .copied()
    }

    /// What stands in a directory itself, sorted; no symlink is followed.
    pub fn children<'t>(&'t self, directory: &str) -> impl Iterator<Item = Node<'a>> + use<'t, 'a> {
        let length = directory.trim_end_matches('/').len() + 1;
        self.below(directory).filter(move |node| !node.path.as_str()[length..].contains('/'))
    }

    /// What a process in the image finds at a path, every symlink followed.
    pub fn follow(&self, path: &str) -> Option<Node<'a>> {
        self.get(self.place(path)?.as_str())
    }

    /// Where a path leads, every symlink followed; what is missing is taken as written.
    pub fn place(&self, path: &str) -> Option<ImagePath> {
        let path = ImagePath::parse(path).ok()?;
        follow(&path, true, |path| self.get(path.as_str()).map(|node| node.step())).ok()
    }

    /// The content of a file, symlinks followed, where it was kept: of the files that systemd, bootc,
    /// ostree and the linker read as configuration. Bytes that are no UTF-8 are replaced.
    pub fn text(&self, path: &str) -> Option<&'a str> {
        self.follow(path)?.text()
    }
}

fn remove_below(over: &mut BTreeMap<&str, Node<'_>>, path: &ImagePath) {
    let prefix = format!("{path}/");
    let below: Vec<_> = over
        .range(prefix.as_str()..)
        .map(|(path, _)| *path)
        .take_while(|path| path.starts_with(&prefix))
        .collect();
    for path in below {
        over.remove(path);
    }
}

fn is_hidden(hidden: &BTreeSet<&str>, path: &ImagePath) -> bool {
    let path = path.as_str();
    !hidden.is_empty()
        && (hidden.contains(path) || path.match_indices('/').any(|(end, _)| hidden.contains(&path[..end])))
}

impl<'a> Node<'a> {
    /// Where it stands.
    pub fn path(&self) -> &'a ImagePath {
        self.path
    }

    /// Whether its name ends so, in that case of letters: `.conf`.
    pub fn ends_with(&self, ending: &str) -> bool {
        self.path.file_name().strip_suffix(ending).is_some()
    }

    /// What kind of thing it is.
    pub fn kind(&self) -> Kind<'a> {
        match self.from {
            From::Base(node) | From::Engine(_, node) => match &node.kind {
                NodeKind::Directory => Kind::Directory,
                NodeKind::File { .. } => Kind::File,
                NodeKind::Symlink { target } => Kind::Symlink(target),
                NodeKind::Device { .. } => Kind::Device,
                NodeKind::Fifo => Kind::Fifo,
            },
            From::Layer(_, member) => match &member.content {
                Content::Directory => Kind::Directory,
                Content::Symlink { target } => Kind::Symlink(target),
                Content::File { .. } => Kind::File,
            },
        }
    }

    /// Its permission bits.
    pub fn mode(&self) -> Mode {
        match self.from {
            From::Base(node) | From::Engine(_, node) => node.mode,
            From::Layer(_, member) => member.inode.mode,
        }
    }

    /// Whether it is a file that somebody may execute.
    pub fn is_executable(&self) -> bool {
        self.kind() == Kind::File && self.mode().bits() & 0o111 != 0
    }

    /// The number of its owner.
    pub fn uid(&self) -> u32 {
        match self.from {
            From::Base(node) | From::Engine(_, node) => node.uid,
            From::Layer(_, member) => member.inode.uid,
        }
    }

    /// The number of its group.
    pub fn gid(&self) -> u32 {
        match self.from {
            From::Base(node) | From::Engine(_, node) => node.gid,
            From::Layer(_, member) => member.inode.gid,
        }
    }

    /// Whether it is a program that the kernel gives capabilities (capabilities(7)).
    pub fn has_capabilities(&self) -> bool {
        match self.from {
            From::Base(base::Node { kind: NodeKind::File { capability, .. }, .. })
            | From::Engine(_, base::Node { kind: NodeKind::File { capability, .. }, .. }) => {
                capability.is_some()
            }
            From::Base(_) | From::Engine(..) => false,
            From::Layer(_, member) => member.inode.capabilities.is_some(),
        }
    }

    /// The size of a file, in bytes; none for what cargo has not built yet, and what is no file.
    pub fn size(&self) -> Option<u64> {
        match self.from {
            From::Base(base::Node { kind: NodeKind::File { size, .. }, .. })
            | From::Engine(_, base::Node { kind: NodeKind::File { size, .. }, .. }) => Some(*size),
            From::Base(_) | From::Engine(..) => None,
            From::Layer(..) => self.contents.size(self.origin()?),
        }
    }

    /// The content of a file; see [`Tree::text`]. No symlink is followed.
    pub fn text(&self) -> Option<&'a str> {
        match self.from {
            From::Base(base::Node { kind: NodeKind::File { text, .. }, .. })
            | From::Engine(_, base::Node { kind: NodeKind::File { text, .. }, .. }) => text.as_deref(),
            From::Base(_) | From::Engine(..) => None,
            From::Layer(..) => self.contents.text(self.origin()?),
        }
    }

    /// The facts of a program or library; of this image's own only once they are staged.
    pub(crate) fn elf(&self) -> Option<&'a Elf> {
        match self.from {
            From::Base(base::Node { kind: NodeKind::File { elf, .. }, .. })
            | From::Engine(_, base::Node { kind: NodeKind::File { elf, .. }, .. }) => elf.as_deref(),
            From::Base(_) | From::Engine(..) => None,
            From::Layer(..) => self.contents.elf(self.origin()?),
        }
    }

    /// The secrets in a file of a layer, once it is staged.
    pub(crate) fn secrets(&self) -> &'a [Secret] {
        self.origin().map_or(&[], |origin| self.contents.secrets(origin))
    }

    /// Where a file of a layer comes from.
    pub(crate) fn origin(&self) -> Option<&'a Origin> {
        match self.from {
            From::Layer(_, Member { content: Content::File { from }, .. }) => Some(from),
            From::Layer(..) | From::Base(_) | From::Engine(..) => None,
        }
    }

    /// Where the description says it; none for what the base has.
    pub fn site(&self) -> Option<Site> {
        match self.from {
            From::Base(_) => None,
            From::Engine(layer, _) => Some(layer.site),
            From::Layer(_, member) => member.site,
        }
    }

    /// The names of the checks whose findings its entry accepts.
    pub(crate) fn allowed(&self) -> impl Iterator<Item = &'a str> {
        let member = match self.from {
            From::Base(_) | From::Engine(..) => None,
            From::Layer(_, member) => Some(member),
        };
        member.into_iter().flat_map(|member| member.allowed.keys().map(String::as_str))
    }

    /// The layer of this image that put it there; none for what the base has.
    pub(crate) fn layer(&self) -> Option<&'a PlannedLayer> {
        match self.from {
            From::Base(_) => None,
            From::Engine(layer, _) | From::Layer(layer, _) => Some(layer),
        }
    }

    /// Whether a step made it while an engine ran it.
    pub(super) fn is_of_step(&self) -> bool {
        matches!(self.from, From::Engine(..))
    }

    fn step(&self) -> base::Kind<'a> {
        match self.kind() {
            Kind::Directory => base::Kind::Directory,
            Kind::Symlink(target) => base::Kind::Symlink(target),
            Kind::File | Kind::Device | Kind::Fifo => base::Kind::Other,
        }
    }
}
