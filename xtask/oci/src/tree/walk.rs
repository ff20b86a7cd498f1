//! The walk over a tree: depth first, parents before their children, names sorted.

use lapstrake::value::ImagePath;

use super::{Children, Entry, Tree};

/// A walk over a tree; see [`Tree::walk`].
///
/// ```
/// # use lapstrake_oci::tree::{Tree, Walk};
/// let tree = Tree::<()>::new();
/// let mut walk: Walk<'_, ()> = tree.walk();
/// assert!(walk.next().is_some_and(|(path, _)| path.is_root()));
/// assert!(walk.next().is_none());
/// ```
#[derive(Debug)]
pub struct Walk<'a, F> {
    first: Option<(ImagePath, Entry<'a, F>)>,
    /// The directories that the walk is in, outermost first.
    stack: Vec<(ImagePath, Children<'a, F>)>,
}

impl<F> Tree<F> {
    /// Returns every path with what is there: the root first, each directory before what is in it, names
    /// sorted by their bytes.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// for path in ["/a-b", "/a/x"] {
    ///     tree.insert(&ImagePath::parse(path)?, Node::directory(), LayerNumber::LOWEST)?;
    /// }
    /// assert!(tree.walk().map(|(path, _)| path.to_string()).eq(["/", "/a", "/a/x", "/a-b"]));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn walk(&self) -> Walk<'_, F> {
        self.walk_from(&ImagePath::root())
    }

    /// Returns what is at a path and below it, in the order of [`walk`](Self::walk); nothing where the tree
    /// does not have the path.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// for path in ["/etc/ssh", "/usr"] {
    ///     tree.insert(&ImagePath::parse(path)?, Node::directory(), LayerNumber::LOWEST)?;
    /// }
    /// let etc = ImagePath::parse("/etc")?;
    /// assert!(tree.walk_from(&etc).map(|(path, _)| path.to_string()).eq(["/etc", "/etc/ssh"]));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn walk_from(&self, path: &ImagePath) -> Walk<'_, F> {
        Walk { first: self.get(path).map(|entry| (path.clone(), entry)), stack: Vec::new() }
    }
}

impl<'a, F> Iterator for Walk<'a, F> {
    type Item = (ImagePath, Entry<'a, F>);

    fn next(&mut self) -> Option<Self::Item> {
        let found = match self.first.take() {
            Some(first) => first,
            None => loop {
                let (directory, children) = self.stack.last_mut()?;
                match children.next() {
                    Some((name, entry)) => break (child(directory, name), entry),
                    None => drop(self.stack.pop()),
                }
            },
        };
        if found.1.count() > 1 {
            self.stack.push((found.0.clone(), found.1.children()));
        }
        Some(found)
    }
}

/// The path of a child.
pub(super) fn child(directory: &ImagePath, name: &str) -> ImagePath {
    directory.join(name).expect("a name in a tree was a component of an image path when it was put there")
}
