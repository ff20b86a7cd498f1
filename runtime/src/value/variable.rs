//! The name of an environment variable.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "variable";

/// The name of an environment variable: letters, digits and `_`, no digit first (POSIX, "Environment
/// Variable Definition").
///
/// ```
/// use lapstrake::value::Variable;
///
/// assert!(Variable::parse("LANG").is_ok());
/// assert_eq!(Variable::parse("LANG=C").unwrap_err().offending(), "=");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Variable(String);

impl Variable {
    /// Parses a name.
    ///
    /// ```
    /// # use lapstrake::value::Variable;
    /// assert_eq!(Variable::parse("with-dash").unwrap_err().help(), Some("write `with_dash`"));
    /// ```
    ///
    /// # Errors
    /// When it is empty, has another character, or starts with a digit.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::whole(WHAT, text, "has no name"));
        }
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(Invalid::new(WHAT, text, 0..1, "starts with a digit"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) else {
            return Ok(Self(text.to_owned()));
        };
        let part = at..at + wrong.len_utf8();
        if wrong == '=' {
            let error = Invalid::new(WHAT, text, part, "has a `=`");
            return Err(error.or("give the value as an argument of its own"));
        }
        let meant = text.replace(|c: char| !allowed(c), "_");
        let reason = format!("has `{}`; letters, digits and `_` are allowed", wrong.escape_debug());
        Err(Invalid::new(WHAT, text, part, reason).or_write(&meant, Self::parse))
    }

    /// The name as a text.
    ///
    /// ```
    /// # use lapstrake::value::Variable;
    /// assert_eq!(Variable::parse("LANG").unwrap().as_str(), "LANG");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(Variable);
