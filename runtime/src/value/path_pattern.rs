//! The pattern of the paths that have a security context.

use std::fmt;

use super::{Invalid, text_newtype};

/// A regular expression that a whole path has to match, as `file_contexts(5)` has it: `/webapp(/.*)?` is a directory with all
/// that is in it.
///
/// The form is checked here: it starts with `/`, has no blank, and its brackets are balanced. `setfiles` compiles it.
///
/// ```
/// use lapstrake::value::PathPattern;
///
/// assert_eq!(PathPattern::parse("/webapp(/.*)?").unwrap().as_str(), "/webapp(/.*)?");
/// let shell = PathPattern::parse("/webapp/*").unwrap_err();
/// assert_eq!(shell.help(), Some("write `/webapp(/.*)?`"));
/// assert_eq!(PathPattern::parse("/webapp((/.*)?").unwrap_err().offending(), "(");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern(String);

const WHAT: &str = "pattern of paths";

impl PathPattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// When it is relative, has a blank or a control character, ends in `/`, or has brackets or a `\` without the other half.
    /// When it ends in `/*`, which a regular expression means as slashes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if !text.starts_with('/') {
            let error = Invalid::whole(WHAT, text, "does not start with `/`");
            return Err(error.or_write(&format!("/{text}"), Self::parse));
        }
        if let Some((at, c)) = text.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control()) {
            let reason = "has a blank, which ends a pattern in a file of contexts";
            let error = Invalid::new(WHAT, text, at..at + c.len_utf8(), reason);
            return Err(error.or("write `\\s` for a blank"));
        }
        let all_in = |directory: &str| format!("{directory}(/.*)?");
        if let Some(directory) = text.strip_suffix("/*") {
            let error = Invalid::new(
                WHAT,
                text,
                directory.len()..text.len(),
                "ends in `/*`, which is any number of slashes",
            );
            return Err(error.or_write(&all_in(directory), Self::parse));
        }
        if let Some(directory) = text.strip_suffix('/').filter(|directory| !directory.is_empty()) {
            let error =
                Invalid::new(WHAT, text, directory.len()..text.len(), "ends in `/`, and no path does");
            return Err(error.or_write(&all_in(directory), Self::parse));
        }
        unbalanced(text).map_or(Ok(Self(text.to_owned())), |(at, reason)| {
            let length = text[at..].chars().next().map_or(0, char::len_utf8);
            Err(Invalid::new(WHAT, text, at..at + length, reason))
        })
    }

    /// Returns the pattern as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns what lacks its other half, and where.
fn unbalanced(text: &str) -> Option<(usize, &'static str)> {
    let mut open = Vec::new();
    let mut class: Option<usize> = None;
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        if c == '\\' {
            if characters.next().is_none() {
                return Some((at, "ends in `\\`"));
            }
            continue;
        }
        if let Some(start) = class {
            // The first `]` of a class is a character of it.
            let is_first = text[start..at].trim_start_matches(['[', '^']).is_empty();
            if c == ']' && !is_first {
                class = None;
            }
            continue;
        }
        match c {
            '[' => class = Some(at),
            '(' => open.push(at),
            ')' if open.pop().is_none() => return Some((at, "has a `)` without its `(`")),
            _ if repeats_nothing(&text[..at], c) => return Some((at, "repeats nothing")),
            _ => {}
        }
    }
    let unclosed = class.map(|at| (at, "has a `[` without its `]`"));
    unclosed.or_else(|| open.first().map(|at| (*at, "has a `(` without its `)`")))
}

/// Whether a character repeats what is before it, and nothing is. `(?` starts a group of its own kind.
fn repeats_nothing(before: &str, c: char) -> bool {
    let starts_group = c == '?' && before.ends_with('(');
    matches!(c, '*' | '+' | '?') && before.ends_with(['(', '|']) && !before.ends_with("\\(") && !starts_group
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(PathPattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_setfiles_compiles_is_a_pattern() {
        for text in [
            "/",
            "/.*",
            "/webapp(/.*)?",
            "/usr/lib(64)?/x\\.so.*",
            "/var/[^/]*/x",
            "/[]a]+",
            "/\\(x",
            "/a(?:b|c)",
            "/opt/[(]x",
        ] {
            assert_eq!(PathPattern::parse(text).map(|pattern| pattern.0).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_it_does_not_compile_is_none() {
        for (text, offending) in [
            ("webapp", "webapp"),
            ("/web app", " "),
            ("/webapp/", "/"),
            ("/a(b", "("),
            ("/a)b", ")"),
            ("/[a", "["),
            ("/a\\", "\\"),
            ("/(*a)", "*"),
            ("/(a|+)", "+"),
        ] {
            let found = PathPattern::parse(text).map_err(|error| error.offending().to_owned());
            assert_eq!(found, Err(offending.to_owned()), "{text}");
        }
    }
}
