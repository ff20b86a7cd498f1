//! The name of a zone or a service of firewalld.

use std::fmt;

use super::plain_name::PlainName;
use super::{Invalid, text_newtype};

/// firewalld takes at most 17 bytes, because the names of its chains have them.
const RULE: PlainName = PlainName { what: "firewall zone", most: 17, signs: &['-', '_'], instead: '-' };

/// The name of a zone of firewalld: letters, digits, `-` and `_`, at most 17 bytes (firewalld.zone(5)).
///
/// ```
/// use lapstrake::value::ZoneName;
///
/// assert_eq!(ZoneName::parse("public").unwrap().as_str(), "public");
/// assert_eq!(ZoneName::parse("in vehicle").unwrap_err().help(), Some("write `in-vehicle`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ZoneName(String);

impl ZoneName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is empty or longer than 17 bytes, or has another character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        RULE.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(ZoneName);
