//! One symbolic link.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{ImagePath, Text};

/// A symlink. Its target is any text and need not exist. Linux gives symlinks no mode of their own.
///
/// ```
/// use lapstrake::{Layer, entry::Symlink};
///
/// let zone = Symlink::to("../usr/share/zoneinfo/UTC", "/etc/localtime");
/// assert_eq!(zone.target, "../usr/share/zoneinfo/UTC");
/// assert_eq!(zone.at, "/etc/localtime");
/// assert!(zone.attributes.owner.is_none());
/// Layer::new("zone").with(zone);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a symlink is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Symlink {
    /// The text that the link holds.
    pub target: String,
    /// The path of the link in the image.
    pub at: Parsed<ImagePath>,
    /// Owner and accepted findings.
    pub attributes: Attributes,
}

impl Symlink {
    /// Links to `target` at `at`, as `ln -s target at` does.
    #[track_caller]
    pub fn to(target: impl Into<String>, at: impl Text<ImagePath>) -> Self {
        Self { target: target.into(), at: Parsed::new(at), attributes: Attributes::default() }
    }

    attribute_options!(owner);
}

faults!(Symlink { at, attributes; target });
