//! The file system of an image: directories that hold their children by name, and everything that an
//! image's layers do to it. It does no I/O, and it does not know what a regular file holds: a [`Tree`] is
//! generic in that.
//!
//! Directories are shared by [`Arc`] and copied when they are written to. A clone costs nothing, twenty
//! variants of an image share the tree of their base, and [`diff`] passes over what two trees share. No
//! operation costs more than its own size times a logarithm.
//!
//! ```
//! use lapstrake::value::{ImagePath, Mode};
//! use lapstrake_oci::tree::{Changes, Kind, LayerNumber, Metadata, Node, Tree};
//!
//! let path = |text| ImagePath::parse(text).unwrap();
//! let mut base = Tree::<u64>::new();
//! base.insert(&path("/usr/bin/sh"), Node::new(Metadata::of_root(Mode::PROGRAM), Kind::File(10)), LayerNumber::LOWEST)?;
//! base.insert(&path("/bin"), Node::new(Metadata::of_root(Mode::SYMLINK), Kind::symlink("usr/bin")), LayerNumber::LOWEST)?;
//! assert_eq!(base.follow(&path("/bin/sh"))?.as_str(), "/usr/bin/sh");
//!
//! let mut layer = Changes::default();
//! layer.whiteout(path("/usr/bin/sh"));
//! layer.insert(path("/etc/motd"), Node::new(Metadata::of_root(Mode::FILE), Kind::File(3)))?;
//! let mut image = base.clone();
//! image.apply(layer, LayerNumber::new(1))?;
//! assert!(image.get(&path("/usr/bin/sh")).is_none() && base.get(&path("/usr/bin/sh")).is_some());
//! assert_eq!(image.get(&path("/etc/motd")).unwrap().layer, LayerNumber::new(1));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Arc`]: std::sync::Arc

mod changes;
mod diff;
mod entry;
mod insert;
mod map;
mod metadata;
mod node;
mod overlay;
mod remove;
mod resolve;
mod serial;
#[cfg(test)]
mod tests;
mod walk;
mod whiteout;

use std::collections::BTreeMap;
use std::sync::Arc;

use lapstrake::value::ImagePath;

pub use changes::{Change, ChangeError, Changes};
pub use diff::{Difference, diff};
pub use entry::{Children, Entry};
pub use insert::InsertError;
pub use metadata::{CAPABILITY, Metadata, Xattrs};
pub use node::{Kind, LayerNumber, Node};
pub use overlay::ApplyError;
pub use resolve::ResolveError;
pub use walk::Walk;
pub use whiteout::hide;

/// The most components of a path in a tree. It bounds the recursion of every operation.
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::{DEPTH_MAX, LayerNumber, Node, Tree};
/// let deep = |components| ImagePath::parse(&"/d".repeat(components)).unwrap();
/// let mut tree = Tree::<()>::new();
/// assert!(tree.insert(&deep(DEPTH_MAX), Node::directory(), LayerNumber::LOWEST).is_ok());
/// assert!(tree.insert(&deep(DEPTH_MAX + 1), Node::directory(), LayerNumber::LOWEST).is_err());
/// ```
pub const DEPTH_MAX: usize = 256;

/// The most nodes of a tree that [`Tree::apply`] makes: a few members of a tar can imply many directories.
///
/// ```
/// # use lapstrake_oci::tree::{NODES_MAX, Tree};
/// assert!(Tree::<()>::new().len() < NODES_MAX);
/// ```
pub const NODES_MAX: usize = 8_000_000;

/// A file system, generic in what a regular file is.
///
/// The root is always there, and is always a directory.
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::Tree;
/// let tree = Tree::<()>::new();
/// assert_eq!(tree.len(), 1);
/// assert!(tree.get(&ImagePath::root()).unwrap().node.kind.is_directory());
/// ```
#[derive(Debug)]
pub struct Tree<F> {
    root: Arc<Branch<F>>,
}

/// A node and what is below it.
#[derive(Debug, Clone)]
struct Branch<F> {
    node: Node<F>,
    layer: LayerNumber,
    /// How many nodes there are, this one included.
    count: usize,
    /// Empty unless the node is a directory.
    children: BTreeMap<Arc<str>, Arc<Self>>,
}

impl<F> Tree<F> {
    /// Returns the tree in which there is only the root, a directory of root's with mode 0755.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Tree;
    /// assert!(Tree::<()>::new().walk().map(|(path, _)| path.to_string()).eq(["/"]));
    /// ```
    pub fn new() -> Self {
        Self { root: Arc::new(Branch::implied(LayerNumber::LOWEST)) }
    }

    /// Returns the number of nodes, the root included. It is known without a walk.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Tree;
    /// assert_eq!(Tree::<()>::new().len(), 1);
    /// ```
    #[expect(clippy::len_without_is_empty, reason = "a tree always has its root")]
    pub fn len(&self) -> usize {
        self.root.count
    }

    /// Returns the root.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Tree;
    /// assert_eq!(Tree::<()>::new().root().children().count(), 0);
    /// ```
    pub fn root(&self) -> Entry<'_, F> {
        Entry::of(&self.root)
    }

    /// Returns what is at exactly that path. No symlink is followed, not even among its parents.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// let etc = ImagePath::parse("/etc")?;
    /// assert!(tree.get(&etc).is_none());
    /// tree.insert(&etc, Node::directory(), LayerNumber::LOWEST)?;
    /// assert_eq!(tree.get(&etc).unwrap().node.metadata.mode, Mode::PROGRAM);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(&self, path: &ImagePath) -> Option<Entry<'_, F>> {
        let mut branch = &*self.root;
        for name in path.components() {
            branch = branch.children.get(name)?;
        }
        Some(Entry::of(branch))
    }

    /// Returns the names in a directory with what is there, sorted; none where the path is not a directory.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// tree.insert(&ImagePath::parse("/etc/ssh/sshd_config.d")?, Node::directory(), LayerNumber::LOWEST)?;
    /// let etc = ImagePath::parse("/etc")?;
    /// assert!(tree.children(&etc).map(|(name, _)| name).eq(["ssh"]));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn children(&self, directory: &ImagePath) -> Children<'_, F> {
        self.get(directory).map_or_else(Children::none, Entry::children)
    }
}

/// Costs one reference count; the nodes are shared until one of the trees is changed.
impl<F> Clone for Tree<F> {
    fn clone(&self) -> Self {
        Self { root: Arc::clone(&self.root) }
    }
}

impl<F> Default for Tree<F> {
    fn default() -> Self {
        Self::new()
    }
}

/// Compares nodes and the layers that they come from. What the trees share is not compared.
impl<F: PartialEq> PartialEq for Tree<F> {
    fn eq(&self, other: &Self) -> bool {
        Branch::is_equal(&self.root, &other.root)
    }
}

impl<F: Eq> Eq for Tree<F> {}

impl<F> Branch<F> {
    /// A directory that no layer states, as container engines make it.
    fn implied(layer: LayerNumber) -> Self {
        Self::leaf(Node::directory(), layer)
    }

    fn leaf(node: Node<F>, layer: LayerNumber) -> Self {
        Self { node, layer, count: 1, children: BTreeMap::new() }
    }
}

impl<F: PartialEq> Branch<F> {
    fn is_equal(one: &Arc<Self>, other: &Arc<Self>) -> bool {
        let children = || {
            one.children.len() == other.children.len()
                && one.children.iter().zip(&other.children).all(|((name, child), (other_name, other))| {
                    name == other_name && Self::is_equal(child, other)
                })
        };
        Arc::ptr_eq(one, other)
            || one.count == other.count && one.layer == other.layer && one.node == other.node && children()
    }
}
