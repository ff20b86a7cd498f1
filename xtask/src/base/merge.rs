//! Layers into one tree, by the rules of the OCI image spec (layer.md): a whiteout hides what lies
//! below, an opaque one all that a directory had below, and neither what its own layer brings, in
//! whatever order the tar has them.

use std::collections::BTreeMap;
use std::ops::Bound;

use lapstrake::value::{ImagePath, Mode};

use super::index::{BaseIndex, Node, NodeKind};
use super::read::LayerTree;

/// A hard link of a layer to what neither it nor a layer below has.
#[derive(Debug)]
pub(super) struct NoTarget {
    pub(super) link: ImagePath,
    pub(super) target: ImagePath,
}

/// Lays `layer` on what is there.
pub(super) fn merge(index: &mut BaseIndex, layer: LayerTree) -> Result<(), NoTarget> {
    let LayerTree { whiteouts, opaques, mut nodes, links, mut texts } = layer;
    for (link, target) in links {
        let Some(node) = nodes.get(&target).or_else(|| index.nodes.get(&target)).cloned() else {
            return Err(NoTarget { link, target });
        };
        if let Some(text) = texts.get(&target).or_else(|| index.texts.get(&target)).cloned() {
            texts.insert(link.clone(), text);
        }
        nodes.insert(link, node);
    }
    for directory in &opaques {
        remove_below(&mut index.nodes, directory);
        remove_below(&mut index.texts, directory);
    }
    for path in &whiteouts {
        remove(index, path);
    }
    for (path, node) in nodes {
        for above in path.ancestors() {
            let is_directory = index.nodes.get(&above).is_some_and(|node| node.kind == NodeKind::Directory);
            if !is_directory {
                remove(index, &above);
                index.nodes.insert(above, implied());
            }
        }
        let stays = node.kind == NodeKind::Directory
            && index.nodes.get(&path).is_some_and(|below| below.kind == NodeKind::Directory);
        if !stays {
            remove(index, &path);
        }
        index.nodes.insert(path, node);
    }
    index.texts.extend(texts);
    Ok(())
}

/// A parent that no member states.
fn implied() -> Node {
    Node { mode: Mode::PROGRAM, uid: 0, gid: 0, capability: None, kind: NodeKind::Directory }
}

fn remove(index: &mut BaseIndex, path: &ImagePath) {
    index.nodes.remove(path);
    index.texts.remove(path);
    remove_below(&mut index.nodes, path);
    remove_below(&mut index.texts, path);
}

fn remove_below<V>(map: &mut BTreeMap<ImagePath, V>, directory: &ImagePath) {
    let prefix = if directory.is_root() { "/".to_owned() } else { format!("{directory}/") };
    let below = map.range::<str, _>((Bound::Excluded(prefix.as_str()), Bound::Unbounded));
    let inside = below.map(|(path, _)| path.clone()).take_while(|path| path.as_str().starts_with(&prefix));
    for path in inside.collect::<Vec<_>>() {
        map.remove(&path);
    }
}
