//! The content of a directory of the workspace.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Mode, Source, Text};

/// The content of a directory of the workspace, copied into a directory of the image: files, symlinks as they
/// are, and directories, empty ones too. Nothing is left out, not even dot files.
///
/// Default modes are those of a [`File`](super::File). [`mode`](Self::mode) and
/// [`capability`](Self::capability) apply to every regular file in it.
///
/// ```
/// use lapstrake::{Layer, entry::Tree};
///
/// let web = Tree::new("web/dist", "/usr/share/web").dir_mode(0o750).mode(0o640);
/// assert_eq!(web.at, "/usr/share/web");
/// assert_eq!(web.dir_mode.as_ref().unwrap(), &"0750");
/// assert!(matches!(web.source, lapstrake::value::Source::Asset(_)));
/// Layer::new("web").with(web);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a tree is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Tree {
    /// The directory of the workspace.
    pub source: Source,
    /// The directory of the image that its content goes to.
    pub at: Parsed<ImagePath>,
    /// The permission bits of its directories.
    pub dir_mode: Option<Parsed<Mode>>,
    /// Mode, owner and capabilities of its files, and accepted findings.
    pub attributes: Attributes,
}

impl Tree {
    /// Copies the content of the directory `source` into the directory `at`.
    #[track_caller]
    pub fn new(source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        Self {
            source: Source::Asset(source.into()),
            at: Parsed::new(at),
            dir_mode: None,
            attributes: Attributes::default(),
        }
    }

    /// Sets the permission bits of the directories that it brings. Default: 0755. A directory that the base has
    /// keeps its own.
    #[track_caller]
    pub fn dir_mode(mut self, mode: impl Text<Mode>) -> Self {
        self.dir_mode = Some(Parsed::new(mode));
        self
    }

    attribute_options!(mode owner capability);
}

faults!(Tree { source, at, dir_mode, attributes });
