//! The name by which a step finds a secret.

use std::fmt;

use super::plain_name::PlainName;
use super::{Invalid, text_newtype};

const WORD: PlainName = PlainName { what: "secret id", most: 63, signs: &['.', '_', '-'], instead: '-' };

/// A secret's id: ASCII letters, digits, `.`, `_` and `-`, a letter or digit first, 1 to 63 bytes. It is a
/// file name in `/run/secrets`, and a word between commas for podman (podman-build(1), `--secret`).
///
/// ```
/// use lapstrake::value::SecretId;
///
/// assert!(SecretId::parse("registry-token").is_ok());
/// assert_eq!(SecretId::parse("registry,token").unwrap_err().help(), Some("write `registry-token`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretId(String);

impl SecretId {
    /// Parses an id.
    ///
    /// ```
    /// # use lapstrake::value::SecretId;
    /// assert_eq!(SecretId::parse("a/b").unwrap_err().offending(), "/");
    /// ```
    ///
    /// # Errors
    /// When it is empty, longer than 63 bytes, has another character, or does not start with a letter or
    /// digit.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        WORD.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The id as a text.
    ///
    /// ```
    /// # use lapstrake::value::SecretId;
    /// assert_eq!(SecretId::parse("token").unwrap().as_str(), "token");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(SecretId);
