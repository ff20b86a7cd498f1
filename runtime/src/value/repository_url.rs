//! Where the packages of a repository are.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "repository URL";
const SCHEMES: [&str; 4] = ["https://", "http://", "ftp://", "file:///"];

/// The `baseurl` of a repository: `https://`, `http://`, `ftp://` or `file:///`, with dnf's own variables
/// such as `$releasever` and `$basearch` (dnf.conf(5)).
///
/// ```
/// use lapstrake::value::RepositoryUrl;
///
/// assert!(RepositoryUrl::parse("https://rpms.example/vendor/el10/$basearch").is_ok());
/// assert_eq!(RepositoryUrl::parse("rpms.example/vendor").unwrap_err().help(), Some("write `https://rpms.example/vendor`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryUrl(String);

impl RepositoryUrl {
    /// Parses a URL; whether anything is there, dnf finds out.
    ///
    /// ```
    /// # use lapstrake::value::RepositoryUrl;
    /// let error = RepositoryUrl::parse("https://me:secret@rpms.example/vendor").unwrap_err();
    /// assert_eq!(error.offending(), "me:secret@");
    /// ```
    ///
    /// # Errors
    /// When it has no scheme of these, holds white space or a control character, or holds a password: that
    /// would be read in the Containerfile and in the image.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some((at, wrong)) = text.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control()) {
            let reason = "has white space or a control character";
            return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason));
        }
        let Some(scheme) = SCHEMES.into_iter().find(|scheme| text.starts_with(scheme)) else {
            let error = Invalid::whole(
                WHAT,
                text,
                "starts with neither `https://`, `http://`, `ftp://` nor `file:///`",
            );
            let meant =
                if text.starts_with('/') { format!("file://{text}") } else { format!("https://{text}") };
            return Err(if text.contains("://") || text.is_empty() {
                error
            } else {
                error.or_write(&meant, Self::parse)
            });
        };
        let rest = &text[scheme.len()..];
        let host = rest.split('/').next().unwrap_or_default();
        if scheme != "file:///" && host.is_empty() {
            return Err(Invalid::whole(WHAT, text, "names no host"));
        }
        if let Some(at) = host.rfind('@').filter(|_| scheme != "file:///") {
            let part = scheme.len()..scheme.len() + at + 1;
            let error = Invalid::new(WHAT, text, part.clone(), "holds a password, which an image must not");
            let meant = format!("{scheme}{}", &text[part.end..]);
            return Err(error.or_write(&meant, Self::parse));
        }
        Ok(Self(text.to_owned()))
    }

    /// The URL as a text.
    ///
    /// ```
    /// # use lapstrake::value::RepositoryUrl;
    /// assert_eq!(RepositoryUrl::parse("file:///srv/rpms").unwrap().as_str(), "file:///srv/rpms");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(RepositoryUrl);
