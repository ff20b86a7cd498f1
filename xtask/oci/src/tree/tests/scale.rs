//! No operation looks at the whole tree.

use std::time::{Duration, Instant};

use super::{file, path};
use crate::tree::{Changes, LayerNumber, Tree, diff};

/// A quadratic operation takes minutes over these; a debug build takes less than a second.
const FILES: usize = 100_000;
const MOST: Duration = Duration::from_secs(20);

#[test]
fn a_hundred_thousand_files_are_added_found_compared_and_removed_in_seconds() {
    let start = Instant::now();
    let paths: Vec<_> = (0..FILES).map(|number| path(&format!("/flat/{number}"))).collect();
    let nested = (0..FILES).map(|number| path(&format!("/{}/{}/x", number % 300, number / 300)));
    let paths: Vec<_> = paths.into_iter().chain(nested).collect();
    let mut tree = Tree::new();
    for path in &paths {
        tree.insert(path, file(1), LayerNumber::LOWEST).unwrap();
    }
    assert!(paths.iter().all(|path| tree.get(path).is_some() && tree.follow(path).is_ok()));
    assert_eq!(tree.walk().count(), tree.len());

    let variants: Vec<_> = (0..1000)
        .map(|number| {
            let mut variant = tree.clone();
            variant.remove(&path("/flat"));
            variant.insert(&path(&format!("/variant/{number}")), file(2), LayerNumber::new(1)).unwrap();
            variant
        })
        .collect();
    assert!(variants.iter().all(|variant| diff(&tree, variant).len() == 3));

    let mut layer = Changes::default();
    for path in &paths {
        layer.whiteout(path.clone());
    }
    let mut emptied = tree.clone();
    emptied.apply(layer, LayerNumber::new(1)).unwrap();
    for path in &paths {
        assert_eq!(tree.remove(path), 1);
    }
    assert_eq!(tree, emptied);
    assert!(start.elapsed() < MOST, "took {:?}", start.elapsed());
}
