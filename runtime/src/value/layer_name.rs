//! The name of a layer: a part of a file name (`01-app.tar`) and of a line of history.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "layer name";

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
        if text.is_empty() || text.len() > 63 {
            return Err(Invalid::whole(WHAT, text, "has not between 1 and 63 bytes"));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if let Some((at, wrong)) = text.char_indices().find(|&(_, c)| !allowed(c)) {
            let meant: String = text.chars().map(|c| if allowed(c) { c } else { '-' }).collect();
            let reason =
                format!("has `{}`; letters, digits, `.`, `_` and `-` are allowed", wrong.escape_debug());
            let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
            return Err(error.or_write(&meant, Self::parse));
        }
        if text.starts_with(['.', '_', '-']) {
            return Err(Invalid::new(WHAT, text, 0..1, "does not start with a letter or digit"));
        }
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
