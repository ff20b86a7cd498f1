//! A change to a unit that something else brings.

use super::Attributes;
use super::attributes::attribute_options;
use super::conf::conf_file;
use crate::Given;
use crate::value::{Asset, ImagePath, Invalid, Source, UnitName};

/// A drop-in, `/usr/lib/systemd/system/UNIT.d/NAME.conf`, 0644 (systemd.unit(5)).
///
/// ```
/// use lapstrake::{Layer, entry::DropIn};
///
/// let limit = DropIn::text("sshd.service", "10-memory", "[Service]\nMemoryMax=64M\n");
/// assert_eq!(limit.unit().get().unwrap().as_str(), "sshd.service");
/// assert_eq!(limit.at().get().unwrap().as_str(), "/usr/lib/systemd/system/sshd.service.d/10-memory.conf");
/// let file = DropIn::file("sshd.service", "deploy/20-hard.conf");
/// assert_ne!(file.source(), limit.source());
/// Layer::new("limits").with(limit).with(file);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DropIn {
    unit: Given<UnitName>,
    at: Given<ImagePath>,
    source: Source,
    attributes: Attributes,
}

impl DropIn {
    /// A drop-in from a file of the workspace, under the file's name.
    #[track_caller]
    pub fn file(unit: impl TryInto<UnitName, Error: Into<Invalid>>, source: impl Into<Asset>) -> Self {
        let source = source.into();
        let name = source.path().file_name().unwrap_or_default().to_owned();
        Self::new(Given::new(unit), &name, Source::Asset(source))
    }

    /// A drop-in with this text; `name` ends in `.conf`, or gets it.
    #[track_caller]
    pub fn text(
        unit: impl TryInto<UnitName, Error: Into<Invalid>>,
        name: &str,
        text: impl Into<String>,
    ) -> Self {
        Self::new(Given::new(unit), name, Source::Text(text.into()))
    }

    #[track_caller]
    fn new(unit: Given<UnitName>, name: &str, source: Source) -> Self {
        let at = match unit.get() {
            Ok(unit) => conf_file(&format!("/usr/lib/systemd/system/{unit}.d"), name, "conf"),
            Err(error) => Err(error.clone()),
        };
        Self { unit, at: Given::of(at), source, attributes: Attributes::default() }
    }

    attribute_options!(mode owner);

    /// The unit that it changes.
    pub fn unit(&self) -> &Given<UnitName> {
        &self.unit
    }

    /// Where it goes.
    pub fn at(&self) -> &Given<ImagePath> {
        &self.at
    }

    /// Where its text comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }
}
