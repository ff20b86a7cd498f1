//! A pattern of names below a directory.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "pattern";
const ANY_DEPTH: &str = "**";

/// A pattern of paths below a directory, as git reads it (gitignore(5)): `*` is any number of characters but `/`, `?`
/// is one, and `**` as a whole component is any number of directories. A pattern without a `/` in it is for names in
/// every directory; one with a `/` starts at the directory itself. A path that is below a match matches too.
///
/// `[`, `]`, `{`, `}`, `!` and `\` have other meanings elsewhere, so that a pattern can't have them.
///
/// ```
/// use lapstrake::value::Glob;
///
/// let maps = Glob::parse("**/*.map").unwrap();
/// assert!(maps.matches("app.map") && maps.matches("js/app.map") && !maps.matches("js/map"));
/// assert!(Glob::parse("node_modules").unwrap().matches("web/node_modules/x/index.js"));
/// assert!(!Glob::parse("/dist").unwrap().matches("web/dist"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Glob(String);

impl Glob {
    /// Parses a pattern.
    ///
    /// ```
    /// # use lapstrake::value::Glob;
    /// let error = Glob::parse("*.{map,ts}").unwrap_err();
    /// assert_eq!(error.help(), Some("write one pattern for each alternative"));
    /// ```
    ///
    /// # Errors
    /// When it is empty, has a component that no path has, or a character with another meaning elsewhere.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some((at, found)) = text.char_indices().find(|(_, c)| "[]{}!\\".contains(*c) || c.is_control())
        {
            let reason = format!("has `{}`, which is not a wildcard here", found.escape_debug());
            let error = Invalid::new(WHAT, text, at..at + found.len_utf8(), reason);
            return Err(match found {
                '{' | '}' | '[' | ']' => error.or("write one pattern for each alternative"),
                '!' => error.or("name what is left out, and leave out what is taken"),
                _ => error,
            });
        }
        let path = text.strip_prefix('/').unwrap_or(text);
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.is_empty() {
            return Err(Invalid::whole(WHAT, text, "names nothing"));
        }
        let mut components = path.split('/');
        if let Some(wrong) = components.find(|component| matches!(*component, "" | "." | "..")) {
            let reason = format!("has the component `{wrong}`, which no path below a directory has");
            return Err(Invalid::whole(WHAT, text, reason).or("write it as `**/*.map`"));
        }
        if let Some(wrong) = path.split('/').find(|part| part.contains(ANY_DEPTH) && *part != ANY_DEPTH) {
            let reason = format!("has `**` in `{wrong}`, where it is not a whole component");
            let error = Invalid::whole(WHAT, text, reason);
            return Err(error.or_write(&text.replace(ANY_DEPTH, "*"), Self::parse));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns whether a relative path, or a directory that it is in, matches.
    pub fn matches(&self, path: &str) -> bool {
        let pattern = self.0.strip_suffix('/').unwrap_or(&self.0);
        let in_every_directory = !pattern.contains('/');
        let pattern = pattern.strip_prefix('/').unwrap_or(pattern).split('/');
        let pattern: Vec<_> = in_every_directory.then_some(ANY_DEPTH).into_iter().chain(pattern).collect();
        let path: Vec<_> = path.split('/').collect();
        // Whether the pattern so far matches so many components of the path.
        let mut matched = vec![false; path.len() + 1];
        matched[0] = true;
        for part in pattern {
            let before = matched.clone();
            for count in 0..=path.len() {
                matched[count] = if part == ANY_DEPTH {
                    before[..=count].contains(&true)
                } else {
                    count > 0 && before[count - 1] && matches_name(part, path[count - 1])
                };
            }
        }
        matched[1..].contains(&true)
    }

    /// Returns the pattern as it was written.
    ///
    /// ```
    /// use lapstrake::value::Glob;
    /// assert_eq!(Glob::parse("**/*.map")?.as_str(), "**/*.map");
    /// # Ok::<_, lapstrake::value::Invalid>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a name matches a component of a pattern. It takes no more than the product of their lengths.
fn matches_name(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<_>, Vec<_>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut read) = (0, 0);
    // The last `*`, and where the name was when it came.
    let mut star = None;
    while read < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(c) if *c == '?' || *c == name[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                (at, read) = (place + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(Glob);
