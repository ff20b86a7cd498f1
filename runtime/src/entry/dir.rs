//! One directory.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{ImagePath, Text};

/// A directory, with its missing parents. Default mode: 0755.
///
/// If the base has the directory, a mode or owner that is set here replaces the base's. bootc's ostree importer
/// ignores such a change, so `plan` warns of it.
///
/// ```
/// use lapstrake::{Layer, entry::Dir};
///
/// let dir = Dir::new("/usr/share/maps").mode(0o750);
/// assert_eq!(dir.at, "/usr/share/maps");
/// assert_eq!(dir.attributes.mode.as_ref().unwrap(), &"0750");
/// Layer::new("maps").with(dir).dir("/usr/share/routes");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a directory is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Dir {
    /// Its path in the image.
    pub at: Parsed<ImagePath>,
    /// Mode, owner and accepted findings.
    pub attributes: Attributes,
}

impl Dir {
    /// Describes a directory at that path.
    #[track_caller]
    pub fn new(at: impl Text<ImagePath>) -> Self {
        Self { at: Parsed::new(at), attributes: Attributes::default() }
    }

    attribute_options!(mode owner);
}

faults!(Dir { at, attributes });
