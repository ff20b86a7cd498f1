//! The name of a quadlet.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "quadlet name";
/// The kinds, by their suffixes (podman-systemd.unit(5)).
const KINDS: [&str; 8] = ["artifact", "build", "container", "image", "kube", "network", "pod", "volume"];

/// The name of a quadlet, a file of which podman makes a service: `app.container`, `app@.container`, `data.volume`.
///
/// ```
/// use lapstrake::value::QuadletName;
///
/// let name = QuadletName::parse("app.container").unwrap();
/// assert_eq!((name.as_str(), name.kind()), ("app.container", "container"));
/// assert_eq!(QuadletName::parse("app.service").unwrap_err().offending(), "service");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuadletName(String);

impl QuadletName {
    /// Parses a name.
    ///
    /// # Errors
    /// When it has none of the suffixes of podman-systemd.unit(5), nothing before it, or a character that the name of
    /// a unit can't have.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let (stem, kind) = text.rsplit_once('.').unwrap_or((text, ""));
        if !KINDS.contains(&kind) {
            let reason = "has no suffix of a quadlet, such as `.container`";
            return Err(Invalid::new(WHAT, text, text.len() - kind.len()..text.len(), reason));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        if let Some((at, wrong)) = stem.char_indices().find(|&(_, c)| !allowed(c)) {
            let reason = format!("has `{}`, which the name of a unit can't have", wrong.escape_debug());
            return Err(Invalid::new(WHAT, text, at..at + wrong.len_utf8(), reason));
        }
        if stem.is_empty() || text.len() > 255 {
            return Err(Invalid::whole(WHAT, text, "has not between 1 and 255 bytes before its suffix"));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the suffix without its point: `container`.
    pub fn kind(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(_, kind)| kind)
    }

    /// Returns the name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for QuadletName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(QuadletName);
