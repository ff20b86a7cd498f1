//! The user that a container of an image runs as.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "user of a container";
const FORM: &str = "write it as `app`, `1000` or `app:app`";

/// A user, with or without a group, each by name or by number: `app`, `1000:1000` (OCI image spec, config.md, `User`).
///
/// ```
/// use lapstrake::value::ContainerUser;
///
/// assert_eq!(ContainerUser::parse("1000:www").unwrap().as_str(), "1000:www");
/// assert_eq!(ContainerUser::parse("app user").unwrap_err().offending(), " ");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerUser(String);

impl ContainerUser {
    /// Parses `user` or `user:group`.
    ///
    /// # Errors
    /// When a part is empty or starts with a `-`, there are more than two, or one has a character that is not a
    /// letter, a digit, `_`, `-` or `.`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
        if let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) {
            let reason = format!("has `{}`", wrong.escape_debug());
            return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason).or(FORM));
        }
        let parts: Vec<_> = text.split(':').collect();
        if parts.len() > 2 || parts.iter().any(|part| part.is_empty() || part.starts_with('-')) {
            return Err(Invalid::whole(WHAT, text, "is not a user, or a user and a group").or(FORM));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContainerUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(ContainerUser);
