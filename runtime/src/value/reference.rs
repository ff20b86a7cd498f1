//! A reference to an image in a registry or in local container storage.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "image reference";

/// `host[:port]/path[:tag][@digest]`, as podman and skopeo read it (OCI distribution spec, "Pulling
/// manifests"). A tag or a digest is required: a base without one would float.
///
/// ```
/// use lapstrake::value::Reference;
///
/// let base = Reference::parse("registry.example/autosd-bootc-qemu:1").unwrap();
/// assert_eq!(base.repository(), "registry.example/autosd-bootc-qemu");
/// assert_eq!(base.tag(), Some("1"));
/// assert_eq!(
///     Reference::parse("registry.example/autosd").unwrap_err().help(),
///     Some("write `registry.example/autosd:latest`, or pin a digest"),
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    text: String,
    repository: usize,
    tag: Option<(usize, usize)>,
}

impl Reference {
    /// Parses a reference.
    ///
    /// # Errors
    /// When the repository, tag or digest is not of its form, or neither tag nor digest is there.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some((transport, rest)) = text.split_once("://") {
            let part = 0..transport.len() + 3;
            return Err(Invalid::new(WHAT, text, part, "names a transport").or(format!("write `{rest}`")));
        }
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        // A colon after the last slash starts a tag; one before it a port.
        let last = name.rfind('/').map_or(0, |at| at + 1);
        let colon = name[last..].find(':').map(|at| last + at);
        let repository = colon.unwrap_or(name.len());
        check_repository(text, &name[..repository])?;
        if let Some(at) = colon {
            let tag = &name[at + 1..];
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if tag.is_empty()
                || tag.len() > 128
                || !tag.starts_with(word)
                || !tag.chars().all(|c| word(c) || ".-".contains(c))
            {
                let reason = format!("has the tag `{}`, which is none", tag.escape_debug());
                return Err(Invalid::new(WHAT, text, at + 1..name.len(), reason));
            }
        }
        if let Some(digest) = digest {
            let hex = digest.strip_prefix("sha256:").unwrap_or_default();
            if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
                let reason = "has a digest that is not `sha256:` and 64 hexadecimal digits";
                return Err(Invalid::new(WHAT, text, name.len() + 1..text.len(), reason));
            }
        }
        if colon.is_none() && digest.is_none() {
            let help = format!("write `{text}:latest`, or pin a digest");
            return Err(Invalid::whole(WHAT, text, "has neither a tag nor a digest").or(help));
        }
        Ok(Self { text: text.to_owned(), repository, tag: colon.map(|at| (at + 1, name.len())) })
    }

    /// The reference as a text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and path, without tag and digest.
    pub fn repository(&self) -> &str {
        &self.text[..self.repository]
    }

    /// The tag, if it has one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.map(|(start, end)| &self.text[start..end])
    }

    /// The digest, if it is pinned: `sha256:…`.
    pub fn digest(&self) -> Option<&str> {
        self.text.split_once('@').map(|(_, digest)| digest)
    }
}

fn check_repository(text: &str, repository: &str) -> Result<(), Invalid> {
    let mut start = 0;
    let several = repository.contains('/');
    for (index, component) in repository.split('/').enumerate() {
        let part = start..start + component.len();
        start = part.end + 1;
        let is_host = index == 0 && several && (component.contains(['.', ':']) || component == "localhost");
        let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fine = if is_host {
            let (name, port) = component.split_once(':').unwrap_or((component, "0"));
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
                && port.parse::<u16>().is_ok()
        } else {
            component.bytes().all(|b| lower(b) || b"._-".contains(&b))
                && component.bytes().next().is_some_and(lower)
                && component.bytes().last().is_some_and(lower)
        };
        if !fine {
            let reason = format!("has `{}`, which is no component of a repository", component.escape_debug());
            let error = Invalid::new(WHAT, text, part, reason);
            let lower = text.to_lowercase();
            return Err(if lower != text && Reference::parse(&lower).is_ok() {
                error.or(format!("write `{lower}`"))
            } else {
                error
            });
        }
    }
    Ok(())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_newtype!(Reference);
