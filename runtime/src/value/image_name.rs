//! The name of an image: what a user types after `cargo xtask image build`, and the tag of the result
//! in the shared OCI layout.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "image name";

/// An image's name: lowercase ASCII letters and digits in groups joined by single `.`, `_` or `-`, at
/// most 128 bytes: one component of a repository (OCI distribution spec, "Pulling manifests").
///
/// ```
/// use lapstrake::value::ImageName;
///
/// assert!(ImageName::parse("telematics-cluster").is_ok());
/// assert_eq!(ImageName::parse("Telematics").unwrap_err().help(), Some("write `telematics`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName(String);

impl ImageName {
    /// Parses an image name.
    ///
    /// ```
    /// # use lapstrake::value::ImageName;
    /// assert_eq!(ImageName::parse("edge--box").unwrap_err().offending(), "-");
    /// ```
    ///
    /// # Errors
    /// When it is empty, longer than 128 bytes, or not of that form.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.len() > 128 {
            return Err(Invalid::whole(WHAT, text, "has not between 1 and 128 bytes"));
        }
        let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let bytes = text.as_bytes();
        let wrong = (0..bytes.len()).find(|&at| {
            let joins = at > 0 && at + 1 < bytes.len() && lower(bytes[at - 1]) && lower(bytes[at + 1]);
            !(lower(bytes[at]) || (joins && b"._-".contains(&bytes[at])))
        });
        let Some(at) = wrong else { return Ok(Self(text.to_owned())) };
        let wrong = text[text.floor_char_boundary(at)..].chars().next().unwrap_or_default();
        let reason = format!(
            "has `{}` where only lowercase letters and digits joined by `.`, `_` or `-` may stand",
            wrong.escape_debug()
        );
        let error = Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason);
        let meant =
            text.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c), "-");
        Err(error.or_write(&meant, Self::parse))
    }

    /// The name as a text.
    ///
    /// ```
    /// # use lapstrake::value::ImageName;
    /// assert_eq!(ImageName::parse("edge").unwrap().as_str(), "edge");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(ImageName);
