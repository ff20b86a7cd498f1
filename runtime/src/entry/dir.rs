//! One directory.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Given;
use crate::value::{ImagePath, Invalid};

/// A directory, with its missing parents. Default mode: 0755.
///
/// Where the base has the directory, what is said here replaces its mode and owner, and what is not
/// said stays. bootc's ostree importer ignores such a change, so `plan` warns of it.
///
/// ```
/// use lapstrake::{Layer, entry::Dir};
///
/// let dir = Dir::new("/usr/share/maps").mode(0o750);
/// assert_eq!(dir.at().get().unwrap().as_str(), "/usr/share/maps");
/// Layer::new("maps").with(dir).dir("/usr/share/routes");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dir {
    at: Given<ImagePath>,
    attributes: Attributes,
}

impl Dir {
    /// A directory at that path.
    #[track_caller]
    pub fn new(at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        Self { at: Given::new(at), attributes: Attributes::default() }
    }

    attribute_options!(mode owner);

    /// Where it is.
    pub fn at(&self) -> &Given<ImagePath> {
        &self.at
    }
}
