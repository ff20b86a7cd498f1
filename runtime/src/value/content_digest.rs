//! The digest of a file's content.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "digest";
const ALGORITHM: &str = "sha256:";

/// The SHA-256 of a content: `sha256:` and 64 hexadecimal digits, as `sha256sum` prints them.
///
/// ```
/// use lapstrake::value::ContentDigest;
///
/// let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// assert_eq!(ContentDigest::parse(&format!("sha256:{hex}")).unwrap().as_str().len(), 71);
/// assert_eq!(ContentDigest::parse(hex).unwrap_err().help(), Some(format!("write `sha256:{hex}`").as_str()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentDigest(String);

impl ContentDigest {
    /// Parses a digest.
    ///
    /// ```
    /// # use lapstrake::value::ContentDigest;
    /// assert!(ContentDigest::parse("sha256:abc").is_err());
    /// ```
    ///
    /// # Errors
    /// When it is of another algorithm, or does not have 64 digits in lower case.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let is_hex = |text: &str| {
            let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            text.len() == 64 && text.bytes().all(is_digit)
        };
        if text.strip_prefix(ALGORITHM).is_some_and(is_hex) {
            return Ok(Self(text.to_owned()));
        }
        let error = Invalid::whole(WHAT, text, "is not `sha256:` and 64 hexadecimal digits");
        let digits = text.strip_prefix(ALGORITHM).unwrap_or(text).to_ascii_lowercase();
        Err(if is_hex(&digits) {
            error.or_write(&format!("{ALGORITHM}{digits}"), Self::parse)
        } else {
            error
        })
    }

    /// The digest as a text.
    ///
    /// ```
    /// # use lapstrake::value::ContentDigest;
    /// let text = format!("sha256:{}", "0".repeat(64));
    /// assert_eq!(ContentDigest::parse(&text).unwrap().as_str(), text);
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(ContentDigest);
