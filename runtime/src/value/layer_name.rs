//! The name of a layer: a part of a file name (`01-app.tar`) and of a line of history.

use std::fmt;

use super::plain_name::PlainName;
use super::{Invalid, text_newtype};

const WORD: PlainName = PlainName { what: "layer name", most: 63, signs: &['.', '_', '-'], instead: '-' };

/// A layer's name: ASCII letters, digits, `.`, `_` and `-`, a letter or digit first, 1 to 63 bytes.
///
/// The rule is Lapstrake's own: neither OCI nor bootc names layers.
///
/// ```
/// use lapstrake::value::LayerName;
///
/// assert!(LayerName::parse("app").is_ok());
/// assert_eq!(LayerName::parse("my app").unwrap_err().help(), Some("write `my-app`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerName(String);

impl LayerName {
    /// Parses a layer name.
    ///
    /// # Errors
    /// When it is empty, longer than 63 bytes, has another character, or starts with `.`, `_` or `-`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        WORD.check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The name as a text.
    ///
    /// ```
    /// # use lapstrake::value::LayerName;
    /// assert_eq!(LayerName::parse("01-app").unwrap().as_str(), "01-app");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(LayerName);
