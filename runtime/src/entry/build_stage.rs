//! A stage of the build: another image in which something is compiled. Only the results that an entry names
//! become part of the described image.

use super::Run;
use crate::faults::faults;
use crate::value::{Argv, Asset, ImagePath, Text};
use crate::{Base, IntoBase, Parsed, Site};

/// An image to compile in, for teams whose own machines have a newer glibc than the vehicle, and for
/// languages other than Rust.
///
/// It needs an engine, unless it has neither sources nor steps. Its results are cached as long as the builder image, the sources and the steps are
/// the same.
///
/// ```
/// use lapstrake::{Base, BuildStage, Layer};
/// use lapstrake::entry::{Bin, File, Run};
///
/// let builder = || BuildStage::on(Base::registry("registry.example/autosd-rust:1"));
/// let firmware = builder().source("firmware", "/src").with(Run::new(["make"]).current_dir("/src"));
/// assert_eq!((firmware.sources.len(), firmware.runs.len()), (1, 1));
/// assert_eq!(firmware.base, Base::registry("registry.example/autosd-rust:1"));
/// assert_eq!(firmware.site.file(), file!());
///
/// Layer::new("app")
///     .bin(Bin::new("sensord").in_stage(builder()))
///     .with(File::from_stage(firmware, "/src/out/canfw", "/usr/libexec/canfw"));
/// ```
#[derive(Debug, Clone)]
#[must_use = "a build stage does nothing until an entry takes a result of it, by `in_stage` or `from_stage`"]
#[non_exhaustive]
pub struct BuildStage {
    /// The builder image.
    pub base: Base,
    /// The assets that are copied into the stage, and where to.
    pub sources: Vec<(Asset, Parsed<ImagePath>)>,
    /// The programs that run in it, in order.
    pub runs: Vec<Run>,
    /// The place of the call of [`BuildStage::on`].
    pub site: Site,
}

impl BuildStage {
    /// Starts a stage on a builder image. It has the compiler, and is usually of the base's distribution.
    /// `lapstrake.lock` pins its digest, as it does a base's.
    #[track_caller]
    pub fn on(base: impl IntoBase) -> Self {
        Self { base: base.into_base(), sources: Vec::new(), runs: Vec::new(), site: Site::caller() }
    }

    /// Copies a file or directory of the workspace into the stage. The sources of a binary need not be named,
    /// because cargo knows them.
    #[track_caller]
    pub fn source(mut self, source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        self.sources.push((source.into(), Parsed::new(at)));
        self
    }

    /// Runs a program in the stage, after its sources are copied; see [`Run`].
    ///
    /// ```
    /// # use lapstrake::{Base, BuildStage, entry::Run};
    /// let stage = || BuildStage::on(Base::containers_storage("localhost/builder:1"));
    /// assert_eq!(stage().run(["make", "-C", "/src"]), stage().with(Run::new(["make", "-C", "/src"])));
    /// ```
    pub fn run(self, argv: impl Argv) -> Self {
        self.with(Run::new(argv))
    }

    /// Runs a step that has options.
    pub fn with(mut self, run: Run) -> Self {
        self.runs.push(run);
        self
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        let copied = self.sources.iter().map(|(asset, _)| asset);
        copied.chain(self.runs.iter().flat_map(Run::assets))
    }
}

faults!(BuildStage { base, sources, runs; site });

/// Two stages are equal when their descriptions are; the place of a call does not count.
impl PartialEq for BuildStage {
    fn eq(&self, other: &Self) -> bool {
        let Self { base, sources, runs, site: _ } = self;
        *base == other.base && *sources == other.sources && *runs == other.runs
    }
}
