//! A binary that cargo builds.

use super::Attributes;
use super::attributes::attribute_options;
use crate::faults::faults;
use crate::value::{
    BinName, CargoPackage, FeatureName, ImagePath, Invalid, ProfileName, TargetTriple, Text, Texts,
};
use crate::{BuildStage, Parsed};

/// A binary target of the workspace, compiled for the image. Default: `/usr/bin/NAME`, mode 0755.
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
/// assert_eq!(probe.name, "probe");
/// assert_eq!(probe.package.as_ref().unwrap(), &"diagnostics");
/// assert!(probe.features[0] == "can" && !probe.default_features);
/// assert_eq!(probe.profile.as_ref().unwrap(), &"dist");
/// assert_eq!(probe.target.as_ref().unwrap(), &"aarch64-unknown-linux-musl");
/// assert_eq!(probe.destination().unwrap().as_str(), "/usr/libexec/probe");
///
/// Layer::new("app").bin("sensord").bin(probe);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a binary is part of an image only by `.bin(…)` of a layer"]
#[non_exhaustive]
pub struct Bin {
    /// The name of the binary target.
    pub name: Parsed<BinName>,
    /// The package that has it. Without this, exactly one package of the workspace must have it.
    pub package: Option<Parsed<CargoPackage>>,
    /// The features that it is built with, beside the default ones.
    pub features: Vec<Parsed<FeatureName>>,
    /// Whether it is built with its package's default features.
    pub default_features: bool,
    /// The profile; that of `--profile`, or `release`, if none.
    pub profile: Option<Parsed<ProfileName>>,
    /// The target triple; that of `--target`, or of the base's architecture, if none.
    pub target: Option<Parsed<TargetTriple>>,
    /// Its path in the image; `/usr/bin/NAME` if none. [`destination`](Self::destination) knows both.
    pub at: Option<Parsed<ImagePath>>,
    /// The stage that it is compiled in; this machine if none.
    pub stage: Option<Box<BuildStage>>,
    /// Mode, owner, capabilities and accepted findings.
    pub attributes: Attributes,
}

impl Bin {
    /// Names a binary target. If several packages have one of that name, [`package`](Self::package) selects.
    #[track_caller]
    pub fn new(name: impl Text<BinName>) -> Self {
        Self {
            name: Parsed::new(name),
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

    /// Selects the package of the workspace that the binary belongs to.
    #[track_caller]
    pub fn package(mut self, package: impl Text<CargoPackage>) -> Self {
        self.package = Some(Parsed::new(package));
        self
    }

    /// Adds cargo features to build it with.
    #[track_caller]
    pub fn features(mut self, features: impl Texts<FeatureName>) -> Self {
        self.features.extend(Parsed::all(features));
        self
    }

    /// Builds it without its package's default features.
    pub fn no_default_features(mut self) -> Self {
        self.default_features = false;
        self
    }

    /// Sets the cargo profile. Default: that of `--profile`, else `release`.
    #[track_caller]
    pub fn profile(mut self, profile: impl Text<ProfileName>) -> Self {
        self.profile = Some(Parsed::new(profile));
        self
    }

    /// Sets the target triple. Default: that of `--target`, else the base's architecture.
    #[track_caller]
    pub fn target(mut self, target: impl Text<TargetTriple>) -> Self {
        self.target = Some(Parsed::new(target));
        self
    }

    /// Sets its path in the image. Default: `/usr/bin/NAME`.
    #[track_caller]
    pub fn at(mut self, path: impl Text<ImagePath>) -> Self {
        self.at = Some(Parsed::new(path));
        self
    }

    /// Compiles it inside a builder image, after the stage's own steps, and not on this machine.
    ///
    /// Cargo runs with `--locked`, with only the files that the package needs, and with caches for its registry
    /// and target directory. The builder image has `cargo` in its `PATH`. A file of the workspace that the
    /// package includes from elsewhere, by `include_str!("../../x")`, is named by
    /// `BuildStage::source("x", "/lapstrake/workspace/x")`.
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, entry::Bin};
    ///
    /// let builder = BuildStage::on(Base::registry("registry.example/autosd-rust:1"));
    /// assert!(Bin::new("sensord").in_stage(builder).stage.is_some());
    /// ```
    pub fn in_stage(mut self, stage: BuildStage) -> Self {
        self.stage = Some(Box::new(stage));
        self
    }

    attribute_options!(mode owner capability);

    /// Returns the path of the binary in the image.
    ///
    /// ```
    /// use lapstrake::entry::Bin;
    ///
    /// assert_eq!(Bin::new("sensord").destination().unwrap().as_str(), "/usr/bin/sensord");
    /// ```
    ///
    /// # Errors
    /// If the path that was given, or the name, does not parse.
    pub fn destination(&self) -> Result<ImagePath, Invalid> {
        match &self.at {
            Some(at) => at.get().cloned().map_err(Clone::clone),
            None => match self.name.get() {
                Ok(name) => ImagePath::parse(&format!("/usr/bin/{name}")),
                Err(error) => Err(error.clone()),
            },
        }
    }
}

faults!(Bin { name, package, features, profile, target, at, stage, attributes; default_features });

impl From<&str> for Bin {
    #[track_caller]
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Bin {
    #[track_caller]
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
