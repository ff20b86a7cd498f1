//! Any sequence of operations on a tree and on the list of paths comes to the same.

use lapstrake::value::{ImagePath, Mode};
use proptest::collection::vec;
use proptest::prelude::*;

use super::model::Model;
use super::{file, link, path};
use crate::tree::{Changes, Difference, Kind, LayerNumber, Metadata, Node, Tree, diff, hide};

/// Few names, so that paths meet; `a-` sorts between `a` and what is in `a`.
fn paths() -> impl Strategy<Value = ImagePath> {
    vec(prop::sample::select(vec!["a", "a-", "b", "c"]), 0..4)
        .prop_map(|names| path(&format!("/{}", names.join("/"))))
}

fn nodes() -> impl Strategy<Value = Node<u32>> {
    let targets = vec!["a", "../b", "/c", "/a/b", "../../..", "c/", ".", "a/../b"];
    prop_oneof![
        4 => prop::sample::select(vec![0o755, 0o700]).prop_map(|mode| {
            Node::new(Metadata::of_root(Mode::from_bits(mode).unwrap()), Kind::Directory)
        }),
        3 => (0..3_u32).prop_map(file),
        3 => prop::sample::select(targets).prop_map(link),
        1 => Just(Node::new(Metadata::of_root(Mode::FILE), Kind::Fifo)),
    ]
}

#[derive(Debug, Clone)]
enum Operation {
    Insert(ImagePath, Node<u32>),
    Remove(ImagePath),
    RemoveBelow(ImagePath),
    Apply(Changes<u32>),
}

fn layers() -> impl Strategy<Value = Changes<u32>> {
    (vec((paths(), nodes()), 0..5), vec(paths(), 0..3), vec(paths(), 0..2)).prop_map(
        |(nodes, whiteouts, opaque)| {
            let mut changes = Changes::default();
            for (at, node) in nodes {
                // What a layer cannot have beside its others is left out of it.
                drop(changes.insert(at, node));
            }
            for hidden in whiteouts.into_iter().filter(|path| !path.is_root()) {
                changes.whiteout(hidden);
            }
            for directory in opaque {
                changes.make_opaque(directory);
            }
            changes
        },
    )
}

fn operations() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (paths(), nodes()).prop_map(|(path, node)| Operation::Insert(path, node)),
        1 => paths().prop_map(Operation::Remove),
        1 => paths().prop_map(Operation::RemoveBelow),
        2 => layers().prop_map(Operation::Apply),
    ]
}

fn perform(operations: &[Operation]) -> (Tree<u32>, Model) {
    let (mut tree, mut model) = (Tree::new(), Model::new());
    for (number, operation) in operations.iter().enumerate() {
        let layer = LayerNumber::new(number);
        match operation.clone() {
            Operation::Insert(path, node) if path.is_root() && !node.kind.is_directory() => {
                assert!(tree.insert(&path, node, layer).is_err());
            }
            Operation::Insert(path, node) => {
                tree.insert(&path, node.clone(), layer).unwrap();
                model.insert(&path, node, layer);
            }
            Operation::Remove(path) => {
                let before = tree.len();
                let removed = tree.remove(&path);
                assert_eq!(before - removed, tree.len());
                model.remove(&path);
            }
            Operation::RemoveBelow(path) => {
                tree.remove_below(&path);
                model.remove_below(&path);
            }
            Operation::Apply(changes) => {
                model.apply(&changes, layer);
                tree.apply(changes, layer).unwrap();
            }
        }
    }
    (tree, model)
}

fn trees() -> impl Strategy<Value = Tree<u32>> {
    vec(operations(), 0..12).prop_map(|operations| perform(&operations).0)
}

proptest! {
    // Most generated layers lead nowhere near the path of the last test, which rejects them.
    #![proptest_config(ProptestConfig { max_global_rejects: 32_768, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_tree_is_what_the_list_of_its_paths_is(operations in vec(operations(), 0..20)) {
        let (tree, model) = perform(&operations);
        prop_assert_eq!(Model::of(&tree), model);
        prop_assert_eq!(tree.walk().count(), tree.len());
        for (path, entry) in tree.walk() {
            let found = tree.get(&path).unwrap();
            prop_assert_eq!((found.node, found.layer, found.count()), (entry.node, entry.layer, entry.count()));
            prop_assert_eq!(tree.walk_from(&path).count(), entry.count());
        }
    }

    #[test]
    fn a_clone_keeps_what_it_was(before in vec(operations(), 0..10), after in vec(operations(), 0..10)) {
        let (mut tree, model) = perform(&before);
        let kept = tree.clone();
        for operation in after {
            if let Operation::Apply(changes) = operation {
                tree.apply(changes, LayerNumber::new(9)).unwrap();
            } else if let Operation::Remove(path) = operation {
                tree.remove(&path);
            }
        }
        prop_assert_eq!(Model::of(&kept), model);
    }

    #[test]
    fn a_path_leads_where_the_list_says(operations in vec(operations(), 0..20), at in paths()) {
        let (tree, model) = perform(&operations);
        prop_assert_eq!(tree.resolve(&at).ok(), model.follow(&at, false));
        prop_assert_eq!(tree.follow(&at).ok(), model.follow(&at, true));
    }

    #[test]
    fn a_difference_applied_to_the_old_tree_is_the_new_one(old in trees(), new in trees()) {
        let mut patched = old.clone();
        for (path, difference) in diff(&old, &new) {
            match difference {
                Difference::Removed { .. } => drop(patched.remove(&path)),
                Difference::Added { new } | Difference::Changed { new, .. } => {
                    patched.insert(&path, new.node.clone(), new.layer).unwrap();
                }
            }
        }
        prop_assert!(diff(&patched, &new).is_empty(), "{:?}", diff(&patched, &new));
    }

    #[test]
    fn a_tree_is_read_as_it_was_written(tree in trees()) {
        let bytes = postcard::to_stdvec(&tree).unwrap();
        prop_assert_eq!(postcard::from_bytes::<Tree<u32>>(&bytes).unwrap(), tree);
    }

    #[test]
    fn damaged_bytes_are_an_error_or_a_tree(
        tree in trees(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = postcard::to_stdvec(&tree).unwrap();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        if let Ok(read) = postcard::from_bytes::<Tree<u32>>(&bytes) {
            prop_assert_eq!(read.walk().count(), read.len());
        }
    }

    #[test]
    fn explicit_whiteouts_do_what_an_opaque_one_does(below in trees(), upper in layers(), at in paths()) {
        let stated = |path: &ImagePath| match upper.entries().get(path) {
            Some(crate::tree::Change::Node(node)) => Some(&node.kind),
            _ => None,
        };
        let only_nodes = || {
            let mut changes = Changes::default();
            for (path, change) in upper.entries() {
                if let crate::tree::Change::Node(node) = change {
                    changes.insert(path.clone(), node.clone()).unwrap();
                }
            }
            changes
        };
        // A parent that the layer does not state comes back as an engine makes it.
        prop_assume!(upper.entries().keys().all(|path| {
            path.ancestors().iter().all(|parent| parent.is_root() || upper.entries().contains_key(parent))
        }));
        let (mut explicit, mut whole) = (only_nodes(), only_nodes());
        hide(&below, &at, &stated).into_iter().filter(|path| !path.is_root()).for_each(|path| explicit.whiteout(path));
        if at.is_root() { whole.make_opaque(at.clone()) } else { whole.whiteout(at.clone()) }
        prop_assume!(!at.is_root() || upper.entries().contains_key(&at));
        let (mut one, mut other) = (below.clone(), below);
        one.apply(explicit, LayerNumber::new(99)).unwrap();
        other.apply(whole, LayerNumber::new(99)).unwrap();
        prop_assert!(diff(&one, &other).is_empty(), "{:?}", diff(&one, &other));
    }
}
