//! Cycles of a directed graph.

use std::collections::{BTreeMap, BTreeSet};

/// Returns the groups of nodes that reach each other, each sorted.
pub(super) fn cycles<N: Ord + Clone>(edges: &BTreeSet<(N, N)>) -> Vec<Vec<N>> {
    let mut next: BTreeMap<&N, Vec<&N>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(from).or_default().push(to);
    }
    let reached: BTreeMap<&N, BTreeSet<&N>> = next.keys().map(|&from| (from, reach(from, &next))).collect();
    let mut groups = BTreeSet::new();
    for (node, reaches) in &reached {
        let back = |other: &&&N| reached.get(**other).is_some_and(|others| others.contains(*node));
        let group: Vec<_> = reaches.iter().filter(back).map(|other| (*other).clone()).collect();
        if group.len() > 1 {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

fn reach<'a, N: Ord>(from: &'a N, next: &BTreeMap<&'a N, Vec<&'a N>>) -> BTreeSet<&'a N> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        for other in next.get(node).into_iter().flatten() {
            if reached.insert(*other) {
                open.push(other);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::cycles;

    #[test]
    fn nodes_that_reach_each_other_are_one_cycle() {
        let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "d"), ("f", "a")];
        assert_eq!(cycles(&edges.into()), [vec!["a", "b", "c"], vec!["d", "e"]]);
        assert!(cycles(&[("a", "b"), ("a", "c"), ("b", "c")].into()).is_empty());
    }
}
