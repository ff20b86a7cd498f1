//! The key of a label in an image's config.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "label";

/// A label's key: no white space, `=`, quotes, backslash or `$`, and not empty (OCI image spec,
/// annotations.md, "Rules"; the characters are those that a Containerfile's LABEL takes as they are).
///
/// ```
/// use lapstrake::value::LabelKey;
///
/// assert!(LabelKey::parse("org.opencontainers.image.licenses").is_ok());
/// let error = LabelKey::parse("stage=beta").unwrap_err();
/// assert_eq!(error.help(), Some(r#"write `.label("stage", "beta")`"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelKey(String);

impl LabelKey {
    /// Parses a label's key.
    ///
    /// # Errors
    /// When it is empty or has a character that is not printable ASCII, or one of those above.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::whole(WHAT, text, "has no key"));
        }
        let allowed = |c: char| c.is_ascii_graphic() && !"=\"'\\$`".contains(c);
        match text.char_indices().find(|&(_, c)| !allowed(c)) {
            Some((at, wrong)) => {
                let reason = format!("has `{}`, which a label's key can't hold", wrong.escape_debug());
                let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
                Err(match text.split_once('=') {
                    Some((key, value)) if wrong == '=' => {
                        error.or(format!("write `.label({key:?}, {value:?})`"))
                    }
                    _ => error,
                })
            }
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The key as a text.
    ///
    /// ```
    /// # use lapstrake::value::LabelKey;
    /// assert_eq!(LabelKey::parse("stage").unwrap().as_str(), "stage");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LabelKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for LabelKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

text_newtype!(LabelKey);
