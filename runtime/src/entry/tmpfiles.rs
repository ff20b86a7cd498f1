//! The files and directories that the system makes when it boots.

use super::Source;
use super::conf::conf_file;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Texts, TmpfilesLine};

/// A tmpfiles.d(5) file, `/usr/lib/tmpfiles.d/NAME.conf`, mode 0644.
///
/// ```
/// use lapstrake::{Layer, entry::Tmpfiles};
///
/// let lines = Tmpfiles::lines("sensord", ["d /var/lib/sensord 0750 sensord sensord -"]);
/// assert_eq!(lines.at, "/usr/lib/tmpfiles.d/sensord.conf");
/// assert_eq!((lines.lines.len(), lines.source.is_none()), (1, true));
/// let file = Tmpfiles::file("deploy/diagnostics.conf");
/// assert_eq!(file.at, "/usr/lib/tmpfiles.d/diagnostics.conf");
/// Layer::new("app").with(lines).with(file);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "tmpfiles.d lines are part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Tmpfiles {
    /// The path of the file in the image.
    pub at: Parsed<ImagePath>,
    /// The file of the workspace; none if its lines were given.
    pub source: Option<Source>,
    /// The lines; empty for a file of the workspace and for the state of packages.
    pub lines: Vec<Parsed<TmpfilesLine>>,
    /// Whether the lines make what packages and steps have below `/var`.
    pub of_packages: bool,
}

impl Tmpfiles {
    /// Adds a file of the workspace, under its own name.
    #[track_caller]
    pub fn file(source: impl Into<Asset>) -> Self {
        let source = source.into();
        let at = conf_file("/usr/lib/tmpfiles.d", source.path().file_name().unwrap_or_default(), "conf");
        Self {
            at: Parsed::of(at),
            source: Some(Source::Asset(source)),
            lines: Vec::new(),
            of_packages: false,
        }
    }

    /// Adds these lines, in a file of that name; `.conf` is appended if it is missing.
    #[track_caller]
    pub fn lines(name: impl Into<String>, lines: impl Texts<TmpfilesLine>) -> Self {
        let at = conf_file("/usr/lib/tmpfiles.d", &name.into(), "conf");
        Self { at: Parsed::of(at), source: None, lines: Parsed::all(lines), of_packages: false }
    }

    /// Adds the lines that make at boot the directories and links that packages and steps have below `/var`, where no
    /// line of tmpfiles.d in `/usr/lib` makes them yet. They are of the packages of this layer, and of the packages and
    /// steps of the layers below. The lines are known once those layers are built.
    ///
    /// bootc writes `/var` of an image at the first installation alone: without a line, a device that gets the package
    /// by an update does not get its directories. A file below `/var` has no line, and stays a finding of the check
    /// `var-tmpfiles`.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Tmpfiles};
    /// let layer = Layer::new("platform").packages(["chrony"]).with(Tmpfiles::of_packages("platform"));
    /// assert_eq!(layer, Layer::new("platform").packages(["chrony"]).tmpfiles_of_packages("platform"));
    /// ```
    #[track_caller]
    pub fn of_packages(name: impl Into<String>) -> Self {
        let at = conf_file("/usr/lib/tmpfiles.d", &name.into(), "conf");
        Self { at: Parsed::of(at), source: None, lines: Vec::new(), of_packages: true }
    }
}

faults!(Tmpfiles { at, source, lines; of_packages });
