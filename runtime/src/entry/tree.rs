//! A directory of the workspace with all that is in it.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Given;
use crate::value::{Asset, ImagePath, Invalid, Mode, Source};

/// All that a directory holds, laid into a directory of the image: files, symlinks as they are, and
/// directories, empty ones too. Nothing is left out, dot files included.
///
/// Default modes as for a [`File`](super::File); [`mode`](Self::mode) and
/// [`capability`](Self::capability) are those of every regular file in it.
///
/// ```
/// use lapstrake::{Layer, entry::Tree};
///
/// let web = Tree::new("web/dist", "/usr/share/web").dir_mode(0o750).mode(0o640);
/// assert_eq!(web.at().get().unwrap().as_str(), "/usr/share/web");
/// assert_eq!(web.given_dir_mode().unwrap().get().unwrap().bits(), 0o750);
/// assert!(matches!(web.source(), lapstrake::value::Source::Asset(_)));
/// Layer::new("web").with(web);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    source: Source,
    at: Given<ImagePath>,
    dir_mode: Option<Given<Mode>>,
    attributes: Attributes,
}

impl Tree {
    /// The content of the directory `source`, laid into the directory `at`.
    #[track_caller]
    pub fn new(source: impl Into<Asset>, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        Self {
            source: Source::Asset(source.into()),
            at: Given::new(at),
            dir_mode: None,
            attributes: Attributes::default(),
        }
    }

    /// Sets the permission bits of the directories that it brings. Default: 0755; a directory that the
    /// base has keeps its own.
    #[track_caller]
    pub fn dir_mode(mut self, mode: impl TryInto<Mode, Error: Into<Invalid>>) -> Self {
        self.dir_mode = Some(Given::new(mode));
        self
    }

    attribute_options!(mode owner capability);

    /// The directory in the workspace.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Where its content goes.
    pub fn at(&self) -> &Given<ImagePath> {
        &self.at
    }

    /// The directories' mode that was asked for.
    pub fn given_dir_mode(&self) -> Option<&Given<Mode>> {
        self.dir_mode.as_ref()
    }
}
