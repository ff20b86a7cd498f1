//! A systemd unit that the image brings.

use super::Attributes;
use super::Source;
use super::attributes::attribute_options;
use super::source::from_file;
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Invalid, Text, UnitName};

/// A unit file in `/usr/lib/systemd/system`, mode 0644: a service, socket, timer, mount, target or path, plain
/// or a template.
///
/// ```
/// use lapstrake::{Layer, entry::Unit};
///
/// let app = Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n").enabled();
/// assert_eq!(app.name, "app.service");
/// assert!(app.enabled && app.instances.is_empty());
///
/// let can = Unit::file("deploy/can.service").named("can@.service").instances(["can0", "can1"]);
/// assert_eq!(can.instances, ["can0", "can1"]);
/// assert_ne!(can.source, app.source);
/// Layer::new("app").unit(app).unit(can).unit("deploy/sensord.service");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a unit is part of an image only by `.unit(…)` of a layer"]
#[non_exhaustive]
pub struct Unit {
    /// The unit's name.
    pub name: Parsed<UnitName>,
    /// Its content.
    pub source: Source,
    /// Whether it is enabled under its own name.
    pub enabled: bool,
    /// The instances of the template that are enabled.
    pub instances: Vec<String>,
    /// Whether it is a unit of each user's manager, not of the system's.
    pub for_users: bool,
    /// Mode, owner and accepted findings.
    pub attributes: Attributes,
}

impl Unit {
    /// The directory of the vendor's units (systemd.unit(5)).
    ///
    /// ```
    /// use lapstrake::entry::Unit;
    ///
    /// let unit = Unit::file("deploy/app.service").destination().unwrap();
    /// assert_eq!(unit.parent().unwrap().as_str(), Unit::DIRECTORY);
    /// ```
    pub const DIRECTORY: &str = "/usr/lib/systemd/system";

    /// The directory of the vendor's units for the managers of users (systemd.unit(5)).
    ///
    /// ```
    /// use lapstrake::entry::Unit;
    ///
    /// let unit = Unit::file("deploy/agent.service").for_users().destination().unwrap();
    /// assert_eq!(unit.parent().unwrap().as_str(), Unit::USER_DIRECTORY);
    /// ```
    pub const USER_DIRECTORY: &str = "/usr/lib/systemd/user";

    /// Adds a unit file of the workspace; the unit has the file's name.
    #[track_caller]
    pub fn file(source: impl Into<Asset>) -> Self {
        let source = source.into();
        let name = Parsed::new(source.path().file_name().unwrap_or_default());
        Self::new(name, Source::Asset(source))
    }

    /// Adds a unit with this text.
    #[track_caller]
    pub fn text(name: impl Text<UnitName>, text: impl Into<String>) -> Self {
        Self::new(Parsed::new(name), Source::Text(text.into()))
    }

    fn new(name: Parsed<UnitName>, source: Source) -> Self {
        let attributes = Attributes::default();
        Self { name, source, enabled: false, instances: Vec::new(), for_users: false, attributes }
    }

    /// Gives the unit another name than its file has.
    #[track_caller]
    pub fn named(mut self, name: impl Text<UnitName>) -> Self {
        self.name = Parsed::new(name);
        self
    }

    /// Enables the unit, as its `[Install]` section specifies. A template needs a `DefaultInstance=`, or
    /// [`instances`](Self::instances).
    pub fn enabled(mut self) -> Self {
        self.enabled = true;
        self
    }

    /// Enables these instances of a template.
    pub fn instances<I: Into<String>>(mut self, instances: impl IntoIterator<Item = I>) -> Self {
        self.instances.extend(instances.into_iter().map(Into::into));
        self
    }

    /// Makes it a unit of the manager of each user, in `/usr/lib/systemd/user`. `enabled` then enables it for all users,
    /// as `systemctl --global enable` does.
    ///
    /// ```
    /// # use lapstrake::entry::Unit;
    /// let agent = Unit::text("agent.service", "[Install]\nWantedBy=default.target\n").for_users().enabled();
    /// assert!(agent.for_users && agent.enabled);
    /// ```
    pub fn for_users(mut self) -> Self {
        self.for_users = true;
        self
    }

    attribute_options!(mode owner);

    /// Returns the path of the unit file in the image.
    ///
    /// ```
    /// use lapstrake::entry::Unit;
    ///
    /// let unit = Unit::file("deploy/sensord.service");
    /// assert_eq!(unit.destination().unwrap().as_str(), "/usr/lib/systemd/system/sensord.service");
    /// ```
    ///
    /// # Errors
    /// If the name does not parse.
    pub fn destination(&self) -> Result<ImagePath, Invalid> {
        match self.name.get() {
            Ok(name) => {
                let directory = if self.for_users { Self::USER_DIRECTORY } else { Self::DIRECTORY };
                ImagePath::parse(&format!("{directory}/{name}"))
            }
            Err(error) => Err(error.clone()),
        }
    }
}

faults!(Unit { name, source, attributes; enabled, instances, for_users });

from_file!(Unit: Asset, &str, String);
