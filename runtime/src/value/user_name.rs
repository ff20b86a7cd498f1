//! The name of a user or a group.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "user name";
/// systemd takes no longer one (systemd, "User/Group Name Syntax").
const MOST: usize = 31;

/// The name of a user or a group: letters, digits, `_` and `-`, no digit or `-` first, at most 31 bytes. systemd
/// ignores any other ("User/Group Name Syntax").
///
/// ```
/// use lapstrake::value::UserName;
///
/// assert_eq!(UserName::parse("sensord").unwrap().as_str(), "sensord");
/// assert_eq!(UserName::parse("tel.emetry").unwrap_err().offending(), ".");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// Parses a name.
    ///
    /// ```
    /// # use lapstrake::value::UserName;
    /// assert_eq!(UserName::parse("Tel.emetry").unwrap_err().help(), Some("write `Tel_emetry`"));
    /// assert!(UserName::parse("0day").is_err());
    /// ```
    ///
    /// # Errors
    /// When it is empty or longer than 31 bytes, has another character, or starts with a digit or a `-`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.len() > MOST {
            return Err(Invalid::whole(WHAT, text, format!("has not between 1 and {MOST} bytes")));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) {
            let meant = text.replace(|c: char| !allowed(c), "_");
            let reason = format!("has `{}`; letters, digits, `_` and `-` are allowed", wrong.escape_debug());
            let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
            return Err(error.or_write(&meant, Self::parse));
        }
        if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return Err(Invalid::new(WHAT, text, 0..1, "does not start with a letter or `_`"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(UserName);
