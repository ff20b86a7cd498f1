//! The registry against the sources: no finding goes by a name that `check --list` does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::check::{Example, Phase, registry};
use crate::finding::Severity;

/// Where a finding has the name of its check, which is a row already.
const OF_CHECKS: &str = "check/gather.rs";

#[test]
fn every_check_has_its_constant_and_every_constant_its_check() {
    let checks: BTreeSet<_> = registry().map(|check| check.name).collect();
    let constants: BTreeSet<_> = crate::check::names::ALL.iter().map(|name| name.as_str()).collect();
    assert_eq!(checks, constants);
}

#[test]
fn every_finding_that_planning_makes_has_its_row_and_every_row_its_finding() {
    let mut made: BTreeMap<String, Severity> = BTreeMap::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let text = fs::read_to_string(&path).unwrap();
        let text: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        for (call, severity) in [
            ("Finding::fatal(", Severity::Fatal),
            ("Finding::warning(", Severity::Warning),
            ("Finding::note(", Severity::Note),
            ("Self::fatal(\"", Severity::Fatal),
        ] {
            for (at, _) in text.match_indices(call) {
                // The rules that `image!` has too are the description's own, with their names. The limits of `image diff`
                // are its options.
                let rest = text[at + call.len()..].trim_start();
                if ["conflict.rule", "violation.name"].iter().any(|own| rest.starts_with(own)) {
                    continue;
                }
                let name = rest.trim_start_matches('"');
                let (name, _) = name.split_once('"').unwrap();
                let name_of_its_own = !name.is_empty() && !name.contains(|c: char| !c.is_ascii_graphic());
                assert!(name_of_its_own, "{}: a finding's name is a literal: {name}", path.display());
                made.insert(name.to_owned(), severity);
            }
        }
    }
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src/rule/conflict.rs");
    let rules = fs::read_to_string(rules).unwrap();
    let (code, _) = rules.split_once("#[cfg(test)]").unwrap_or((&rules, ""));
    let quoted = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2));
    let is_name =
        |word: &&str| word.contains('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    made.extend(quoted.filter(is_name).map(|name| (name.to_owned(), Severity::Fatal)));
    let rows: BTreeMap<_, _> = registry()
        .filter(|check| check.phase == Phase::Description)
        .map(|check| (check.name.to_owned(), check.severity))
        .collect();
    assert_eq!(rows, made, "left the rows of `check/description`, right what the sources say");
}

#[test]
fn every_check_that_the_page_does_not_run_has_a_test_that_names_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = ["src/check/tests", "src/tests", "src/base/tests", "tests/cli"];
    let mut tests = String::new();
    for path in places
        .iter()
        .flat_map(|place| all(&root.join(place)))
        .chain([root.join("src/check/systemd/analyze.rs")])
    {
        tests += &fs::read_to_string(path).unwrap_or_default();
    }
    let in_words = registry().filter(|check| matches!(check.example, Example::Words { .. }));
    let untested: Vec<_> =
        in_words.filter(|check| !tests.contains(check.name)).map(|check| check.name).collect();
    assert_eq!(untested, [""; 0]);
}

fn all(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { all(&path) } else { vec![path] }).collect()
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let of_checks = |path: &Path| path.ends_with(OF_CHECKS);
    let entries = entries.filter(|path| !path.ends_with("tests") && !of_checks(path));
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}
