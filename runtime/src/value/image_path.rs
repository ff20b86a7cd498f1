//! A path inside the image. It must not be mixed up with a path of the host: no conversion from or to
//! one exists but by the text.

use std::borrow::Borrow;
use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "image path";
/// Linux's `NAME_MAX` and `PATH_MAX`, in bytes.
const NAME_MAX: usize = 255;
const PATH_MAX: usize = 4096;

/// An absolute, normal path inside the image: it starts with `/`, has no `.`, `..`, empty or whiteout
/// (`.wh.`) component and no slash at its end. `/` itself is one.
///
/// Any other UTF-8 is allowed, spaces, quotes and newlines too. Limits are Linux's: a component has at
/// most 255 bytes, a path 4095. `.wh.` names are reserved by the OCI image spec (layer.md, "Whiteouts").
///
/// ```
/// use lapstrake::value::ImagePath;
///
/// let path = ImagePath::parse("/usr/lib/systemd/system").unwrap();
/// assert_eq!(path.join("sensord.service").unwrap().as_str(), "/usr/lib/systemd/system/sensord.service");
/// assert_eq!(path.parent().unwrap().as_str(), "/usr/lib/systemd");
/// assert!(ImagePath::parse("etc/sensord.toml").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePath(String);

impl ImagePath {
    /// Parses an image path.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// let error = ImagePath::parse("/etc//motd").unwrap_err();
    /// assert_eq!(error.help(), Some("write `/etc/motd`"));
    /// assert!(ImagePath::parse("/etc/.wh.motd").is_err());
    /// ```
    ///
    /// # Errors
    /// When it is relative, not normal, too long, or holds a NUL or a whiteout name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::whole(WHAT, text, "is empty"));
        }
        if !text.starts_with('/') {
            let error = Invalid::whole(WHAT, text, "is relative; paths in an image start with `/`");
            return Err(error.or_write(&normal(text), Self::parse));
        }
        if text.len() >= PATH_MAX {
            return Err(Invalid::whole(
                WHAT,
                text,
                format!("has {} bytes; Linux takes at most 4095", text.len()),
            ));
        }
        let mut start = 1;
        for component in text[1..].split('/') {
            let part = start..start + component.len();
            start = part.end + 1;
            let reason = match component {
                "" if text == "/" => continue,
                "" if start > text.len() => "ends in `/`".to_owned(),
                "" => "has `//`, an empty component".to_owned(),
                "." | ".." => format!("has a `{component}`, which an image path can't climb"),
                _ if component.contains('\0') => "holds a NUL byte".to_owned(),
                _ if component.len() > NAME_MAX => {
                    format!("has a component of {} bytes; Linux takes at most 255", component.len())
                }
                _ if component.starts_with(".wh.") => {
                    let reason = format!("has `{component}`, a name that OCI layers keep for removals");
                    return Err(
                        Invalid::new(WHAT, text, part, reason).or("to remove a file, use `.remove(…)`")
                    );
                }
                _ => continue,
            };
            // An empty component is nothing to show; the slash that makes it is.
            let part = if component.is_empty() { part.start - 1..part.end } else { part };
            let error = Invalid::new(WHAT, text, part, reason);
            return Err(match component {
                "" | "." | ".." => error.or_write(&normal(text), Self::parse),
                _ => error,
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// The root of the image, `/`.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// assert_eq!(ImagePath::root(), ImagePath::parse("/").unwrap());
    /// ```
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// The path as a text, its leading `/` included.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without its leading `/`, as a layer's tar names it (OCI image spec, layer.md); empty for
    /// the root.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// assert_eq!(ImagePath::parse("/etc/motd").unwrap().relative(), "etc/motd");
    /// ```
    pub fn relative(&self) -> &str {
        &self.0[1..]
    }

    /// The last component; empty for the root.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// assert_eq!(ImagePath::parse("/etc/motd").unwrap().file_name(), "motd");
    /// assert_eq!(ImagePath::root().file_name(), "");
    /// ```
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The directory that holds it; none for the root.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// assert_eq!(ImagePath::parse("/etc").unwrap().parent(), Some(ImagePath::root()));
    /// assert_eq!(ImagePath::root().parent(), None);
    /// ```
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.rfind('/').unwrap_or(0).max(1);
        Some(Self(self.0[..end].to_owned()))
    }

    /// Every directory above it, the root first; none for the root.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// let above = ImagePath::parse("/etc/ssh/sshd_config").unwrap().ancestors();
    /// assert_eq!(above.iter().map(ImagePath::as_str).collect::<Vec<_>>(), ["/", "/etc", "/etc/ssh"]);
    /// ```
    pub fn ancestors(&self) -> Vec<Self> {
        let mut above: Vec<_> = std::iter::successors(self.parent(), Self::parent).collect();
        above.reverse();
        above
    }

    /// The path of `name` in this directory; `name` may have several components.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// let etc = ImagePath::parse("/etc").unwrap();
    /// assert_eq!(etc.join("ssh/sshd_config").unwrap().as_str(), "/etc/ssh/sshd_config");
    /// assert!(etc.join("../shadow").is_err());
    /// ```
    ///
    /// # Errors
    /// Those of [`parse`](Self::parse), for the joined path.
    pub fn join(&self, name: &str) -> Result<Self, Invalid> {
        let directory = if self.is_root() { "" } else { &self.0 };
        // The directory was parsed before; a walk over a large tree joins each name once.
        let mut path = String::with_capacity(directory.len() + 1 + name.len());
        path.push_str(directory);
        path.push('/');
        path.push_str(name);
        if path.len() < PATH_MAX && name.split('/').all(is_component) {
            return Ok(Self(path));
        }
        Self::parse(&path)
    }

    /// Whether it is `/`.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// assert!(ImagePath::parse("/").unwrap().is_root());
    /// ```
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// Whether it lies in `directory`, at any depth, or is it; by components, not by letters.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// let var = ImagePath::parse("/var").unwrap();
    /// assert!(ImagePath::parse("/var/lib/sensord").unwrap().starts_with(&var));
    /// assert!(!ImagePath::parse("/variant").unwrap().starts_with(&var));
    /// ```
    pub fn starts_with(&self, directory: &Self) -> bool {
        directory.is_root()
            || self.0.strip_prefix(&directory.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The components, first to last; none for the root.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// assert!(ImagePath::parse("/etc/ssh").unwrap().components().eq(["etc", "ssh"]));
    /// ```
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for ImagePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

text_newtype!(ImagePath);

/// Whether a name can be one component of a path.
fn is_component(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= NAME_MAX
        && !name.starts_with(".wh.")
        && !name.contains('\0')
}

/// What the user most likely meant: `.` and empty components dropped, `..` climbed, `/` before it all.
fn normal(text: &str) -> String {
    let mut components = Vec::new();
    for component in text.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop();
            }
            name => components.push(name),
        }
    }
    format!("/{}", components.join("/"))
}
