//! Makes a tree of one kind of file into a tree of another.

use std::convert::Infallible;
use std::sync::Arc;

use super::{Branch, Kind, Node, Tree};

impl<F> Tree<F> {
    /// Returns the tree with another kind of file in it. Files are visited in the order of
    /// [`walk`](Self::walk).
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Kind, LayerNumber, Metadata, Node, Tree};
    /// let motd = ImagePath::parse("/etc/motd")?;
    /// let mut tree = Tree::new();
    /// tree.insert(&motd, Node::new(Metadata::of_root(Mode::FILE), Kind::File("hi\n")), LayerNumber::LOWEST)?;
    /// assert_eq!(tree.map(|text| text.len()).get(&motd).unwrap().node.kind, Kind::File(3));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn map<'t, G>(&'t self, mut file: impl FnMut(&'t F) -> G) -> Tree<G> {
        let mapped = self.try_map(|content| Ok::<_, Infallible>(file(content)));
        let Ok(tree) = mapped;
        tree
    }

    /// Returns the tree with another kind of file in it, as [`map`](Self::map) does, or the first error.
    ///
    /// ```
    /// # use lapstrake_oci::tree::Tree;
    /// assert_eq!(Tree::<u8>::new().try_map(|_| Err::<(), _>("no")), Ok(Tree::new()));
    /// ```
    ///
    /// # Errors
    /// The first of `file`.
    pub fn try_map<'t, G, E>(&'t self, mut file: impl FnMut(&'t F) -> Result<G, E>) -> Result<Tree<G>, E> {
        Ok(Tree { root: map(&self.root, &mut file)? })
    }
}

fn map<'t, F, G, E>(
    branch: &'t Branch<F>,
    file: &mut impl FnMut(&'t F) -> Result<G, E>,
) -> Result<Arc<Branch<G>>, E> {
    let kind = match branch.node.kind.as_ref() {
        Kind::File(content) => Kind::File(file(content)?),
        Kind::Directory => Kind::Directory,
        Kind::Symlink { target } => Kind::Symlink { target },
        Kind::Device { is_block, major, minor } => Kind::Device { is_block, major, minor },
        Kind::Fifo => Kind::Fifo,
    };
    let node = Node::new(branch.node.metadata.clone(), kind);
    let child = |(name, child): (&Arc<str>, &'t Arc<Branch<F>>)| Ok((Arc::clone(name), map(child, file)?));
    let children = branch.children.iter().map(child).collect::<Result<_, E>>()?;
    Ok(Arc::new(Branch { node, layer: branch.layer, count: branch.count, children }))
}
