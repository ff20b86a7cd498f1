//! A quadlet: a container, a volume or a network that podman makes a service of.

use super::attributes::attribute_options;
use super::source::from_file;
use super::{Attributes, Source};
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Invalid, QuadletName, Text};

/// A quadlet in `/usr/share/containers/systemd`, mode 0644. podman's generator makes a service of it at boot
/// (podman-systemd.unit(5)); its own `[Install]` section enables it. On a base that masks the generator, as AutoSD does, the
/// generator runs in the build, once for all quadlets of a layer, and the image has the service in `/usr/lib/systemd/system`.
/// That needs an engine.
///
/// ```
/// use lapstrake::{Layer, entry::Quadlet};
///
/// let app = Quadlet::file("deploy/app.container").bound();
/// assert_eq!(app.name, "app.container");
/// assert_eq!(app.destination().unwrap().as_str(), "/usr/share/containers/systemd/app.container");
/// assert!(app.is_bound);
/// let data = Quadlet::text("data.volume", "[Volume]\n");
/// Layer::new("app").quadlet(app).quadlet(data).quadlet("deploy/web.network");
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a quadlet is part of an image only by `.quadlet(…)` of a layer"]
#[non_exhaustive]
pub struct Quadlet {
    /// Its name.
    pub name: Parsed<QuadletName>,
    /// Its content.
    pub source: Source,
    /// Whether bootc pulls its container image together with this image.
    pub is_bound: bool,
    /// Mode, owner and accepted findings.
    pub attributes: Attributes,
}

impl Quadlet {
    /// The directory of the vendor's quadlets (podman-systemd.unit(5)).
    ///
    /// ```
    /// use lapstrake::entry::Quadlet;
    ///
    /// let quadlet = Quadlet::file("deploy/app.container").destination().unwrap();
    /// assert_eq!(quadlet.parent().unwrap().as_str(), Quadlet::DIRECTORY);
    /// ```
    pub const DIRECTORY: &str = "/usr/share/containers/systemd";

    /// Adds a file of the workspace; the quadlet has the file's name.
    #[track_caller]
    pub fn file(source: impl Into<Asset>) -> Self {
        let source = source.into();
        let name = Parsed::new(source.path().file_name().unwrap_or_default());
        Self::new(name, Source::Asset(source))
    }

    /// Adds a quadlet with this text.
    #[track_caller]
    pub fn text(name: impl Text<QuadletName>, text: impl Into<String>) -> Self {
        Self::new(Parsed::new(name), Source::Text(text.into()))
    }

    fn new(name: Parsed<QuadletName>, source: Source) -> Self {
        Self { name, source, is_bound: false, attributes: Attributes::default() }
    }

    /// Gives the quadlet another name than its file has.
    ///
    /// ```
    /// # use lapstrake::entry::Quadlet;
    /// assert_eq!(Quadlet::file("deploy/app.quadlet").named("app.container").name, "app.container");
    /// ```
    #[track_caller]
    pub fn named(mut self, name: impl Text<QuadletName>) -> Self {
        self.name = Parsed::new(name);
        self
    }

    /// Binds the container image of a `.container` or an `.image` to this image: bootc pulls it when it pulls this one, by
    /// a link in `/usr/lib/bootc/bound-images.d`.
    ///
    /// ```
    /// # use lapstrake::entry::Quadlet;
    /// assert!(Quadlet::file("deploy/app.image").bound().is_bound);
    /// ```
    pub fn bound(mut self) -> Self {
        self.is_bound = true;
        self
    }

    attribute_options!(mode owner);

    /// Returns the path of the quadlet in the image.
    ///
    /// ```
    /// # use lapstrake::entry::Quadlet;
    /// let path = Quadlet::text("data.volume", "[Volume]\n").destination().unwrap();
    /// assert_eq!(path.as_str(), "/usr/share/containers/systemd/data.volume");
    /// ```
    ///
    /// # Errors
    /// If the name does not parse.
    pub fn destination(&self) -> Result<ImagePath, Invalid> {
        match self.name.get() {
            Ok(name) => ImagePath::parse(&format!("{}/{name}", Self::DIRECTORY)),
            Err(error) => Err(error.clone()),
        }
    }
}

faults!(Quadlet { name, source, attributes; is_bound });

from_file!(Quadlet: Asset, &str, String);
