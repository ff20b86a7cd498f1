//! A systemd unit that the image brings.

use super::Attributes;
use super::attributes::attribute_options;
use crate::Given;
use crate::value::{Asset, Invalid, Source, UnitName};

/// A unit file in `/usr/lib/systemd/system`, 0644: a service, socket, timer, mount, target or path,
/// plain or a template.
///
/// ```
/// use lapstrake::{Layer, entry::Unit};
///
/// let app = Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n").enabled();
/// assert_eq!(app.name().get().unwrap().as_str(), "app.service");
/// assert!(app.is_enabled() && app.instances().is_empty());
///
/// let can = Unit::file("deploy/can.service").named("can@.service").enabled_as(["can0", "can1"]);
/// assert_eq!(can.instances(), ["can0", "can1"]);
/// assert_ne!(can.source(), app.source());
/// Layer::new("app").unit(app).unit(can);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    name: Given<UnitName>,
    source: Source,
    enabled: bool,
    instances: Vec<String>,
    attributes: Attributes,
}

impl Unit {
    /// A unit file of the workspace; the unit has the file's name.
    #[track_caller]
    pub fn file(source: impl Into<Asset>) -> Self {
        let source = source.into();
        let name = Given::new(source.path().file_name().unwrap_or_default());
        Self {
            name,
            source: Source::Asset(source),
            enabled: false,
            instances: Vec::new(),
            attributes: Attributes::default(),
        }
    }

    /// A unit with this text.
    #[track_caller]
    pub fn text(name: impl TryInto<UnitName, Error: Into<Invalid>>, text: impl Into<String>) -> Self {
        Self {
            name: Given::new(name),
            source: Source::Text(text.into()),
            enabled: false,
            instances: Vec::new(),
            attributes: Attributes::default(),
        }
    }

    /// Gives the unit another name than its file has.
    #[track_caller]
    pub fn named(mut self, name: impl TryInto<UnitName, Error: Into<Invalid>>) -> Self {
        self.name = Given::new(name);
        self
    }

    /// Enables it, as its `[Install]` section says. A template needs a `DefaultInstance=`, or
    /// [`enabled_as`](Self::enabled_as).
    pub fn enabled(mut self) -> Self {
        self.enabled = true;
        self
    }

    /// Enables these instances of a template.
    pub fn enabled_as<I: Into<String>>(mut self, instances: impl IntoIterator<Item = I>) -> Self {
        self.instances.extend(instances.into_iter().map(Into::into));
        self
    }

    attribute_options!(mode owner);

    /// The unit's name, as it was given.
    pub fn name(&self) -> &Given<UnitName> {
        &self.name
    }

    /// Where its text comes from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Whether it is enabled under its own name.
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// The instances of it that are enabled.
    pub fn instances(&self) -> &[String] {
        &self.instances
    }
}

impl From<Asset> for Unit {
    #[track_caller]
    fn from(source: Asset) -> Self {
        Self::file(source)
    }
}
