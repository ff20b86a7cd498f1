//! The tests that the guide names for its guarantees, which must exist.

use camino::Utf8Path;

const GUIDE: &str = "xtask/guide/reference.md";
/// Where the named tests are: `FILE::TEST`, with the file below one of these.
const TESTS: [&str; 2] = ["xtask/src/tests", "xtask/tests/cli"];

/// Returns the tests that the table of guarantees names, as module and function.
fn named(guide: &str) -> Vec<(&str, &str)> {
    let section = guide.split("\n## ").find(|section| section.starts_with("Guarantees"));
    let rows = section.unwrap_or_default().lines().filter(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.trim_end_matches(['|', ' ']).rsplit_once('|'));
    cells.flat_map(|(_, tests)| tests.split('`')).filter_map(|test| test.split_once("::")).collect()
}

#[test]
fn each_guarantee_names_tests_that_exist() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let guide = std::fs::read_to_string(root.join(GUIDE)).unwrap();
    let named = named(&guide);
    assert!(named.len() > 20, "the table was not found: {named:?}");
    let exists = |(module, test): &(&str, &str)| {
        let files = TESTS.map(|folder| root.join(folder).join(format!("{module}.rs")));
        files.iter().any(|file| {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            text.contains(&format!("#[test]\nfn {test}()"))
        })
    };
    let missing: Vec<_> = named.into_iter().filter(|test| !exists(test)).collect();
    assert_eq!(missing, [("", ""); 0]);
}
