//! The form in which a tree is written to a cache: its nodes in the order of a walk, each with its depth. No
//! reader of it needs a stack that grows with the tree.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use lapstrake::value::ImagePath;
use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Branch, Children, DEPTH_MAX, Entry, LayerNumber, Node, Tree};

/// A node as it is written: how many directories it is in, its name, and what it is.
#[derive(Serialize)]
struct Written<'a, F> {
    depth: usize,
    name: &'a str,
    layer: LayerNumber,
    node: &'a Node<F>,
}

#[derive(Deserialize)]
struct Read<F> {
    depth: usize,
    name: Arc<str>,
    layer: LayerNumber,
    node: Node<F>,
}

impl<F: Serialize> Serialize for Tree<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(self.len()))?;
        let mut write = |depth, name, entry: Entry<'_, F>| {
            sequence.serialize_element(&Written { depth, name, layer: entry.layer, node: entry.node })
        };
        write(0, "", self.root())?;
        let mut stack: Vec<Children<'_, F>> = vec![self.root().children()];
        while let Some(children) = stack.last_mut() {
            if let Some((name, entry)) = children.next() {
                write(stack.len(), name, entry)?;
                stack.push(entry.children());
            } else {
                stack.pop();
            }
        }
        sequence.end()
    }
}

impl<'de, F: Deserialize<'de>> Deserialize<'de> for Tree<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Nodes(PhantomData))
    }
}

struct Nodes<F>(PhantomData<F>);

impl<'de, F: Deserialize<'de>> Visitor<'de> for Nodes<F> {
    type Value = Tree<F>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the nodes of a tree, the root first")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut nodes: A) -> Result<Tree<F>, A::Error> {
        let first: Option<Read<F>> = nodes.next_element()?;
        let root = first.filter(|root| root.depth == 0 && root.name.is_empty());
        let mut building = Building::of(root.ok_or_else(|| Error::custom("the first node is not the root"))?);
        if !building.open[0].1.node.kind.is_directory() {
            return Err(Error::custom("the root is not a directory"));
        }
        while let Some(read) = nodes.next_element()? {
            building.add(read).map_err(Error::custom)?;
        }
        Ok(building.finish())
    }
}

/// The directories that are not complete yet, the root first.
struct Building<F> {
    open: Vec<(Arc<str>, Branch<F>)>,
}

impl<F> Building<F> {
    fn of(root: Read<F>) -> Self {
        Self { open: vec![(root.name, Branch::leaf(root.node, root.layer))] }
    }

    fn add(&mut self, read: Read<F>) -> Result<(), String> {
        let Read { depth, name, layer, node } = read;
        if depth == 0 || depth > self.open.len() || depth > DEPTH_MAX {
            return Err(format!("`{name}` is not in a directory"));
        }
        self.close(depth);
        let (_, parent) = self.open.last().expect("the root is never closed here");
        let is_name = !name.is_empty() && !name.contains('/') && ImagePath::root().join(&name).is_ok();
        let is_next = parent.children.last_key_value().is_none_or(|(last, _)| *last < name);
        if !is_name || !is_next || !parent.node.kind.is_directory() {
            return Err(format!("`{name}` is not a name in its directory"));
        }
        self.open.push((name, Branch::leaf(node, layer)));
        Ok(())
    }

    /// Puts what is complete into its parent, until so many directories are open.
    fn close(&mut self, open: usize) {
        while self.open.len() > open {
            let closed = self.open.pop();
            if let (Some((name, branch)), Some((_, parent))) = (closed, self.open.last_mut()) {
                parent.count += branch.count;
                parent.children.insert(name, Arc::new(branch));
            }
        }
    }

    fn finish(mut self) -> Tree<F> {
        self.close(1);
        let (_, root) = self.open.pop().expect("the root is never closed");
        let Branch { node, layer, count, children } = root;
        let children: BTreeMap<_, _> = children;
        Tree { root: Arc::new(Branch { node, layer, count, children }) }
    }
}
