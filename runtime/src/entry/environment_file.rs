//! A file with the environment of a service.

use super::attributes::attribute_options;
use super::{Attributes, Source};
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Text};

/// A file that a unit names by `EnvironmentFile=`, mode 0644. Its lines are judged as systemd reads them (systemd.exec(5)): a line that
/// systemd would ignore, such as `export NAME=value`, is an error with the number of the line.
///
/// ```
/// use lapstrake::{Layer, entry::EnvironmentFile};
///
/// let app = EnvironmentFile::file("deploy/app.env", "/etc/default/app");
/// let port = EnvironmentFile::text("PORT=8000\n", "/etc/default/web");
/// let layer = Layer::new("web").with(app).with(port);
/// assert_eq!(layer.entries[0].get::<EnvironmentFile>().unwrap().at, "/etc/default/app");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a file is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct EnvironmentFile {
    /// Its content.
    pub source: Source,
    /// Its path in the image.
    pub at: Parsed<ImagePath>,
    /// Mode, owner and accepted findings.
    pub attributes: Attributes,
}

impl EnvironmentFile {
    /// Describes a file of the workspace.
    #[track_caller]
    pub fn file(source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        Self::of(Source::Asset(source.into()), Parsed::new(at))
    }

    /// Describes a file with this content.
    #[track_caller]
    pub fn text(content: impl Into<String>, at: impl Text<ImagePath>) -> Self {
        Self::of(Source::Text(content.into()), Parsed::new(at))
    }

    fn of(source: Source, at: Parsed<ImagePath>) -> Self {
        Self { source, at, attributes: Attributes::default() }
    }

    attribute_options!(mode owner);
}

faults!(EnvironmentFile { source, at, attributes });
