//! The language of what ships: string literals and doc comments have no word that the style guide replaces.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::Violation;
use super::source::Crate;
use super::tokens::strings;

/// The folders of the crates whose language is checked. It is to become all of `CRATES`.
pub(super) const CHECKED: &[&str] = &["runtime", "macros", "xtask/oci", "xtask", "xtask/repo"];

const WORDS: &str = include_str!("words.txt");
const FIELD_WORDS: &str = include_str!("field-words.txt");

/// A word at a place.
#[derive(Debug, PartialEq, Eq)]
struct Occurrence {
    file: Utf8PathBuf,
    line: usize,
    word: String,
}

/// Finds the words in all crates that are checked, and the permissions without an occurrence.
pub(super) fn words<'a>(crates: impl Iterator<Item = &'a Crate>) -> Vec<Violation> {
    let permitted: BTreeSet<_> = lines(FIELD_WORDS).collect();
    let mut used = BTreeSet::new();
    let mut found = Vec::new();
    for parsed in crates {
        for Occurrence { file, line, word } in occurrences(parsed) {
            if let Some(permission) = permitted.get(format!("{file}: {word}").as_str()) {
                used.insert(*permission);
                continue;
            }
            found.push(Violation {
                key: format!("`{file}` uses the word `{word}`"),
                detail: format!("line {line}"),
            });
        }
    }
    let unused = permitted.difference(&used);
    found.extend(
        unused.map(|line| Violation::new(format!("`{line}` of `field-words.txt` has no occurrence"))),
    );
    found
}

/// Counts the words of a crate.
pub(super) fn count(parsed: &Crate) -> usize {
    occurrences(parsed).len()
}

fn occurrences(parsed: &Crate) -> Vec<Occurrence> {
    let mut found = Vec::new();
    for module in parsed.modules.values() {
        for (text, line) in strings(&module.tokens) {
            let words = lines(WORDS).filter(|word| contains(&text, word));
            found.extend(words.map(|word| Occurrence {
                file: module.file.clone(),
                line,
                word: word.to_owned(),
            }));
        }
    }
    found
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Whether a text contains a phrase as whole words.
fn contains(text: &str, phrase: &str) -> bool {
    let text = text.to_lowercase();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    text.match_indices(phrase).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + phrase.len()..].chars().next();
        let inside = phrase.starts_with(is_word) && before.is_some_and(is_word);
        !inside && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::super::source::fixture;
    use super::*;

    #[test]
    fn a_phrase_is_found_as_whole_words() {
        for (text, phrase) in [("It is no unit.", "is no"), ("Told", "told"), ("left, for it is", ", for it")]
        {
            assert!(contains(text, phrase), "{text}");
        }
        for (text, phrase) in [
            ("this is not a unit", "is no"),
            ("a layer", "lay"),
            ("stand-in", "stand in"),
            ("untold", "told"),
        ] {
            assert!(!contains(text, phrase), "{text}");
        }
    }

    #[test]
    fn messages_and_doc_comments_are_read_and_comments_are_not() {
        let text = "/// Is told.\nfn f() { g!(\"lays {x}\") } // mend\n#[cfg(test)] mod tests { const A: &str = \"told\"; }";
        let found = words([fixture(&[("src/lib.rs", text)])].iter());
        let keys: Vec<_> = found.iter().map(|found| found.key.as_str()).collect();
        assert_eq!(keys, ["`src/lib.rs` uses the word `told`", "`src/lib.rs` uses the word `lays`"]);
        assert_eq!(found[1].detail, "line 2");
    }
}
