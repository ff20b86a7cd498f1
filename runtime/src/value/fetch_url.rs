//! Where a file is downloaded from.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "URL";
const SCHEMES: [&str; 2] = ["https://", "http://"];

/// The URL of a file: `https://`, or `http://`, which is safe because the digest of the file is known.
///
/// ```
/// use lapstrake::value::FetchUrl;
///
/// assert!(FetchUrl::parse("https://files.example/k3s?arch=amd64").is_ok());
/// assert_eq!(FetchUrl::parse("files.example/k3s").unwrap_err().help(), Some("write `https://files.example/k3s`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchUrl(String);

impl FetchUrl {
    /// Parses a URL.
    ///
    /// ```
    /// # use lapstrake::value::FetchUrl;
    /// assert_eq!(FetchUrl::parse("https://me:secret@files.example/k3s").unwrap_err().offending(), "me:secret@");
    /// assert!(FetchUrl::parse("file:///etc/passwd").is_err());
    /// ```
    ///
    /// # Errors
    /// When it has another scheme, no host, white space or a control character, or holds a password, which anybody
    /// could read in the plan.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some((at, wrong)) = text.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control()) {
            let reason = "has white space or a control character";
            return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason));
        }
        let Some(scheme) = SCHEMES.into_iter().find(|scheme| text.starts_with(scheme)) else {
            let error = Invalid::whole(WHAT, text, "starts with neither `https://` nor `http://`");
            let is_bare = !text.is_empty() && !text.starts_with('/') && !text.contains("://");
            return Err(if is_bare {
                error.or_write(&format!("https://{text}"), Self::parse)
            } else {
                error
            });
        };
        let host = text[scheme.len()..].split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() {
            return Err(Invalid::whole(WHAT, text, "names no host"));
        }
        if let Some(at) = host.rfind('@') {
            let part = scheme.len()..scheme.len() + at + 1;
            return Err(Invalid::new(WHAT, text, part, "holds a password, which a description must not"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The URL as a text.
    ///
    /// ```
    /// # use lapstrake::value::FetchUrl;
    /// assert_eq!(FetchUrl::parse("http://[::1]:80/x").unwrap().as_str(), "http://[::1]:80/x");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FetchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(FetchUrl);
