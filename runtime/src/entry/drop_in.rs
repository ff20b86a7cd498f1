//! A change to a unit that another layer, the base or a package brings.

use super::Source;
use super::attributes::attribute_options;
use super::conf::conf_file;
use super::{Attributes, Unit};
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Text, UnitName};

/// A drop-in, `/usr/lib/systemd/system/UNIT.d/NAME.conf`, mode 0644 (systemd.unit(5)).
///
/// ```
/// use lapstrake::{Layer, entry::DropIn};
///
/// let limit = DropIn::text("10-memory", "[Service]\nMemoryMax=64M\n", "sshd.service");
/// assert_eq!(limit.unit, "sshd.service");
/// assert_eq!(limit.at, "/usr/lib/systemd/system/sshd.service.d/10-memory.conf");
/// let file = DropIn::file("deploy/20-hard.conf", "sshd.service");
/// assert_ne!(file.source, limit.source);
/// Layer::new("limits").with(limit).with(file);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a drop-in is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct DropIn {
    /// The unit that it changes.
    pub unit: Parsed<UnitName>,
    /// Its path in the image.
    pub at: Parsed<ImagePath>,
    /// Its content.
    pub source: Source,
    /// Mode, owner and accepted findings.
    pub attributes: Attributes,
}

impl DropIn {
    /// Adds a file of the workspace to a unit, under the file's name.
    #[track_caller]
    pub fn file(source: impl Into<Asset>, unit: impl Text<UnitName>) -> Self {
        let source = source.into();
        let name = source.path().file_name().unwrap_or_default().to_owned();
        Self::new(&name, Source::Asset(source), Parsed::new(unit))
    }

    /// Adds this text to a unit, in a file of that name; `.conf` is appended if it is missing.
    #[track_caller]
    pub fn text(name: impl Into<String>, text: impl Into<String>, unit: impl Text<UnitName>) -> Self {
        Self::new(&name.into(), Source::Text(text.into()), Parsed::new(unit))
    }

    #[track_caller]
    fn new(name: &str, source: Source, unit: Parsed<UnitName>) -> Self {
        let at = match unit.get() {
            Ok(unit) => conf_file(&format!("{}/{unit}.d", Unit::DIRECTORY), name, "conf"),
            Err(error) => Err(error.clone()),
        };
        Self { unit, at: Parsed::of(at), source, attributes: Attributes::default() }
    }

    attribute_options!(mode owner);
}

// A unit that does not parse is the error of `at`, too.
faults!(DropIn { at, source, attributes; unit });
