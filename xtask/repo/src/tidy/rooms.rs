//! The order of rooms: `xtask/src` has the rooms of its table, a room knows no room of a later row, and no modules
//! know each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;

use super::Violation;
use super::cycle::cycles;
use super::source::{Crate, ModulePath, Reference};
use super::table::Table;

/// Modules that are not rooms: they may know every room, and no room may know them.
const ENDS: [&str; 3] = ["prelude", "testing", "fuzz"];
/// Names in `src` that are not modules of the product.
const NOT_ROOMS: [&str; 3] = ["lib", "main", "tests"];

/// Compares the table with the files and folders of `src`, in both directions.
pub(super) fn listed(table: &Table, names: &BTreeSet<String>) -> Vec<Violation> {
    let mut found = Vec::new();
    for name in names {
        let is_room = !ENDS.contains(&name.as_str()) && !NOT_ROOMS.contains(&name.as_str());
        if is_room && table.row(name).is_none() {
            let key = format!("room `{name}` is not in the table of `xtask/src/lib.rs`");
            found.push(Violation::new(key));
        }
    }
    let mut seen = BTreeSet::new();
    for room in table.rooms() {
        if !names.contains(room) {
            found.push(Violation::new(format!(
                "room `{room}` of the table of `xtask/src/lib.rs` does not exist"
            )));
        }
        if !seen.insert(room) {
            found.push(Violation::new(format!("room `{room}` is twice in the table of `xtask/src/lib.rs`")));
        }
    }
    found
}

/// Returns the names of the files and folders directly in a folder, without `.rs`.
pub(super) fn names<'a>(folder: &Utf8Path, files: impl Iterator<Item = &'a Utf8Path>) -> BTreeSet<String> {
    let inner = files.filter_map(|file| file.strip_prefix(folder).ok());
    let first = inner.filter_map(|file| file.components().next());
    first.map(|name| name.as_str().trim_end_matches(".rs").to_owned()).collect()
}

/// Compares the table with the one of `ARCHITECTURE.md`.
pub(super) fn described(table: &Table, architecture: Option<&str>) -> Vec<Violation> {
    let Some(text) = architecture else {
        return vec![Violation::new("`ARCHITECTURE.md` does not exist".to_owned())];
    };
    match Table::parse(text) {
        None => vec![Violation::new("`ARCHITECTURE.md` has no table of rooms".to_owned())],
        Some(other) if other == *table => Vec::new(),
        Some(other) => {
            let key = "the rooms of `ARCHITECTURE.md` differ from those of `xtask/src/lib.rs`".to_owned();
            vec![Violation { key, detail: format!("{:?} is not {:?}", other.0, table.0) }]
        }
    }
}

/// Finds each file of a room that knows a room of a later row.
pub(super) fn ordered(table: &Table, parsed: &Crate) -> Vec<Violation> {
    // A room that is missing in the table is reported as such.
    let row = |room: &String| if ENDS.contains(&room.as_str()) { Some(usize::MAX) } else { table.row(room) };
    let mut lines: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for Reference { from, to, file, line } in parsed.references() {
        let (Some(from), Some(to)) = (from.first(), to.first()) else { continue };
        if from != to && row(from) < row(to) && row(from).is_some() {
            let key = format!("`{file}` of room `{from}` knows the later room `{to}`");
            lines.entry(key).or_default().insert(line);
        }
    }
    let in_lines = |lines: BTreeSet<usize>| {
        format!("line {}", lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    };
    lines.into_iter().map(|(key, lines)| Violation { key, detail: in_lines(lines) }).collect()
}

/// Finds the cycles between modules with the same parent.
pub(super) fn acyclic(folder: &str, parsed: &Crate) -> Vec<Violation> {
    let mut edges: BTreeMap<ModulePath, BTreeSet<(String, String)>> = BTreeMap::new();
    let mut sites: BTreeMap<(ModulePath, String, String), String> = BTreeMap::new();
    for Reference { from, to, file, line } in parsed.references() {
        let common = from.iter().zip(&to).take_while(|(from, to)| from == to).count();
        let (Some(left), Some(right)) = (from.get(common), to.get(common)) else { continue };
        let parent = from[..common].to_vec();
        edges.entry(parent.clone()).or_default().insert((left.clone(), right.clone()));
        let site = format!("{left} knows {right} ({file}:{line})");
        sites.entry((parent, left.clone(), right.clone())).or_insert(site);
    }
    let mut found = Vec::new();
    for (parent, edges) in &edges {
        for cycle in cycles(edges) {
            let module = [&[folder.to_owned()], parent.as_slice()].concat().join("/");
            let key = format!("cycle in `{module}`: {}", cycle.join(", "));
            let inside = edges.iter().filter(|(from, to)| cycle.contains(from) && cycle.contains(to));
            let detail = inside.map(|(from, to)| sites[&(parent.clone(), from.clone(), to.clone())].as_str());
            found.push(Violation { key, detail: detail.collect::<Vec<_>>().join("; ") });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::source::fixture;
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        Table(rows.iter().map(|row| row.iter().map(|&room| room.to_owned()).collect()).collect())
    }

    fn keys(found: Vec<Violation>) -> Vec<String> {
        found.into_iter().map(|violation| violation.key).collect()
    }

    #[test]
    fn every_room_is_in_the_table_and_every_row_exists() {
        let files = [
            "src/lib.rs",
            "src/base/mod.rs",
            "src/plan.rs",
            "src/testing.rs",
            "src/new/x.rs",
            "src/tests/a.rs",
        ];
        let names = names(Utf8Path::new("src"), files.iter().map(Utf8Path::new));
        assert_eq!(
            keys(listed(&table(&[&["base"], &["plan", "gone", "base"]]), &names)),
            [
                "room `new` is not in the table of `xtask/src/lib.rs`",
                "room `gone` of the table of `xtask/src/lib.rs` does not exist",
                "room `base` is twice in the table of `xtask/src/lib.rs`",
            ]
        );
    }

    #[test]
    fn the_architecture_has_the_same_table() {
        let table = table(&[&["base"], &["plan"]]);
        assert!(described(&table, Some("| room |\n|---|\n| `base` |\n| `plan` |\n")).is_empty());
        for other in [None, Some("# Rooms"), Some("| room |\n|---|\n| `plan` |\n| `base` |\n")] {
            assert_eq!(described(&table, other).len(), 1, "{other:?}");
        }
    }

    #[test]
    fn a_room_knows_no_later_room() {
        let parsed = fixture(&[
            ("src/lib.rs", "mod base; mod plan; mod prelude; mod check; #[cfg(test)] mod tests;"),
            ("src/base.rs", "\nuse crate::plan::P; #[cfg(test)] mod tests { use crate::check::C; }"),
            (
                "src/plan.rs",
                "use crate::base::B; fn f() { format!(\"{}\", crate::check::C); crate::prelude::p() }",
            ),
            ("src/check.rs", "use super::plan;"),
            ("src/prelude.rs", "pub use crate::check::C;"),
        ]);
        let found = ordered(&table(&[&["base"], &["plan"], &["check"]]), &parsed);
        assert_eq!(found[0].detail, "line 2");
        assert_eq!(
            keys(found),
            [
                "`src/base.rs` of room `base` knows the later room `plan`",
                "`src/plan.rs` of room `plan` knows the later room `check`",
                "`src/plan.rs` of room `plan` knows the later room `prelude`",
            ]
        );
    }

    #[test]
    fn modules_do_not_know_each_other_in_a_circle() {
        let parsed = fixture(&[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "use crate::b::X;"),
            ("src/b/mod.rs", "mod one; mod two; pub use two::Two; pub struct X; use crate::a::A;"),
            ("src/b/one.rs", "use super::Two;"),
            ("src/b/two.rs", "use super::one::One; use super::X;"),
            ("src/c.rs", "use crate::a::A;"),
        ]);
        let found = acyclic("src", &parsed);
        assert_eq!(found[1].detail, "one knows two (src/b/one.rs:1); two knows one (src/b/two.rs:1)");
        assert_eq!(keys(found), ["cycle in `src`: a, b", "cycle in `src/b`: one, two"]);
    }
}
