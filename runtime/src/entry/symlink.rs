//! One symbolic link.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Given;
use crate::value::{ImagePath, Invalid};

/// A symlink. Its target is any text and need not exist; Linux gives symlinks no mode of their own.
///
/// ```
/// use lapstrake::{Layer, entry::Symlink};
///
/// let zone = Symlink::new("/etc/localtime", "../usr/share/zoneinfo/UTC");
/// assert_eq!(zone.at().get().unwrap().as_str(), "/etc/localtime");
/// assert_eq!(zone.target(), "../usr/share/zoneinfo/UTC");
/// Layer::new("zone").with(zone);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Symlink {
    at: Given<ImagePath>,
    target: String,
    attributes: Attributes,
}

impl Symlink {
    /// A symlink at `at` that points to `target`, as `ln -s target at` makes it.
    #[track_caller]
    pub fn new(at: impl TryInto<ImagePath, Error: Into<Invalid>>, target: impl Into<String>) -> Self {
        Self { at: Given::new(at), target: target.into(), attributes: Attributes::default() }
    }

    attribute_options!(owner);

    /// Where it is.
    pub fn at(&self) -> &Given<ImagePath> {
        &self.at
    }

    /// What it points to.
    pub fn target(&self) -> &str {
        &self.target
    }
}
