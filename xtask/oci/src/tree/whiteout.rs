//! Which names a layer has to hide from the layers below.

use std::collections::BTreeSet;

use lapstrake::value::ImagePath;

use super::walk::child;
use super::{Entry, Kind, Tree};

/// Returns the explicit whiteouts that take `path` of `below`, and everything in it, out of a layer that
/// itself puts `stated` at its own paths.
///
/// A directory that the layer states again is emptied name by name. An opaque whiteout would be shorter, but
/// importers disagree on what it hides. What the layer puts over something that is not a directory needs no
/// whiteout, but for a directory: ostree makes none where a file is.
///
/// ```
/// # use lapstrake::value::ImagePath;
/// # use lapstrake_oci::tree::{Kind, LayerNumber, Node, Tree, hide};
/// let path = |text| ImagePath::parse(text).unwrap();
/// let mut below = Tree::<()>::new();
/// for directory in ["/a/b", "/a/c/d"] {
///     below.insert(&path(directory), Node::directory(), LayerNumber::LOWEST)?;
/// }
/// let stated = |known: &ImagePath| ["/a", "/a/c"].contains(&known.as_str()).then_some(&Kind::<()>::Directory);
/// let hidden = hide(&below, &path("/a"), &stated);
/// assert!(hidden.iter().map(ImagePath::as_str).eq(["/a/b", "/a/c/d"]));
/// assert!(hide(&below, &path("/a"), &|_| None::<&Kind<()>>).iter().map(ImagePath::as_str).eq(["/a"]));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn hide<'k, F, G: 'k>(
    below: &Tree<F>,
    path: &ImagePath,
    stated: &impl Fn(&ImagePath) -> Option<&'k Kind<G>>,
) -> BTreeSet<ImagePath> {
    let mut hidden = BTreeSet::new();
    if let Some(entry) = below.get(path) {
        collect(entry, path.clone(), stated, &mut hidden);
    }
    hidden
}

fn collect<'k, F, G: 'k>(
    entry: Entry<'_, F>,
    path: ImagePath,
    stated: &impl Fn(&ImagePath) -> Option<&'k Kind<G>>,
    hidden: &mut BTreeSet<ImagePath>,
) {
    match (stated(&path), &entry.node.kind) {
        (Some(Kind::Directory), Kind::Directory) => {
            for (name, below) in entry.children() {
                collect(below, child(&path, name), stated, hidden);
            }
        }
        (Some(_), Kind::Directory) | (Some(Kind::Directory) | None, _) => drop(hidden.insert(path)),
        (Some(_), _) => {}
    }
}
