//! A file system as a flat list of paths, in which every operation looks at all of it.

use std::collections::BTreeMap;

use lapstrake::value::ImagePath;

use crate::tree::{Change, Changes, Kind, LayerNumber, Node, Tree};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model(BTreeMap<ImagePath, (Node<u32>, LayerNumber)>);

impl Model {
    pub(super) fn new() -> Self {
        Self(BTreeMap::from([(ImagePath::root(), (Node::directory(), LayerNumber::LOWEST))]))
    }

    pub(super) fn of(tree: &Tree<u32>) -> Self {
        Self(tree.walk().map(|(path, entry)| (path, (entry.node.clone(), entry.layer))).collect())
    }

    pub(super) fn insert(&mut self, path: &ImagePath, node: Node<u32>, layer: LayerNumber) {
        for parent in path.ancestors() {
            if !self.is_directory(&parent) {
                self.0.insert(parent, (Node::directory(), layer));
            }
        }
        if !node.kind.is_directory() || !self.is_directory(path) {
            self.remove_below(path);
        } else if self.0[path].0 == node {
            return;
        }
        self.0.insert(path.clone(), (node, layer));
    }

    pub(super) fn remove(&mut self, path: &ImagePath) {
        self.0.retain(|known, _| known.is_root() || !known.starts_with(path));
    }

    pub(super) fn remove_below(&mut self, path: &ImagePath) {
        self.0.retain(|known, _| known == path || !known.starts_with(path));
    }

    /// Nothing but whiteouts, opaque directories and nodes.
    pub(super) fn apply(&mut self, changes: &Changes<u32>, layer: LayerNumber) {
        for path in changes.whiteouts() {
            self.remove(path);
        }
        for path in changes.opaque() {
            self.remove_below(path);
        }
        for (path, change) in changes.entries() {
            if let Change::Node(node) = change {
                self.insert(path, node.clone(), layer);
            }
        }
    }

    /// One component after the other, by recursion; none for a loop and for what is not a directory.
    pub(super) fn follow(&self, path: &ImagePath, last: bool) -> Option<ImagePath> {
        self.walk(ImagePath::root(), path.relative(), last, &mut 40)
    }

    fn walk(&self, at: ImagePath, rest: &str, last: bool, links: &mut u32) -> Option<ImagePath> {
        let (name, rest) = match rest.split_once('/') {
            Some((name, rest)) => (name, Some(rest)),
            None => (rest, None),
        };
        let next = match name {
            "" | "." => at,
            ".." => at.parent().unwrap_or(at),
            _ => {
                let next = at.join(name).ok()?;
                match self.0.get(&next).map(|(node, _)| &node.kind) {
                    Some(Kind::Symlink { target }) if last || rest.is_some() => {
                        *links = links.checked_sub(1)?;
                        let from = if target.starts_with('/') { ImagePath::root() } else { at };
                        // What follows goes on from where the target leads.
                        let whole = rest.map_or(target.to_string(), |rest| format!("{target}/{rest}"));
                        return self.walk(from, &whole, last, links);
                    }
                    Some(Kind::Directory | Kind::Symlink { .. }) | None => next,
                    Some(_) if rest.is_none() => next,
                    Some(_) => return None,
                }
            }
        };
        match rest {
            Some(rest) => self.walk(next, rest, last, links),
            None => Some(next),
        }
    }

    fn is_directory(&self, path: &ImagePath) -> bool {
        self.0.get(path).is_some_and(|(node, _)| node.kind.is_directory())
    }
}
