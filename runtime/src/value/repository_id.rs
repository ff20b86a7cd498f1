//! The name by which dnf knows a repository: the section of its `.repo` file.

use std::fmt;

use super::plain_name::PlainName;
use super::{Invalid, text_newtype};

const WORD: PlainName =
    PlainName { what: "repository id", most: 200, signs: &['-', '_', '.', ':'], instead: '-' };

/// A repository's id: ASCII letters, digits, `-`, `_`, `.` and `:` (dnf.conf(5), "Repo Options"). It is the
/// name of its `.repo` file too, so it starts with a letter or digit and has at most 200 bytes.
///
/// ```
/// use lapstrake::value::RepositoryId;
///
/// assert!(RepositoryId::parse("vendor-nightly").is_ok());
/// assert_eq!(RepositoryId::parse("vendor nightly").unwrap_err().help(), Some("write `vendor-nightly`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId(String);

impl RepositoryId {
    /// Parses an id.
    ///
    /// ```
    /// # use lapstrake::value::RepositoryId;
    /// assert_eq!(RepositoryId::parse("[vendor]").unwrap_err().offending(), "[");
    /// ```
    ///
    /// # Errors
    /// When it is empty, longer than 200 bytes, has another character, or does not start with a letter or
    /// digit.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        WORD.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The id as a text.
    ///
    /// ```
    /// # use lapstrake::value::RepositoryId;
    /// assert_eq!(RepositoryId::parse("vendor").unwrap().as_str(), "vendor");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(RepositoryId);
