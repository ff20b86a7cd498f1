//! What is different between two trees.

use std::sync::Arc;

use lapstrake::value::ImagePath;

use super::walk::child;
use super::{Branch, Entry, Tree};

/// One difference between two trees; see [`diff`].
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::{Difference, LayerNumber, Node, Tree, diff};
/// let (old, mut new) = (Tree::<()>::new(), Tree::new());
/// new.insert(&ImagePath::parse("/etc")?, Node::directory(), LayerNumber::LOWEST)?;
/// assert!(matches!(diff(&old, &new)[..], [(_, Difference::Added { .. })]));
/// assert!(matches!(diff(&new, &old)[..], [(_, Difference::Removed { .. })]));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Difference<'a, F> {
    /// The new tree alone has it. Everything below it is a difference of its own.
    Added {
        /// What is there now.
        new: Entry<'a, F>,
    },
    /// The old tree alone has it, and everything below it; [`Entry::count`] is the number of nodes.
    Removed {
        /// What was there.
        old: Entry<'a, F>,
    },
    /// Both have it, and it is not the same.
    Changed {
        /// What was there.
        old: Entry<'a, F>,
        /// What is there now.
        new: Entry<'a, F>,
        /// Whether mode, owner or extended attributes are different.
        metadata: bool,
        /// Whether the kind, the file or the target of the symlink is different.
        content: bool,
    },
}

/// Returns what is different between two trees, in the order of [`Tree::walk`]. The layers that nodes come
/// from make no difference.
///
/// A removed directory is one difference. A directory that becomes something else, or the other way round,
/// is removed and then added. What the trees share is not looked at: the diff of an image and its variant
/// costs as much as the variant changes.
///
/// ```
/// # use lapstrake::value::{ImagePath, Mode};
/// # use lapstrake_oci::tree::{Difference, Kind, LayerNumber, Metadata, Node, Tree, diff};
/// let path = |text| ImagePath::parse(text).unwrap();
/// let mut old = Tree::<u64>::new();
/// old.insert(&path("/etc/ssh/sshd_config"), Node::directory(), LayerNumber::LOWEST)?;
/// let mut new = old.clone();
/// new.remove(&path("/etc/ssh"));
/// new.insert(&path("/etc/motd"), Node::new(Metadata::of_root(Mode::FILE), Kind::File(3)), LayerNumber::new(1))?;
///
/// let lines: Vec<_> = diff(&old, &new).into_iter().map(|(path, difference)| match difference {
///     Difference::Added { .. } => format!("+ {path}"),
///     Difference::Removed { old } => format!("- {path} ({})", old.count()),
///     Difference::Changed { .. } => format!("~ {path}"),
/// }).collect();
/// assert_eq!(lines, ["+ /etc/motd", "- /etc/ssh (2)"]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn diff<'a, F: PartialEq>(old: &'a Tree<F>, new: &'a Tree<F>) -> Vec<(ImagePath, Difference<'a, F>)> {
    let mut found = Vec::new();
    compare(&ImagePath::root(), &old.root, &new.root, &mut found);
    found
}

type Found<'a, F> = Vec<(ImagePath, Difference<'a, F>)>;

fn compare<'a, F: PartialEq>(
    path: &ImagePath,
    old: &'a Arc<Branch<F>>,
    new: &'a Arc<Branch<F>>,
    found: &mut Found<'a, F>,
) {
    if Arc::ptr_eq(old, new) {
        return;
    }
    if old.node.kind.is_directory() != new.node.kind.is_directory() {
        found.push((path.clone(), Difference::Removed { old: Entry::of(old) }));
        return add(path, new, found);
    }
    let metadata = old.node.metadata != new.node.metadata;
    let content = old.node.kind != new.node.kind;
    if metadata || content {
        let (old, new) = (Entry::of(old), Entry::of(new));
        found.push((path.clone(), Difference::Changed { old, new, metadata, content }));
    }
    let mut before = old.children.iter().peekable();
    let mut after = new.children.iter().peekable();
    loop {
        let gone = match (before.peek(), after.peek()) {
            (Some((old_name, old)), Some((new_name, new))) if old_name == new_name => {
                // A path is only made for what is not shared.
                if !Arc::ptr_eq(old, new) {
                    compare(&child(path, new_name), old, new, found);
                }
                before.next();
                after.next();
                continue;
            }
            (Some((old_name, _)), Some((new_name, _))) => old_name < new_name,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return,
        };
        if gone {
            found.extend(
                before
                    .next()
                    .map(|(name, old)| (child(path, name), Difference::Removed { old: Entry::of(old) })),
            );
        } else if let Some((name, new)) = after.next() {
            add(&child(path, name), new, found);
        }
    }
}

fn add<'a, F>(path: &ImagePath, new: &'a Branch<F>, found: &mut Found<'a, F>) {
    found.push((path.clone(), Difference::Added { new: Entry::of(new) }));
    for (name, below) in &new.children {
        add(&child(path, name), below, found);
    }
}
