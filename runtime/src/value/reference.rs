//! A reference to an image in a registry or in local container storage.

use std::fmt;
use std::net::Ipv6Addr;
use std::ops::Range;

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
    /// Parses a reference. A digest is `sha256:` and 64 lowercase hexadecimal digits (OCI image spec,
    /// descriptor.md, "Digests").
    ///
    /// ```
    /// # use lapstrake::value::Reference;
    /// let error = Reference::parse("docker://registry.example/autosd:1").unwrap_err();
    /// assert_eq!(error.help(), Some("write `registry.example/autosd:1`"));
    /// ```
    ///
    /// # Errors
    /// When a transport is named, the repository (at most 255 bytes), tag (at most 128) or digest is not of
    /// its form, or neither tag nor digest is there.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some((transport, rest)) = text.split_once("://") {
            let error = Invalid::new(WHAT, text, 0..transport.len() + 3, "names a transport");
            return Err(error.or_write(rest, Self::parse));
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
            check_tag(text, at + 1..name.len())?;
        }
        if let Some(digest) = digest {
            let hex = digest.strip_prefix("sha256:").unwrap_or_default();
            if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
                let reason = "has a digest that is not `sha256:` and 64 hexadecimal digits";
                let error = Invalid::new(WHAT, text, name.len() + 1..text.len(), reason);
                return Err(error.or("copy the digest that `skopeo inspect` prints"));
            }
        }
        if colon.is_none() && digest.is_none() {
            let help = format!("write `{text}:latest`, or pin a digest");
            return Err(Invalid::whole(WHAT, text, "has neither a tag nor a digest").or(help));
        }
        Ok(Self { text: text.to_owned(), repository, tag: colon.map(|at| (at + 1, name.len())) })
    }

    /// The reference as a text, as it was written: no default host or tag is filled in.
    ///
    /// ```
    /// # use lapstrake::value::Reference;
    /// assert_eq!(Reference::parse("autosd:1").unwrap().as_str(), "autosd:1");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host, port and path, without tag and digest.
    ///
    /// ```
    /// # use lapstrake::value::Reference;
    /// let local = Reference::parse("localhost:5000/edge:1").unwrap();
    /// assert_eq!(local.repository(), "localhost:5000/edge");
    /// ```
    pub fn repository(&self) -> &str {
        &self.text[..self.repository]
    }

    /// The tag, without its `:`; none where only a digest pins it.
    pub fn tag(&self) -> Option<&str> {
        self.tag.map(|(start, end)| &self.text[start..end])
    }

    /// Returns the reference without the tag where it has a digest, as podman and skopeo take it.
    ///
    /// ```
    /// # use lapstrake::value::Reference;
    /// let digest = format!("sha256:{}", "0".repeat(64));
    /// let both = Reference::parse(&format!("registry.example:5000/autosd:10@{digest}")).unwrap();
    /// assert_eq!(both.canonical(), format!("registry.example:5000/autosd@{digest}"));
    /// assert_eq!(Reference::parse("registry.example/autosd:10").unwrap().canonical(), "registry.example/autosd:10");
    /// ```
    pub fn canonical(&self) -> String {
        match self.digest() {
            Some(digest) => format!("{}@{digest}", self.repository()),
            None => self.text.clone(),
        }
    }

    /// The digest, `sha256:…`; none where it is not pinned.
    ///
    /// ```
    /// # use lapstrake::value::Reference;
    /// let digest = format!("sha256:{}", "0".repeat(64));
    /// let pinned = Reference::parse(&format!("registry.example/autosd@{digest}")).unwrap();
    /// assert_eq!((pinned.tag(), pinned.digest()), (None, Some(&*digest)));
    /// ```
    pub fn digest(&self) -> Option<&str> {
        self.text.split_once('@').map(|(_, digest)| digest)
    }
}

fn check_tag(text: &str, part: Range<usize>) -> Result<(), Invalid> {
    let tag = &text[part.clone()];
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if tag.is_empty() {
        let error = Invalid::new(WHAT, text, part.start - 1..part.end, "lacks its tag after the `:`");
        let meant = format!("{}latest{}", &text[..part.start], &text[part.end..]);
        return Err(error.or_write(&meant, Reference::parse));
    }
    if tag.len() > 128 || !tag.starts_with(word) || !tag.chars().all(|c| word(c) || ".-".contains(c)) {
        let reason = format!("has the tag `{}`, which is none", tag.escape_debug());
        let help =
            "a tag has letters, digits, `_`, `.` and `-`, at most 128, and starts with neither `.` nor `-`";
        return Err(Invalid::new(WHAT, text, part, reason).or(help));
    }
    Ok(())
}

fn check_repository(text: &str, repository: &str) -> Result<(), Invalid> {
    if repository.len() > 255 {
        let reason = format!("has a repository of {} bytes; registries take at most 255", repository.len());
        return Err(Invalid::new(WHAT, text, 0..repository.len(), reason));
    }
    let mut start = 0;
    let several = repository.contains('/');
    for (index, component) in repository.split('/').enumerate() {
        let part = start..start + component.len();
        start = part.end + 1;
        let names_host = component.contains(['.', ':']) || component == "localhost";
        let (fine, what) = if index == 0 && several && names_host {
            (is_host(component), "host of a registry")
        } else {
            (is_component(component), "component of a repository")
        };
        if fine {
            continue;
        }
        let reason = match component {
            "" if repository.is_empty() => "names no repository".to_owned(),
            "" => "has an empty component".to_owned(),
            _ if is_component(&component.to_lowercase()) => {
                format!("has `{component}`; repositories are lowercase")
            }
            _ => format!("has `{}`, which is not a {what}", component.escape_debug()),
        };
        let error = Invalid::new(WHAT, text, part, reason);
        return Err(error.or_write(&text.to_lowercase(), Reference::parse));
    }
    Ok(())
}

/// Lowercase letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
fn is_component(component: &str) -> bool {
    let lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let joint = |joint: &str| matches!(joint, "" | "." | "_" | "__") || joint.bytes().all(|b| b == b'-');
    component.starts_with(lower) && component.ends_with(lower) && component.split(lower).all(joint)
}

/// A DNS name or an IPv6 address in brackets, and a port.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.rfind(':').filter(|at| !host[*at..].contains(']')) {
        Some(at) => (&host[..at], Some(&host[at + 1..])),
        None => (host, None),
    };
    let label = |label: &str| {
        let bytes = label.as_bytes();
        !bytes.is_empty()
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            && bytes[0] != b'-'
            && bytes[bytes.len() - 1] != b'-'
    };
    let is_name = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.split('.').all(label),
    };
    is_name && port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

text_newtype!(Reference);
