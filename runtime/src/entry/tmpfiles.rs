//! The files and directories that the system makes as it boots.

use super::conf::conf_file;
use crate::Given;
use crate::value::{Asset, ImagePath, Invalid, Source, TmpfilesLine};

/// A tmpfiles.d(5) file, `/usr/lib/tmpfiles.d/NAME.conf`, 0644.
///
/// ```
/// use lapstrake::{Layer, entry::Tmpfiles};
///
/// let lines = Tmpfiles::lines("sensord", ["d /var/lib/sensord 0750 sensord sensord -"]);
/// assert_eq!(lines.at().get().unwrap().as_str(), "/usr/lib/tmpfiles.d/sensord.conf");
/// assert_eq!((lines.given_lines().len(), lines.source()), (1, None));
/// let file = Tmpfiles::file("deploy/diagnostics.conf");
/// assert_eq!(file.at().get().unwrap().as_str(), "/usr/lib/tmpfiles.d/diagnostics.conf");
/// Layer::new("app").with(lines).with(file);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Tmpfiles {
    at: Given<ImagePath>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Source(Source),
    Lines(Vec<Given<TmpfilesLine>>),
}

impl Tmpfiles {
    /// A file of the workspace, under its own name.
    #[track_caller]
    pub fn file(source: impl Into<Asset>) -> Self {
        let source = source.into();
        let at = conf_file("/usr/lib/tmpfiles.d", source.path().file_name().unwrap_or_default(), "conf");
        Self { at: Given::of(at), content: Content::Source(Source::Asset(source)) }
    }

    /// These lines, in a file of that name.
    #[track_caller]
    pub fn lines<L>(name: &str, lines: impl IntoIterator<Item = L>) -> Self
    where
        L: TryInto<TmpfilesLine, Error: Into<Invalid>>,
    {
        let at = conf_file("/usr/lib/tmpfiles.d", name, "conf");
        Self { at: Given::of(at), content: Content::Lines(Given::all(lines)) }
    }

    /// Where it goes.
    pub fn at(&self) -> &Given<ImagePath> {
        &self.at
    }

    /// The file it comes from; none where its lines were given.
    pub fn source(&self) -> Option<&Source> {
        match &self.content {
            Content::Source(source) => Some(source),
            Content::Lines(_) => None,
        }
    }

    /// The lines that were given; none where it is a file of the workspace.
    pub fn given_lines(&self) -> &[Given<TmpfilesLine>] {
        match &self.content {
            Content::Source(_) => &[],
            Content::Lines(lines) => lines,
        }
    }
}
