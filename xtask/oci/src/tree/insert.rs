//! Puts one node into a tree.

use std::sync::Arc;

use lapstrake::value::ImagePath;

use super::{Branch, DEPTH_MAX, LayerNumber, Node, Tree};

/// A node that cannot be put into a tree.
///
/// ```
/// # use lapstrake::value::{ImagePath, Mode};
/// # use lapstrake_oci::tree::{InsertError, Kind, LayerNumber, Metadata, Node, Tree};
/// let fifo = Node::<()>::new(Metadata::of_root(Mode::FILE), Kind::Fifo);
/// let error = Tree::new().insert(&ImagePath::root(), fifo, LayerNumber::LOWEST).unwrap_err();
/// assert_eq!(error, InsertError::Root { kind: "fifo" });
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InsertError {
    /// The root must stay a directory.
    #[error("the root cannot become a {kind}")]
    Root {
        /// What it was to become.
        kind: &'static str,
    },
    /// The path has more than [`DEPTH_MAX`] components.
    #[error("`{path}` has {components} components; at most {DEPTH_MAX} are supported")]
    Deep {
        /// The path.
        path: ImagePath,
        /// How many it has.
        components: usize,
    },
}

impl<F: Clone> Tree<F> {
    /// Puts a node at a path, as a layer of an OCI image does (image spec, layer.md):
    ///
    /// - A directory over a directory replaces its metadata and keeps what is in it.
    /// - Everything else replaces what is at the path and below it.
    /// - A parent that is missing or is not a directory becomes a directory of root's with mode 0755.
    ///
    /// ```
    /// # use lapstrake::value::{ImagePath, Mode};
    /// # use lapstrake_oci::tree::{Kind, LayerNumber, Metadata, Node, Tree};
    /// let path = |text| ImagePath::parse(text).unwrap();
    /// let file = || Node::new(Metadata::of_root(Mode::FILE), Kind::File(()));
    /// let mut tree = Tree::new();
    /// tree.insert(&path("/etc/ssh/sshd_config"), file(), LayerNumber::LOWEST)?;
    /// assert_eq!(tree.len(), 4);
    /// tree.insert(&path("/etc"), file(), LayerNumber::LOWEST)?;
    /// assert_eq!(tree.len(), 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the root would be something else than a directory, or the path is too deep.
    pub fn insert(&mut self, path: &ImagePath, node: Node<F>, layer: LayerNumber) -> Result<(), InsertError> {
        if path.is_root() && !node.kind.is_directory() {
            return Err(InsertError::Root { kind: node.kind.name() });
        }
        let components = path.components().count();
        if components > DEPTH_MAX {
            return Err(InsertError::Deep { path: path.clone(), components });
        }
        // What is stated as it is stays shared with other trees.
        let is_restated = node.kind.is_directory()
            && self
                .get(path)
                .is_some_and(|found| found.node.kind.is_directory() && found.node.metadata == node.metadata);
        if !is_restated {
            insert(&mut self.root, path.components(), node, layer);
        }
        Ok(())
    }
}

fn insert<'p, F: Clone>(
    branch: &mut Arc<Branch<F>>,
    mut names: impl Iterator<Item = &'p str>,
    node: Node<F>,
    layer: LayerNumber,
) {
    let Some(name) = names.next() else {
        if branch.node.kind.is_directory() && node.kind.is_directory() {
            let branch = Arc::make_mut(branch);
            (branch.node, branch.layer) = (node, layer);
        } else {
            *branch = Arc::new(Branch::leaf(node, layer));
        }
        return;
    };
    if !branch.node.kind.is_directory() {
        *branch = Arc::new(Branch::implied(layer));
    }
    let branch = Arc::make_mut(branch);
    if let Some(child) = branch.children.get_mut(name) {
        let before = child.count;
        insert(child, names, node, layer);
        branch.count = branch.count - before + child.count;
    } else {
        let mut child = Arc::new(Branch::implied(layer));
        insert(&mut child, names, node, layer);
        branch.count += child.count;
        branch.children.insert(name.into(), child);
    }
}
