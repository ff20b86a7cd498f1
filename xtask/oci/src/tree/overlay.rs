//! Applies a layer to the tree below it (OCI image spec, layer.md, "Applying Changesets").

use lapstrake::value::ImagePath;

use super::{Change, Changes, InsertError, LayerNumber, NODES_MAX, Node, Tree};

/// So many hardlinks to hardlinks that come later are followed.
const CHAIN_MAX: usize = 40;

/// A layer that cannot be applied to the tree below it.
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::{ApplyError, Changes, LayerNumber, Tree};
/// let path = |text| ImagePath::parse(text).unwrap();
/// let mut layer = Changes::<()>::default();
/// layer.link(path("/a"), path("/b"))?;
/// let error = Tree::new().apply(layer, LayerNumber::LOWEST).unwrap_err();
/// assert_eq!(error, ApplyError::Dangling { path: path("/a"), target: path("/b") });
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// A hardlink to a path that neither the layer nor the tree below has.
    #[error("`{path}` is a hardlink to `{target}`, which does not exist")]
    Dangling {
        /// The path.
        path: ImagePath,
        /// What it links to.
        target: ImagePath,
    },
    /// A hardlink to a directory.
    #[error("`{path}` is a hardlink to `{target}`, which is a directory")]
    LinkToDirectory {
        /// The path.
        path: ImagePath,
        /// What it links to.
        target: ImagePath,
    },
    /// More nodes than are supported.
    #[error("`{path}` is one path too many: at most {most} are supported")]
    Many {
        /// The path.
        path: ImagePath,
        /// The limit.
        most: usize,
    },
    /// A path that no tree can have.
    #[error(transparent)]
    Insert(#[from] InsertError),
}

impl<F: Clone> Tree<F> {
    /// Applies a layer: its whiteouts hide what is below, wherever in the tar they were; its hardlinks point
    /// to what it brings or to what is below, even if it hides that; its inodes are put as
    /// [`insert`](Self::insert) does. On an error the tree is as it was.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Changes, Kind, LayerNumber, Metadata, Node, Tree};
    /// let path = |text| ImagePath::parse(text).unwrap();
    /// let file = |size| Node::new(Metadata::of_root(Mode::FILE), Kind::File(size));
    /// let mut tree = Tree::new();
    /// tree.insert(&path("/etc/motd"), file(3), LayerNumber::LOWEST)?;
    ///
    /// let mut layer = Changes::default();
    /// layer.link(path("/usr/share/motd"), path("/etc/motd"))?;
    /// layer.make_opaque(path("/etc"));
    /// layer.insert(path("/etc/issue"), file(4))?;
    /// tree.apply(layer, LayerNumber::new(1))?;
    /// let files: Vec<_> = tree.walk().filter_map(|(path, entry)| Some((path, *entry.node.kind.file()?))).collect();
    /// assert_eq!(files, [(path("/etc/issue"), 4), (path("/usr/share/motd"), 3)]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a hardlink does not lead to an inode that can have several names, or the tree becomes too large
    /// or too deep.
    pub fn apply(&mut self, changes: Changes<F>, layer: LayerNumber) -> Result<(), ApplyError> {
        let mut tree = self.clone();
        tree.apply_at_most(changes, layer, NODES_MAX)?;
        *self = tree;
        Ok(())
    }

    /// Does the same as [`apply`](Self::apply) for a tree of at most `most` nodes, and copies no directory that
    /// no other tree shares. On an error, part of the layer is applied.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{ApplyError, Changes, LayerNumber, Node, Tree};
    /// let mut layer = Changes::<()>::default();
    /// layer.insert(ImagePath::parse("/a/b/c")?, Node::directory())?;
    /// layer.insert(ImagePath::parse("/d")?, Node::directory())?;
    /// let error = Tree::new().apply_at_most(layer, LayerNumber::LOWEST, 3).unwrap_err();
    /// assert!(matches!(error, ApplyError::Many { most: 3, .. }));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a hardlink does not lead to an inode that can have several names, or the tree becomes too large
    /// or too deep.
    #[expect(clippy::missing_panics_doc, reason = "each hardlink was looked up")]
    pub fn apply_at_most(
        &mut self,
        changes: Changes<F>,
        layer: LayerNumber,
        most: usize,
    ) -> Result<(), ApplyError> {
        // Links may lead to what the same layer hides, so they are looked up first.
        let mut linked = changes.linked_nodes(self)?.into_iter();
        let (entries, whiteouts, opaque) = changes.into_parts();
        for path in &whiteouts {
            self.remove(path);
        }
        for directory in &opaque {
            self.remove_below(directory);
        }
        for (path, change) in entries {
            let node = match change {
                Change::Node(node) => node,
                Change::Hardlink(_) => linked.next().expect("each hardlink was looked up"),
            };
            if self.len() >= most {
                return Err(ApplyError::Many { path, most });
            }
            self.insert(&path, node, layer)?;
        }
        Ok(())
    }
}

impl<F: Clone> Changes<F> {
    /// Returns the inodes that the layer puts on the tree below it, sorted by path: each hardlink is what it
    /// is another name of.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Changes, Kind, LayerNumber, Metadata, Node, Tree};
    /// let path = |text| ImagePath::parse(text).unwrap();
    /// let file = Node::new(Metadata::of_root(Mode::FILE), Kind::File(3));
    /// let mut below = Tree::new();
    /// below.insert(&path("/a"), file.clone(), LayerNumber::LOWEST)?;
    /// let mut layer = Changes::default();
    /// layer.link(path("/b"), path("/a"))?;
    /// assert_eq!(layer.nodes(&below)?, [(path("/b"), file)]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When a hardlink does not lead to an inode that can have several names.
    pub fn nodes(&self, below: &Tree<F>) -> Result<Vec<(ImagePath, Node<F>)>, ApplyError> {
        let node = |(path, change): (&ImagePath, &Change<F>)| match change {
            Change::Node(node) => Ok((path.clone(), node.clone())),
            Change::Hardlink(target) => Ok((path.clone(), self.linked(below, path, target)?)),
        };
        self.entries().iter().map(node).collect()
    }

    /// What a hardlink is another name of: something that the layer states later, or something below.
    /// Returns the inodes that hardlinks are other names of, in the order of the entries.
    fn linked_nodes(&self, below: &Tree<F>) -> Result<Vec<Node<F>>, ApplyError> {
        let node = |(path, change): (&ImagePath, &Change<F>)| match change {
            Change::Node(_) => None,
            Change::Hardlink(target) => Some(self.linked(below, path, target)),
        };
        self.entries().iter().filter_map(node).collect()
    }

    fn linked<'c>(
        &'c self,
        below: &Tree<F>,
        path: &ImagePath,
        mut target: &'c ImagePath,
    ) -> Result<Node<F>, ApplyError> {
        let dangling =
            |target: &ImagePath| ApplyError::Dangling { path: path.clone(), target: target.clone() };
        for _ in 0..CHAIN_MAX {
            let found = match self.entries().get(target) {
                Some(Change::Hardlink(further)) if further != target => {
                    target = further;
                    continue;
                }
                Some(Change::Node(node)) => Some(node),
                Some(Change::Hardlink(_)) | None => below.get(target).map(|entry| entry.node),
            };
            return match found {
                Some(node) if node.kind.is_directory() => {
                    Err(ApplyError::LinkToDirectory { path: path.clone(), target: target.clone() })
                }
                Some(node) => Ok(node.clone()),
                None => Err(dangling(target)),
            };
        }
        Err(dangling(target))
    }
}
