//! A kernel module of the image's own.

use super::Source;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, Text};
use crate::{BuildStage, Parsed};

/// A kernel module in `/usr/lib/modules/VERSION/extra` of the image's one kernel, whose list of modules is made again by
/// `depmod` of the image: once for all modules of a layer.
///
/// ```
/// use lapstrake::{Base, BuildStage, Layer, entry::Kmod};
///
/// let builder = BuildStage::on(Base::registry("registry.example/autosd-kernel-devel:1"));
/// let layer = Layer::new("drivers")
///     .with(Kmod::file("vendor/gnss.ko"))
///     .with(Kmod::from_stage(builder, "/src/out/radar.ko"));
/// assert_eq!(layer.build_stages().count(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a kernel module is part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Kmod {
    /// The source. Its file name is the name of the module.
    pub source: Source,
}

impl Kmod {
    /// Adds a file of the workspace, `NAME.ko`, which may be compressed: `NAME.ko.xz`.
    pub fn file(source: impl Into<Asset>) -> Self {
        Self { source: Source::Asset(source.into()) }
    }

    /// Adds a file that a build stage makes. A step of the stage may sign it, with a secret key: the guide has an example.
    #[track_caller]
    pub fn from_stage(stage: BuildStage, from: impl Text<ImagePath>) -> Self {
        Self { source: Source::BuildStage(Box::new(stage), Parsed::new(from)) }
    }
}

faults!(Kmod { source });
