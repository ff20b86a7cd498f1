//! Makes one image: compiles, stages, checks and builds it. What `build` and every command that needs
//! a built image have in common; what becomes of the image is theirs.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::failed::Failed;
use super::prepare::{on_ground, staged};
use super::report::Report;
use crate::check::{Check, Selection};
use crate::engine::EnginePolicy;
use crate::finding::{Finding, Findings};
use crate::image::{Built, Epoch, LayerOrigin, Settings};
use crate::session::{Failure, Planned, Ready, Session};
use crate::store::Store;
use lapstrake_oci::Compression;

/// How the layers are made.
#[derive(Debug, Args)]
pub(super) struct EngineArgs {
    /// How the layers are compressed
    #[arg(long, value_name = "HOW", default_value = "zstd")]
    compression: CompressionArg,
    /// What builds the layers
    #[arg(long, value_name = "ENGINE", default_value = "auto", value_parser = engine_parser())]
    engine: EnginePolicy,
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

/// Parses `--engine` by the table of engines.
fn engine_parser() -> impl TypedValueParser<Value = EnginePolicy> {
    let values = EnginePolicy::values().into_iter().map(|(name, help)| PossibleValue::new(name).help(help));
    PossibleValuesParser::new(values)
        .map(|name| EnginePolicy::of_value(&name).expect("each possible value is that of a policy"))
}

impl EngineArgs {
    pub(super) fn settings(&self) -> Result<Settings, Failed> {
        let epoch = Epoch::of_environment().map_err(Failure::from)?;
        Ok(Settings { compression: self.compression.into(), epoch })
    }

    /// Returns the name of what built an image, as `--engine` has it.
    pub(super) fn builder(&self, built: &Built) -> &'static str {
        self.engine.builder(built.layers.iter().any(|layer| layer.origin == LayerOrigin::Engine))
    }
}

/// What images are made with.
pub(super) struct ImageBuilder<'a> {
    pub(super) making: &'a EngineArgs,
    pub(super) store: &'a Store,
    pub(super) settings: Settings,
    pub(super) checks: &'a [Check],
    pub(super) selection: &'a Selection,
}

impl ImageBuilder<'_> {
    /// Makes an image, and shows what is found on the way. None, where that is fatal.
    pub(super) fn make(
        &self,
        session: &mut Session<'_>,
        planned: Planned,
        report: &mut Report,
    ) -> Result<Option<(Ready, Built)>, Failed> {
        let Self { store, settings, checks, selection, .. } = *self;
        let engine = self.making.engine;
        let ready = session.stage(planned, engine)?;
        let is_reported = |finding: &Finding| report.findings().all().contains(finding);
        let found = staged(&ready, checks, selection, is_reported);
        report.show(found.all(), &session.workspace.root);
        if found.any_fatal() {
            return Ok(None);
        }
        let (ready, found) = session.build_lower_layers(ready, store, settings, engine, |found| {
            let mut findings = Findings::default();
            findings.add(None, found.to_vec());
            findings.change(|findings| selection.keep(findings));
            findings.any_fatal()
        })?;
        let found =
            on_ground(&ready, found, checks, selection, |finding| report.findings().all().contains(finding));
        report.show(found.all(), &session.workspace.root);
        if found.any_fatal() {
            return Ok(None);
        }
        let built = session.build(&ready, store, settings)?;
        Ok(Some((ready, built)))
    }
}
