//! A place in a tree: the node there, the layer that it comes from, and the way down.

use std::collections::btree_map;
use std::sync::Arc;

use super::{Branch, LayerNumber, Node};

/// What is at a path of a tree.
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::{Entry, LayerNumber, Node, Tree};
/// let mut tree = Tree::<()>::new();
/// tree.insert(&ImagePath::parse("/etc/ssh")?, Node::directory(), LayerNumber::new(3))?;
/// let etc: Entry<'_, ()> = tree.get(&ImagePath::parse("/etc")?).unwrap();
/// assert!(etc.node.kind.is_directory());
/// assert_eq!((etc.layer, etc.count()), (LayerNumber::new(3), 2));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Entry<'a, F> {
    /// The inode.
    pub node: &'a Node<F>,
    /// The layer that put it there or last changed its metadata. A layer that states a directory as it
    /// already is does not count.
    pub layer: LayerNumber,
    branch: &'a Branch<F>,
}

/// The names in a directory, sorted; see [`Entry::children`].
///
/// ```
/// # use lapstrake_oci::tree::{Children, Tree};
/// let tree = Tree::<()>::new();
/// let mut children: Children<'_, ()> = tree.root().children();
/// assert!(children.next().is_none());
/// ```
#[derive(Debug)]
pub struct Children<'a, F> {
    inner: Option<btree_map::Iter<'a, Arc<str>, Arc<Branch<F>>>>,
}

impl<F> Clone for Entry<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for Entry<'_, F> {}

impl<'a, F> Entry<'a, F> {
    pub(super) fn of(branch: &'a Branch<F>) -> Self {
        Self { node: &branch.node, layer: branch.layer, branch }
    }

    pub(super) fn branch(self) -> &'a Branch<F> {
        self.branch
    }

    /// Returns the number of nodes here and below, this one included. It is known without a walk.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Tree;
    /// assert_eq!(Tree::<()>::new().root().count(), 1);
    /// ```
    pub fn count(self) -> usize {
        self.branch.count
    }

    /// Returns what is in the directory under a name; none where this is not a directory.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// tree.insert(&ImagePath::parse("/etc")?, Node::directory(), LayerNumber::LOWEST)?;
    /// assert!(tree.root().child("etc").is_some() && tree.root().child("usr").is_none());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn child(self, name: &str) -> Option<Self> {
        self.branch.children.get(name).map(|branch| Self::of(branch))
    }

    /// Returns the names in the directory with what is there, sorted; none where this is not a directory.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// for path in ["/usr/lib", "/usr/bin"] {
    ///     tree.insert(&ImagePath::parse(path)?, Node::directory(), LayerNumber::LOWEST)?;
    /// }
    /// let usr = tree.root().child("usr").unwrap();
    /// assert!(usr.children().map(|(name, _)| name).eq(["bin", "lib"]));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn children(self) -> Children<'a, F> {
        Children { inner: Some(self.branch.children.iter()) }
    }
}

impl<F> Children<'_, F> {
    pub(super) fn none() -> Self {
        Self { inner: None }
    }
}

impl<'a, F> Iterator for Children<'a, F> {
    type Item = (&'a str, Entry<'a, F>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, branch) = self.inner.as_mut()?.next()?;
        Some((name, Entry::of(branch)))
    }
}
