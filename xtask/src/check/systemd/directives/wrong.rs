//! What is wrong with a value, and the rules that several kinds of values share: booleans, words, specifiers and paths.

use lapstrake::suggest::nearest;

/// A value that systemd does not take.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// The part of the value that it does not take; none if the value must not be shown.
    pub(super) word: Option<String>,
    /// What is wrong with it: the end of a sentence.
    pub(super) why: String,
    pub(super) help: Option<String>,
    /// Whether systemd does not load the unit. It ignores the line otherwise.
    pub(super) is_refused: bool,
}

impl Wrong {
    pub(super) fn ignored(word: &str, why: impl Into<String>) -> Self {
        Self { word: Some(word.to_owned()), why: why.into(), help: None, is_refused: false }
    }

    pub(super) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    pub(super) fn refused(self) -> Self {
        Self { is_refused: true, ..self }
    }
}

/// What systemd replaces after `%` in units (systemd.unit(5), "Specifiers").
/// `%c`, `%r` and `%R` are deprecated.
const SPECIFIERS: &str = "aAbBcCdEfgGhHiIjJlLmMnNopPqrRsStTuUvVwWyY%";
/// The specifier that systemd 255 added.
const LATER: (char, u32) = ('D', 255);

/// Returns whether it is one of the words of a boolean (systemd.syntax(7)).
fn is_boolean(value: &str) -> bool {
    const WORDS: [&str; 12] = ["1", "yes", "y", "true", "t", "on", "0", "no", "n", "false", "f", "off"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}

pub(super) fn boolean(value: &str, words: &[(&'static str, u32)], version: Option<u32>) -> Option<Wrong> {
    if is_boolean(value) {
        return None;
    }
    if words.is_empty() {
        return Some(Wrong::ignored(value, "it is not a boolean").help("write `yes` or `no`"));
    }
    let wrong = one_of(value, words, version)?;
    Some(Wrong { why: format!("{}, or `yes` or `no`", wrong.why), ..wrong })
}

pub(super) fn one_of(value: &str, words: &[(&'static str, u32)], version: Option<u32>) -> Option<Wrong> {
    let is_known = |since: u32| version.is_none_or(|version| since <= version);
    if let Some((_, since)) = words.iter().find(|(word, _)| *word == value) {
        return (!is_known(*since)).then(|| {
            Wrong::ignored(
                value,
                format!(
                    "systemd {since} added it, and the image has systemd {}",
                    version.unwrap_or_default()
                ),
            )
        });
    }
    let known: Vec<_> = words.iter().filter(|(_, since)| is_known(*since)).map(|(word, _)| *word).collect();
    let list: Vec<_> = known.iter().map(|word| format!("`{word}`")).collect();
    let wrong = Wrong::ignored(value, format!("it takes {}", list.join(", ")));
    Some(match nearest(value, known) {
        Some(near) => wrong.help(format!("did you mean `{near}`?")),
        None => wrong,
    })
}

/// Returns a fault of a specifier that systemd does not know. A `%` before something else than a letter or a digit stays.
pub(super) fn specifier(text: &str, version: Option<u32>) -> Option<Wrong> {
    let is_later = |c: char| c == LATER.0 && version.is_none_or(|version| version >= LATER.1);
    unknown_specifier(text, |c| SPECIFIERS.contains(c) || is_later(c))
}

pub(super) fn unknown_specifier(text: &str, is_known: impl Fn(char) -> bool) -> Option<Wrong> {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            continue;
        }
        let c = chars.next()?;
        if !is_known(c) && c.is_ascii_alphanumeric() {
            let word = format!("%{c}");
            let why = format!("`{word}` is not a specifier here");
            return Some(Wrong::ignored(text, why).help(format!("write `%{word}` for a plain `{word}`")));
        }
    }
    None
}

/// Returns whether a path is judged as it is written: it starts as one, or with a specifier that may be one.
pub(super) fn path_or_specifier(path: &str, version: Option<u32>) -> Option<Wrong> {
    if path.contains('%') {
        return specifier(path, version);
    }
    if !path.starts_with('/') {
        return Some(
            Wrong::ignored(path, "the path is not absolute")
                .help(format!("write `/{path}`, or the path that you mean")),
        );
    }
    let is_up = path.split('/').any(|part| part == "..");
    is_up.then(|| Wrong::ignored(path, "the path has `..`").help("write the path without it"))
}
