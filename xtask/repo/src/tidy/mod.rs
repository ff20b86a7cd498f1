//! The rules of this repository that a program can check on its sources: the order of rooms, the direction of
//! dependencies, lengths, and words. It must not compile or run anything.

mod crates;
mod cycle;
#[cfg(test)]
mod guarantees;
mod known;
mod lengths;
mod rooms;
mod source;
mod table;
mod tokens;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use crates::CRATES;
use known::KNOWN;
use source::{Crate, read_files};
use table::Table;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    /// The rule and the place, without what every edit changes. `KNOWN` lists keys.
    key: String,
    /// The lines, and what helps to fix it.
    detail: String,
}

impl Violation {
    fn new(key: String) -> Self {
        Self { key, detail: String::new() }
    }
}

/// Applies every rule to the repository.
fn violations(root: &Utf8Path) -> Result<Vec<Violation>> {
    let mut found = Vec::new();
    let mut parsed: BTreeMap<&str, Crate> = BTreeMap::new();
    for rule in &CRATES {
        let folder = Utf8Path::new(rule.folder);
        if !root.join(folder).is_dir() {
            found.push(Violation::new(format!("crate `{folder}` does not exist")));
            continue;
        }
        let manifest: toml::Table = fs::read_to_string(root.join(folder).join("Cargo.toml"))?.parse()?;
        found.extend(crates::dependencies(rule, &manifest));
        let sources = Crate::parse(&folder.join(rule.root), read_files(root, &folder.join("src"))?)?;
        found.extend(crates::names(rule, &sources));
        found.extend(lengths::functions(&sources));
        found.extend(rooms::acyclic(folder.join("src").as_str(), &sources));
        let tests = folder.join("tests");
        let tests = if root.join(&tests).is_dir() { read_files(root, &tests)? } else { BTreeMap::new() };
        let files = sources.files.iter().chain(&tests);
        found.extend(files.filter_map(|(path, text)| lengths::file(path, text)));
        parsed.insert(rule.folder, sources);
    }
    if let Some(xtask) = parsed.get("xtask") {
        let lib = Utf8PathBuf::from("xtask/src/lib.rs");
        let table = Table::parse(&xtask.files[&lib]).ok_or("`xtask/src/lib.rs` has no table of rooms")?;
        let names = rooms::names(Utf8Path::new("xtask/src"), xtask.files.keys().map(Utf8PathBuf::as_path));
        found.extend(rooms::listed(&table, &names));
        let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).ok();
        found.extend(rooms::described(&table, architecture.as_deref()));
        found.extend(rooms::ordered(&table, xtask));
    }
    found.extend(words::words(words::CHECKED.iter().filter_map(|folder| parsed.get(folder))));
    for (folder, sources) in &parsed {
        if !words::CHECKED.contains(folder) {
            println!("{folder}: {} words of words.txt, not checked yet", words::count(sources));
        }
    }
    Ok(found)
}

/// Compares the violations with the known ones, which may only become fewer.
fn compare(found: &[Violation], known: &[&str]) -> std::result::Result<(), String> {
    let keys: BTreeSet<_> = found.iter().map(|violation| violation.key.as_str()).collect();
    let mut report = String::new();
    for Violation { key, detail } in found.iter().filter(|found| !known.contains(&found.key.as_str())) {
        report += &format!("{key}\n    {detail}\n");
    }
    for gone in known.iter().filter(|known| !keys.contains(**known)) {
        report += &format!("fixed, remove it from `KNOWN` in `xtask/repo/src/tidy/known.rs`: {gone}\n");
    }
    if report.is_empty() { Ok(()) } else { Err(report) }
}

#[test]
fn the_sources_keep_the_rules() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let found = violations(root).unwrap();
    // `TIDY=known cargo test -p repo tidy -- --nocapture` prints the list to copy to `KNOWN`.
    if std::env::var_os("TIDY").is_some() {
        for key in found.iter().map(|found| &found.key).collect::<BTreeSet<_>>() {
            println!("    {key:?},");
        }
        for Violation { key, detail } in &found {
            println!("{key}: {detail}");
        }
    }
    if let Err(report) = compare(&found, KNOWN) {
        panic!("\n{report}");
    }
}

#[test]
fn known_violations_may_only_become_fewer() {
    let found = [Violation::new("a".to_owned()), Violation::new("b".to_owned())];
    compare(&found, &["a", "b"]).unwrap();
    assert!(compare(&found, &["a"]).unwrap_err().starts_with("b\n"));
    assert!(compare(&found, &["a", "b", "c"]).unwrap_err().contains("remove it"));
}
