//! A stream of a module: one of several versions of some packages that a repository offers.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "module stream";
const SIGNS: [char; 4] = ['-', '_', '.', '+'];

/// A module and its stream, as `NAME:STREAM` (dnf(8), "Module Command"). Both are ASCII letters, digits, `-`, `_`, `.`
/// and `+`.
///
/// ```
/// use lapstrake::value::ModuleStream;
///
/// assert_eq!(ModuleStream::parse("php:8.2").unwrap().as_str(), "php:8.2");
/// assert!(ModuleStream::parse("php").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleStream(String);

impl ModuleStream {
    /// Parses a module with its stream; dnf reports whether a repository has it.
    ///
    /// ```
    /// # use lapstrake::value::ModuleStream;
    /// let error = ModuleStream::parse("php:8.2/common").unwrap_err();
    /// assert_eq!(error.help(), Some(r#"write `php:8.2`, and install the profile as the package `"@php:8.2/common"`"#));
    /// ```
    ///
    /// # Errors
    /// When the name or the stream is empty or has another character, or when a profile follows.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let bare = text.trim_start_matches('@');
        let without_profile = bare.split('/').next().unwrap_or(bare);
        if let Some((at, _)) =
            text.char_indices().find(|&(_, c)| c == '/').filter(|_| is_pair(without_profile))
        {
            let error =
                Invalid::new(WHAT, text, at..text.len(), "has a profile, which is installed and not enabled");
            return Err(error.or(format!(
                "write `{without_profile}`, and install the profile as the package `\"@{bare}\"`"
            )));
        }
        if text.starts_with('@') {
            let error = Invalid::new(WHAT, text, 0..1, "starts with `@`");
            return Err(if is_pair(bare) { error.or(format!("write `{bare}`")) } else { error });
        }
        let Some((name, stream)) = text.split_once(':') else {
            return Err(Invalid::whole(WHAT, text, "has no stream").or("write `NAME:STREAM`, as `php:8.2`"));
        };
        let is_wrong = |&(at, c): &(usize, char)| !is_plain(c) && at != name.len();
        if let Some((at, wrong)) = text.char_indices().find(is_wrong) {
            let reason = format!("has `{}`", wrong.escape_debug());
            return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason));
        }
        if name.is_empty() || stream.is_empty() {
            return Err(Invalid::whole(WHAT, text, "lacks its name or its stream"));
        }
        if text.starts_with(SIGNS) {
            return Err(Invalid::new(WHAT, text, 0..1, "does not start with a letter or digit"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The module and its stream as a text.
    ///
    /// ```
    /// # use lapstrake::value::ModuleStream;
    /// assert_eq!(ModuleStream::parse("nodejs:20").unwrap().as_str(), "nodejs:20");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || SIGNS.contains(&c)
}

fn is_pair(text: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.chars().all(is_plain);
    text.split_once(':')
        .is_some_and(|(name, stream)| is_word(name) && is_word(stream) && !text.starts_with(SIGNS))
}

impl fmt::Display for ModuleStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(ModuleStream);
