//! The options that commands share, in cargo's own words where cargo has them.

use camino::Utf8PathBuf;
use clap::{ArgAction, Args, ValueEnum};
use lapstrake::TransportRef;

use crate::cargo::CargoPassthrough;
use crate::plan::CargoOptions;
use crate::session::Request;
use crate::support::progress::{Colour, Progress, ProgressMode};
use lapstrake_oci::Compression;

/// The images that a command is about.
#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// Images, by name or glob; all when left out
    #[arg(value_name = "IMAGE")]
    pub(super) images: Vec<String>,
}

/// How the result and the output on stderr look.
#[derive(Debug, Args)]
pub(super) struct Output {
    /// The output on stderr while work goes on
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) progress: ProgressMode,
    /// No output on stderr but findings and errors
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Colour,
}

/// What the result is written in.
#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    /// The result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
}

impl FormatArgs {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

/// The form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For a person
    Text,
    /// One JSON object
    Json,
}

/// What is built, and how cargo builds it.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// Build on another base: `docker://REF`, `containers-storage:REF`, `oci:DIR[:TAG]`, `oci-archive:FILE`,
    /// `stand-in`
    #[arg(long, value_name = "BASE")]
    base: Option<TransportRef>,
    /// Cargo profile [default: release]
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The profile `release`, which is the default
    #[arg(short, long, conflicts_with = "profile")]
    release: bool,
    /// Jobs of cargo that run at the same time [default: one for each core]
    #[arg(short, long, value_name = "N", allow_hyphen_values = true)]
    jobs: Option<String>,
    /// Target triple [default: the base's architecture]
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Cargo features, separated by commas
    #[arg(short = 'F', long, value_name = "FEATURES", value_delimiter = ',', action = ArgAction::Append)]
    features: Vec<String>,
    /// Directory for all that is generated
    #[arg(long, value_name = "DIRECTORY")]
    target_dir: Option<Utf8PathBuf>,
    /// Require Cargo.lock and lapstrake.lock to be current
    #[arg(long)]
    locked: bool,
    /// Run without the network
    #[arg(long)]
    offline: bool,
    /// --locked and --offline
    #[arg(long)]
    frozen: bool,
    /// Binaries that do not depend on where they were built, in a target directory of their own
    #[arg(long)]
    reproducible: bool,
    /// Print the commands that are run; twice makes cargo verbose too
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
}

impl Output {
    pub(super) fn progress(&self) -> Progress {
        Progress::new(self.progress, self.quiet, self.color)
    }
}

impl BuildArgs {
    /// The request that these options are.
    pub(super) fn request(&self, output: &Output) -> Request {
        let flag = |given: bool, name: &str| given.then(|| name.to_owned());
        let flags = [
            flag(self.locked, "--locked"),
            flag(self.offline, "--offline"),
            flag(self.frozen, "--frozen"),
            flag(output.quiet, "--quiet"),
        ];
        let mut arguments: Vec<String> = flags.into_iter().flatten().collect();
        arguments.extend(self.jobs.iter().map(|jobs| format!("--jobs={jobs}")));
        match output.color {
            Colour::Auto => {}
            Colour::Always => arguments.push("--color=always".to_owned()),
            Colour::Never => arguments.push("--color=never".to_owned()),
        }
        Request {
            cargo: CargoOptions {
                profile: self.release.then(|| "release".to_owned()).or_else(|| self.profile.clone()),
                target: self.target.clone(),
                features: self.features.clone(),
            },
            passed: CargoPassthrough {
                arguments,
                target_dir: self.target_dir.clone(),
                verbose: self.verbose,
                reproducible: self.reproducible,
            },
            base: self.base.clone(),
            locked: self.locked || self.frozen,
            update: false,
            offline: self.offline || self.frozen,
            compression: Compression::default(),
        }
    }
}
