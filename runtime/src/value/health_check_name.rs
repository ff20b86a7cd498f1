//! The name of a health check.

use std::fmt;

use super::plain_name::PlainName;
use super::{Invalid, text_newtype};

const NAME: PlainName = PlainName { what: "health check", most: 64, signs: &['-', '_'], instead: '-' };

/// The name of a health check: letters, digits, `-` and `_`, at most 64 bytes.
///
/// ```
/// use lapstrake::value::HealthCheckName;
///
/// assert_eq!(HealthCheckName::parse("sensors").unwrap().as_str(), "sensors");
/// assert_eq!(HealthCheckName::parse("all sensors").unwrap_err().help(), Some("write `all-sensors`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HealthCheckName(String);

impl HealthCheckName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it is empty or too long, or has another character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        NAME.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// Returns the name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HealthCheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(HealthCheckName);
