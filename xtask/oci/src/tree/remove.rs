//! Takes nodes out of a tree.

use std::sync::Arc;

use lapstrake::value::ImagePath;

use super::{Branch, Entry, Tree};

impl<F: Clone> Tree<F> {
    /// Removes a path and everything below it, and returns how many nodes that were: 0 where the tree does
    /// not have it. Of the root only what is in it is removed.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// tree.insert(&ImagePath::parse("/etc/ssh")?, Node::directory(), LayerNumber::LOWEST)?;
    /// assert_eq!(tree.remove(&ImagePath::parse("/usr")?), 0);
    /// assert_eq!(tree.remove(&ImagePath::parse("/etc")?), 2);
    /// assert_eq!(tree.len(), 1);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove(&mut self, path: &ImagePath) -> usize {
        let Some(parent) = path.parent() else { return self.remove_below(path) };
        self.change(path, &parent, |directory| {
            directory.children.remove(path.file_name());
        })
    }

    /// Removes everything below a path, but not the path, and returns how many nodes that were.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// # use lapstrake_oci::tree::{LayerNumber, Node, Tree};
    /// let mut tree = Tree::<()>::new();
    /// tree.insert(&ImagePath::parse("/etc/ssh")?, Node::directory(), LayerNumber::LOWEST)?;
    /// assert_eq!(tree.remove_below(&ImagePath::parse("/etc")?), 1);
    /// assert_eq!(tree.len(), 2);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn remove_below(&mut self, path: &ImagePath) -> usize {
        let below = self.get(path).map_or(0, |entry| entry.count() - 1);
        if below > 0 {
            edit(&mut self.root, path.components(), below, |branch| branch.children.clear());
        }
        below
    }

    /// Removes what is at `gone` by an edit of its parent directory.
    fn change(
        &mut self,
        gone: &ImagePath,
        parent: &ImagePath,
        removal: impl FnOnce(&mut Branch<F>),
    ) -> usize {
        // Looked up first: what is not there must not copy what is shared.
        let count = self.get(gone).map_or(0, Entry::count);
        if count > 0 {
            edit(&mut self.root, parent.components(), count, removal);
        }
        count
    }
}

/// Edits the branch at the end of `names`, which exists, and takes `fewer` nodes off every count on the way.
fn edit<'p, F: Clone>(
    root: &mut Arc<Branch<F>>,
    names: impl Iterator<Item = &'p str>,
    fewer: usize,
    removal: impl FnOnce(&mut Branch<F>),
) {
    let mut branch = Arc::make_mut(root);
    branch.count -= fewer;
    for name in names {
        let child = branch.children.get_mut(name).expect("the path was looked up before");
        branch = Arc::make_mut(child);
        branch.count -= fewer;
    }
    removal(branch);
}
