//! The users and groups that the image needs.

use super::conf::conf_file;
use crate::Given;
use crate::value::{Asset, ImagePath, Invalid, Source, SysusersLine};

/// A sysusers.d(5) file, `/usr/lib/sysusers.d/NAME.conf`, 0644.
///
/// ```
/// use lapstrake::{Layer, entry::Sysusers};
///
/// let lines = Sysusers::lines("sensord", ["u sensord - \"Telemetry\" /var/lib/sensord"]);
/// assert_eq!(lines.at().get().unwrap().as_str(), "/usr/lib/sysusers.d/sensord.conf");
/// assert_eq!((lines.given_lines().len(), lines.source()), (1, None));
/// let file = Sysusers::file("deploy/diagnostics.conf");
/// assert_eq!(file.at().get().unwrap().as_str(), "/usr/lib/sysusers.d/diagnostics.conf");
/// Layer::new("app").with(lines).with(file);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sysusers {
    at: Given<ImagePath>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Source(Source),
    Lines(Vec<Given<SysusersLine>>),
}

impl Sysusers {
    /// A file of the workspace, under its own name.
    #[track_caller]
    pub fn file(source: impl Into<Asset>) -> Self {
        let source = source.into();
        let at = conf_file("/usr/lib/sysusers.d", source.path().file_name().unwrap_or_default(), "conf");
        Self { at: Given::of(at), content: Content::Source(Source::Asset(source)) }
    }

    /// These lines, in a file of that name.
    #[track_caller]
    pub fn lines<L>(name: &str, lines: impl IntoIterator<Item = L>) -> Self
    where
        L: TryInto<SysusersLine, Error: Into<Invalid>>,
    {
        let at = conf_file("/usr/lib/sysusers.d", name, "conf");
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
    pub fn given_lines(&self) -> &[Given<SysusersLine>] {
        match &self.content {
            Content::Source(_) => &[],
            Content::Lines(lines) => lines,
        }
    }
}
