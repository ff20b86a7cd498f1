//! A binary that cargo builds.

use super::Attributes;
use super::attributes::attribute_options;
use crate::value::{ImagePath, Invalid};
use crate::{Given, Stage};

/// A binary target of the workspace, compiled for the image. Default place: `/usr/bin/NAME`, 0755.
///
/// ```
/// use lapstrake::{Layer, entry::Bin};
///
/// let probe = Bin::new("probe")
///     .package("diagnostics")
///     .features(["can"])
///     .no_default_features()
///     .profile("dist")
///     .target("aarch64-unknown-linux-musl")
///     .at("/usr/libexec/probe")
///     .capability("cap_net_raw=ep");
/// assert_eq!((probe.name(), probe.given_package()), ("probe", Some("diagnostics")));
/// assert_eq!((probe.given_features(), probe.has_default_features()), (&["can".to_owned()][..], false));
/// assert_eq!((probe.given_profile(), probe.given_target()), (Some("dist"), Some("aarch64-unknown-linux-musl")));
/// assert_eq!(probe.given_at().unwrap().get().unwrap().as_str(), "/usr/libexec/probe");
///
/// Layer::new("app").bin("sensord").bin(probe);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    name: String,
    package: Option<String>,
    features: Vec<String>,
    default_features: bool,
    profile: Option<String>,
    target: Option<String>,
    at: Option<Given<ImagePath>>,
    stage: Option<Box<Stage>>,
    attributes: Attributes,
}

impl Bin {
    /// The binary target of that name; the workspace must have exactly one, or [`package`](Self::package)
    /// says whose.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            package: None,
            features: Vec::new(),
            default_features: true,
            profile: None,
            target: None,
            at: None,
            stage: None,
            attributes: Attributes::default(),
        }
    }

    /// The package of the workspace that the binary belongs to.
    pub fn package(mut self, package: impl Into<String>) -> Self {
        self.package = Some(package.into());
        self
    }

    /// Adds cargo features to build it with.
    pub fn features<F: Into<String>>(mut self, features: impl IntoIterator<Item = F>) -> Self {
        self.features.extend(features.into_iter().map(Into::into));
        self
    }

    /// Builds it without its package's default features.
    pub fn no_default_features(mut self) -> Self {
        self.default_features = false;
        self
    }

    /// The cargo profile. Default: that of `--profile`, else `release`.
    pub fn profile(mut self, profile: impl Into<String>) -> Self {
        self.profile = Some(profile.into());
        self
    }

    /// The target triple. Default: that of `--target`, else the base's architecture.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// Where it goes. Default: `/usr/bin/NAME`.
    #[track_caller]
    pub fn at(mut self, path: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.at = Some(Given::new(path));
        self
    }

    /// Compiles it inside a builder image, after the stage's own steps, and not on this machine: with
    /// `--locked`, with only the files that its package needs, and with caches for cargo's registry and target
    /// directory. The builder image has `cargo` in its PATH. A file of the workspace that the package takes
    /// from elsewhere, by `include_str!("../../x")`, is named: `Stage::source("x", "/lapstrake/workspace/x")`.
    ///
    /// ```
    /// use lapstrake::{Base, Stage, entry::Bin};
    ///
    /// let bin = Bin::new("sensord").built_in(Stage::on(Base::registry("registry.example/autosd-rust:1")));
    /// assert!(bin.given_stage().is_some());
    /// ```
    pub fn built_in(mut self, stage: Stage) -> Self {
        self.stage = Some(Box::new(stage));
        self
    }

    attribute_options!(mode owner capability);

    /// The name of the binary target.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The package that was named.
    pub fn given_package(&self) -> Option<&str> {
        self.package.as_deref()
    }

    /// The features that were asked for.
    pub fn given_features(&self) -> &[String] {
        &self.features
    }

    /// Whether default features are built.
    pub fn has_default_features(&self) -> bool {
        self.default_features
    }

    /// The profile that was named.
    pub fn given_profile(&self) -> Option<&str> {
        self.profile.as_deref()
    }

    /// The target that was named.
    pub fn given_target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    /// The place that was named.
    pub fn given_at(&self) -> Option<&Given<ImagePath>> {
        self.at.as_ref()
    }

    /// The stage that it is compiled in; none for this machine.
    ///
    /// ```
    /// # use lapstrake::entry::Bin;
    /// assert!(Bin::new("sensord").given_stage().is_none());
    /// ```
    pub fn given_stage(&self) -> Option<&Stage> {
        self.stage.as_deref()
    }
}

impl From<&str> for Bin {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Bin {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
