//! Lays a base's layers one on the other (OCI image spec, layer.md, "Applying Changesets").

use std::collections::BTreeMap;

use lapstrake::value::{ImagePath, Mode};

use super::capture::wants_text;
use super::index::{BaseIndex, Node, NodeKind};
use super::layer::{Entry, LayerError, LayerTree, MEMBERS_MAX, remove_below};

/// Hardlinks to hardlinks that come later are followed so far.
const CHAIN_MAX: usize = 40;

/// A directory that no layer states: what container engines make it.
const IMPLIED: Node = Node { mode: Mode::PROGRAM, uid: 0, gid: 0, kind: NodeKind::Directory };

/// The tree that layers make, lowest first; an error comes with the number of its layer.
pub(super) fn merge(layers: impl IntoIterator<Item = LayerTree>) -> Result<BaseIndex, (usize, LayerError)> {
    let mut tree = BTreeMap::from([(ImagePath::root(), IMPLIED)]);
    for (number, layer) in layers.into_iter().enumerate() {
        apply(&mut tree, layer).map_err(|error| (number, error))?;
    }
    for (path, node) in &mut tree {
        // An object's text was only kept for the names that link to it.
        if let NodeKind::File { text: text @ Some(_), .. } = &mut node.kind
            && !wants_text(path)
        {
            *text = None;
        }
    }
    Ok(BaseIndex::new(tree))
}

/// The index of what `below` is with one more layer on it.
pub(crate) fn laid_on(below: &BaseIndex, layer: LayerTree) -> Result<BaseIndex, LayerError> {
    let mut tree = below.iter().map(|(path, node)| (path.clone(), node.clone())).collect();
    apply(&mut tree, layer)?;
    Ok(BaseIndex::new(tree))
}

fn apply(tree: &mut BTreeMap<ImagePath, Node>, mut layer: LayerTree) -> Result<(), LayerError> {
    // Links may point below, to what the same layer whites out; so they come first.
    let links = layer.entries.iter().filter_map(|(path, entry)| match entry {
        Entry::Link(target) => Some((path.clone(), target.clone())),
        Entry::Node(_) => None,
    });
    let resolved: Vec<_> = links
        .map(|(path, target)| linked(tree, &layer, &path, target).map(|node| (path, node)))
        .collect::<Result<_, _>>()?;
    for (path, node) in resolved {
        layer.entries.insert(path, Entry::Node(node));
    }
    // Whiteouts hide what is below alone, wherever in the tar they stand.
    for path in &layer.whiteouts {
        remove_below(tree, path);
        tree.remove(path);
    }
    for directory in &layer.opaque {
        remove_below(tree, directory);
    }
    for (path, entry) in layer.entries {
        let Entry::Node(node) = entry else { continue };
        if tree.len() > MEMBERS_MAX {
            return Err(LayerError::Many { member: path.to_string(), most: MEMBERS_MAX });
        }
        for parent in path.ancestors() {
            match tree.get(&parent) {
                Some(Node { kind: NodeKind::Directory, .. }) => {}
                _ => drop(tree.insert(parent, IMPLIED)),
            }
        }
        if node.kind != NodeKind::Directory {
            remove_below(tree, &path);
        }
        tree.insert(path, node);
    }
    Ok(())
}

/// What a hardlink stands for: a file that its layer brings later, or one of the layers below.
fn linked(
    tree: &BTreeMap<ImagePath, Node>,
    layer: &LayerTree,
    member: &ImagePath,
    mut target: ImagePath,
) -> Result<Node, LayerError> {
    for _ in 0..CHAIN_MAX {
        let node = match layer.entries.get(&target) {
            Some(Entry::Link(further)) if *further != target => {
                target = further.clone();
                continue;
            }
            Some(Entry::Node(node)) => Some(node),
            Some(Entry::Link(_)) | None => tree.get(&target),
        };
        return match node {
            Some(Node { kind: NodeKind::Directory, .. }) => {
                Err(LayerError::LinkToDirectory { member: member.clone(), target })
            }
            Some(node) => Ok(node.clone()),
            None => break,
        };
    }
    Err(LayerError::Dangling { member: member.clone(), target })
}
