//! One line of a tmpfiles.d file: its shape, not what it does to the running system.

use std::fmt;
use std::ops::Range;

use super::time_span::is_time_span;
use super::{Invalid, text_newtype};
use crate::words::{split, unknown_specifier};

const WHAT: &str = "tmpfiles.d line";
/// The specifiers of tmpfiles.d(5).
const SPECIFIERS: &str = "aAbBCgGhHlLmMoStTuUvVwW%";
/// The fields before the argument, which is the rest of the line.
const FIELDS: usize = 6;
const KINDS: &str = "fwdDevqQpLcbCxXrRzZtThHaAm";

/// A line of tmpfiles.d(5): a type with its modifiers, an absolute path, and up to five more fields.
///
/// ```
/// use lapstrake::value::TmpfilesLine;
///
/// assert!(TmpfilesLine::parse("d /var/lib/sensord 0750 sensord sensord -").is_ok());
/// assert_eq!(TmpfilesLine::parse("d var/lib/sensord").unwrap_err().offending(), "var/lib/sensord");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TmpfilesLine(String);

impl TmpfilesLine {
    /// Parses a line. A path may start with a specifier, which systemd expands: `%t/sensord`.
    ///
    /// ```
    /// # use lapstrake::value::TmpfilesLine;
    /// let error = TmpfilesLine::parse("mkdir /var/lib/sensord").unwrap_err();
    /// assert_eq!(error.offending(), "mkdir");
    /// assert_eq!(error.help(), Some("write `d PATH MODE USER GROUP -`"));
    /// ```
    ///
    /// # Errors
    /// When it is several lines, the type is unknown, the path is missing or not absolute, or systemd refuses the age, a
    /// specifier or the argument. The mode and the owner are for checks to judge.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(at) = text.find(['\n', '\0']) {
            return Err(Invalid::new(WHAT, text, at..at + 1, "is more than one line"));
        }
        let Some((fields, argument)) = split(text, FIELDS) else {
            return Err(Invalid::whole(WHAT, text, "has an open quote or escape"));
        };
        let kind = fields.first().map_or("", |kind| kind.text.as_str());
        let mut letters = kind.chars();
        let known =
            letters.next().is_some_and(|c| KINDS.contains(c)) && letters.all(|c| "+!-=~^$?".contains(c));
        if !known {
            let part = fields.first().map_or(0..0, |kind| kind.at.clone());
            let reason =
                format!("starts with `{}`, which is not a type of tmpfiles.d(5)", kind.escape_debug());
            return Err(Invalid::new(WHAT, text, part, reason).or("write `d PATH MODE USER GROUP -`"));
        }
        let path = fields.get(1).map_or("", |path| path.text.as_str());
        // One that starts with a specifier (%t) is systemd's to expand.
        if !path.starts_with(['/', '%']) {
            let Some(at) = fields.get(1).map(|path| path.at.clone()) else {
                let reason = "names no path";
                return Err(
                    Invalid::whole(WHAT, text, reason).or(format!("write `{kind} /PATH MODE USER GROUP -`"))
                );
            };
            let reason = format!("has the path `{}`, which is not absolute", path.escape_debug());
            let meant = format!("{}/{}", &text[..at.start], &text[at.start..]);
            return Err(Invalid::new(WHAT, text, at, reason).or_write(&meant, Self::parse));
        }
        let given = |at: usize| fields.get(at).filter(|field| !matches!(field.text.as_str(), "" | "-"));
        let refused = |at: Range<usize>, reason: String| Err(Invalid::new(WHAT, text, at, reason));
        if let Some(again) = repeated(kind) {
            return refused(fields[0].at.clone(), format!("has the modifier `{again}` twice"));
        }
        if let Some(unknown) = unknown_specifier(path, SPECIFIERS) {
            let reason = format!("has the specifier `{unknown}`, which systemd-tmpfiles does not know");
            return refused(fields[1].at.clone(), reason);
        }
        if let Some(age) = given(5).filter(|age| !is_age(&age.text)) {
            let reason = format!("has the age `{}`, which is not a time span", age.text.escape_debug());
            return refused(age.at.clone(), reason);
        }
        let given = Some(&text[argument.clone()]).filter(|argument| !matches!(*argument, "" | "-"));
        if let Some(reason) = argument_fault(kind, given) {
            let part = if argument.is_empty() { 0..text.len() } else { argument };
            return refused(part, reason);
        }
        Ok(Self(text.to_owned()))
    }

    /// The fields, quotes and escapes taken: type, path, mode, user, group, age, argument. Specifiers
    /// stay as they are written.
    ///
    /// ```
    /// # use lapstrake::value::TmpfilesLine;
    /// let line = TmpfilesLine::parse("d \"/var/lib/a b\" 0750").unwrap();
    /// assert_eq!(line.fields(), ["d", "/var/lib/a b", "0750"]);
    /// ```
    pub fn fields(&self) -> Vec<String> {
        let Some((fields, argument)) = split(&self.0, FIELDS) else { return Vec::new() };
        // No quotes are taken from the argument.
        let argument = Some(self.0[argument].to_owned()).filter(|argument| !argument.is_empty());
        fields.into_iter().map(|field| field.text).chain(argument).collect()
    }
}

/// Returns a modifier that a type has twice.
fn repeated(kind: &str) -> Option<char> {
    kind.char_indices()
        .skip(1)
        .find(|(at, c)| kind[..*at].chars().skip(1).any(|before| before == *c))
        .map(|(_, c)| c)
}

/// Whether a text is an age: a time span, after `~` and the times of a file that it is compared with.
fn is_age(age: &str) -> bool {
    let age = age.strip_prefix('~').unwrap_or(age);
    match age.split_once(':') {
        Some((by, age)) => !by.is_empty() && by.chars().all(|c| "aAbBcCmM".contains(c)) && is_time_span(age),
        None => is_time_span(age),
    }
}

/// Returns why systemd-tmpfiles refuses a line of a type with that argument.
fn argument_fault(kind: &str, argument: Option<&str>) -> Option<String> {
    let is_of_credential = kind.contains('^');
    let letter = kind.chars().next()?;
    let Some(argument) = argument else {
        let needs = is_of_credential || "wcbtTaAhH".contains(letter);
        return needs.then(|| format!("has no argument, which `{}` needs", kind.escape_debug()));
    };
    let is_expanded = "CLfFw".contains(letter) && !is_of_credential && !kind.contains('~');
    if let Some(unknown) = unknown_specifier(argument, SPECIFIERS).filter(|_| is_expanded) {
        return Some(format!("has the specifier `{unknown}`, which systemd-tmpfiles does not know"));
    }
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_device = argument.split_once(':').is_some_and(|(one, other)| is_number(one) && is_number(other));
    match letter {
        'c' | 'b' if !is_device => Some("has no device number `MAJOR:MINOR` as its argument".to_owned()),
        'C' if is_expanded && !argument.starts_with(['/', '%']) => {
            Some(format!("copies `{}`, which is not absolute", argument.escape_debug()))
        }
        _ => None,
    }
}

impl fmt::Display for TmpfilesLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(TmpfilesLine);
