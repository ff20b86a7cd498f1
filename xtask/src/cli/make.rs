//! One image made: compiled, staged, checked, laid and built. What `build` and every command that needs
//! a built image have in common; what becomes of the image is theirs.

use clap::{Args, ValueEnum};

use super::prepare::{on_ground, staged};
use super::report::Failed;
use crate::check::{Check, Selection};
use crate::engine::{Engine as Start, Program};
use crate::finding::{Findings, draw};
use crate::image::{Built, Epoch, LayerOrigin, Settings};
use crate::session::{Failure, Planned, Ready, Session};
use crate::store::Store;
use crate::support::progress::Colour;
use lapstrake_oci::Compression;

/// How the layers are made.
#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    /// How the layers are compressed
    #[arg(long, value_name = "HOW", default_value = "zstd")]
    compression: CompressionArg,
    /// What builds the layers
    #[arg(long, value_name = "ENGINE", default_value = "auto")]
    engine: Engine,
}

/// How layers are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CompressionArg {
    /// Plain zstd, level 3
    Zstd,
    /// gzip, level 6, for readers that know no zstd
    Gzip,
    /// Not compressed
    None,
}

impl From<CompressionArg> for Compression {
    fn from(arg: CompressionArg) -> Self {
        match arg {
            CompressionArg::Zstd => Self::Zstd,
            CompressionArg::Gzip => Self::Gzip,
            CompressionArg::None => Self::None,
        }
    }
}

/// What builds layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// podman or buildah for the layers in which something runs, this process for the others
    Auto,
    /// This process; layers in which something runs must have been built before
    Native,
    /// podman for every layer
    Podman,
    /// buildah for every layer
    Buildah,
}

impl Engine {
    /// What may be started.
    fn starts(self) -> Start {
        match self {
            Self::Auto => Start::Any,
            Self::Native => Start::Idle,
            Self::Podman => Start::This(Program::Podman),
            Self::Buildah => Start::This(Program::Buildah),
        }
    }

    /// Whether it builds layers too that this process could.
    fn does_all(self) -> bool {
        matches!(self, Self::Podman | Self::Buildah)
    }

    /// What made the image, in the word of `--engine`.
    fn name(self, built: &Built) -> &'static str {
        let by_engine = built.layers.iter().any(|layer| layer.origin == LayerOrigin::Engine);
        match self {
            Self::Buildah if by_engine => "buildah",
            Self::Auto if by_engine => Program::find().map_or("podman", Program::as_str),
            _ if by_engine => "podman",
            _ => "native",
        }
    }
}

impl EngineArgs {
    pub(super) fn settings(&self) -> Result<Settings, Failed> {
        let epoch = Epoch::of_environment().map_err(Failure::from)?;
        Ok(Settings { compression: self.compression.into(), epoch })
    }

    /// What made the image, in the word of `--engine`.
    pub(super) fn engine(&self, built: &Built) -> &'static str {
        self.engine.name(built)
    }
}

/// What images are made with.
pub(super) struct ImageBuilder<'a> {
    pub(super) making: &'a EngineArgs,
    pub(super) store: &'a Store,
    pub(super) settings: Settings,
    pub(super) checks: &'a [Check],
    pub(super) selection: &'a Selection,
    pub(super) colour: Colour,
}

impl ImageBuilder<'_> {
    /// Makes an image, and shows what is found on the way. None, where that is fatal.
    pub(super) fn make(
        &self,
        session: &mut Session<'_>,
        planned: Planned,
        findings: &mut Findings,
    ) -> Result<Option<(Ready, Built)>, Failed> {
        let Self { store, settings, checks, selection, .. } = *self;
        let engine = self.making.engine;
        let ready = session.stage(planned, engine.starts())?;
        let found = staged(&ready, checks, selection);
        self.show(&found, session);
        if found.any_fatal() {
            return Ok(None);
        }
        let shown = found.all().to_vec();
        findings.merge(found);
        let (ready, found) = session.lay(ready, store, settings, engine.starts(), engine.does_all())?;
        let found = on_ground(&ready, found, checks, selection, |finding| {
            shown.contains(finding) || findings.all().contains(finding)
        });
        self.show(&found, session);
        if found.any_fatal() {
            return Ok(None);
        }
        findings.merge(found);
        let built = session.build(&ready, store, settings)?;
        Ok(Some((ready, built)))
    }

    fn show(&self, found: &Findings, session: &Session<'_>) {
        eprint!("{}", draw(found.all(), &session.workspace.root, self.colour.on_stderr()));
    }
}
