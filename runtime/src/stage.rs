//! A stage: another image in which something is compiled, whose results go into the image and nothing
//! else of it.

use crate::entry::Run;
use crate::value::{Asset, ImagePath, Invalid};
use crate::{Base, Given, Site};

/// An image to compile in, for teams whose own machines have a newer glibc than the vehicle, and for
/// languages other than Rust. It needs an engine; its results are kept for as long as the builder image, the
/// sources and the steps are the same.
///
/// ```
/// use lapstrake::{Base, Layer, Stage};
/// use lapstrake::entry::{Bin, File, Run};
///
/// let builder = || Stage::on(Base::registry("registry.example/autosd-rust:1"));
/// let firmware = builder().source("firmware", "/src").with(Run::new(["make"]).dir("/src"));
/// assert_eq!((firmware.sources().len(), firmware.runs().len()), (1, 1));
///
/// Layer::new("app")
///     .bin(Bin::new("sensord").built_in(builder()))
///     .with(File::from_stage(firmware, "/src/out/canfw", "/usr/libexec/canfw"));
/// ```
#[derive(Debug, Clone)]
pub struct Stage {
    base: Base,
    sources: Vec<(Asset, Given<ImagePath>)>,
    runs: Vec<Run>,
    site: Site,
}

impl Stage {
    /// On that builder image: one with the compiler, mostly the base's own distribution. Its digest is
    /// pinned by `lapstrake.lock`, as a base's is.
    #[track_caller]
    pub fn on(base: Base) -> Self {
        Self { base, sources: Vec::new(), runs: Vec::new(), site: Site::caller() }
    }

    /// Copies a file or directory of the workspace into the stage. A binary's own sources need not be
    /// named: cargo knows them.
    #[track_caller]
    pub fn source(
        mut self,
        source: impl Into<Asset>,
        at: impl TryInto<ImagePath, Error: Into<Invalid>>,
    ) -> Self {
        self.sources.push((source.into(), Given::new(at)));
        self
    }

    /// Runs a program in the stage, after its sources are there; see [`Run`].
    ///
    /// ```
    /// # use lapstrake::{Base, Stage, entry::Run};
    /// let stage = || Stage::on(Base::containers_storage("localhost/builder:1"));
    /// assert_eq!(stage().run(["make", "-C", "/src"]), stage().with(Run::new(["make", "-C", "/src"])));
    /// ```
    pub fn run<A: Into<String>>(self, argv: impl IntoIterator<Item = A>) -> Self {
        self.with(Run::new(argv))
    }

    /// Runs a step with options of its own.
    pub fn with(mut self, run: Run) -> Self {
        self.runs.push(run);
        self
    }

    /// The builder image.
    ///
    /// ```
    /// # use lapstrake::{Base, Stage};
    /// let builder = Base::containers_storage("localhost/builder:1");
    /// assert_eq!(Stage::on(builder.clone()).base(), &builder);
    /// ```
    pub fn base(&self) -> &Base {
        &self.base
    }

    /// What is copied, and where.
    pub fn sources(&self) -> &[(Asset, Given<ImagePath>)] {
        &self.sources
    }

    /// What is run, in order.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Where `Stage::on` was called.
    ///
    /// ```
    /// # use lapstrake::{Base, Stage};
    /// assert_eq!(Stage::on(Base::stand_in()).site().file(), file!());
    /// ```
    pub fn site(&self) -> Site {
        self.site
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        let copied = self.sources.iter().map(|(asset, _)| asset);
        copied.chain(self.runs.iter().flat_map(Run::assets))
    }
}

/// Two stages are equal when they say the same; where they say it does not count.
impl PartialEq for Stage {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base && self.sources == other.sources && self.runs == other.runs
    }
}
