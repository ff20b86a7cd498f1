//! What a layer adds to the platform for all of its programs.

use super::Layer;
use crate::entry::{CaCertificate, Embedded, EnvironmentFile, HealthCheck, Kernel, Motd};
use crate::value::{Asset, ImagePath, MotdText, Text};

impl Layer {
    /// Trusts the certificate authorities in a file of the workspace; see [`CaCertificate`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::CaCertificate};
    /// let entry = CaCertificate::file("deploy/ca.pem");
    /// assert_eq!(Layer::new("ca").ca_certificate("deploy/ca.pem"), Layer::new("ca").with(entry));
    /// ```
    #[track_caller]
    pub fn ca_certificate(self, source: impl Into<Asset>) -> Self {
        self.with(CaCertificate::file(source))
    }

    /// Puts a container image inside of the image, by its reference in a registry or with options; see [`Embedded`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Embedded};
    /// let entry = Embedded::image("registry.example/radio:2");
    /// assert_eq!(Layer::new("r").embed("registry.example/radio:2"), Layer::new("r").with(entry));
    /// ```
    #[track_caller]
    pub fn embed(self, image: impl Into<Embedded>) -> Self {
        self.with(image.into())
    }

    /// Replaces the image's kernel by that of another package; see [`Kernel`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Kernel};
    /// let kernel = Kernel::package("kernel-rt");
    /// assert_eq!(Layer::new("k").kernel(kernel.clone()), Layer::new("k").entries(kernel));
    /// ```
    #[track_caller]
    pub fn kernel(self, kernel: Kernel) -> Self {
        self.entries(kernel)
    }

    /// Sets the message that a login shows; see [`Motd`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Motd};
    /// assert_eq!(Layer::new("m").motd("Fleet gateway"), Layer::new("m").with(Motd::new("Fleet gateway")));
    /// ```
    #[track_caller]
    pub fn motd(self, text: impl Text<MotdText>) -> Self {
        self.with(Motd::new(text))
    }

    /// Adds a file with the environment of a service; see [`EnvironmentFile`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::EnvironmentFile};
    /// let entry = EnvironmentFile::file("deploy/web.env", "/etc/default/web");
    /// let layer = Layer::new("web").environment_file("deploy/web.env", "/etc/default/web");
    /// assert_eq!(layer, Layer::new("web").with(entry));
    /// ```
    #[track_caller]
    pub fn environment_file(self, source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        self.with(EnvironmentFile::file(source, at))
    }

    /// Adds a check that runs at boot; see [`HealthCheck`].
    ///
    /// ```
    /// use lapstrake::{Layer, entry::HealthCheck};
    /// let check = HealthCheck::unit("web.service");
    /// assert_eq!(Layer::new("h").health_check(check.clone()), Layer::new("h").with(check));
    /// ```
    #[track_caller]
    pub fn health_check(self, check: HealthCheck) -> Self {
        self.with(check)
    }
}
