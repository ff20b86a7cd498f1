//! Which program is the engine, and the commands it is given. podman and buildah take the same words for
//! all but two of them.

use std::fmt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use camino::Utf8Path;

use super::output::{self, Ended};
use super::secrets::Secrets;
use super::{EngineError, Job, Log};
use crate::support::diagnosis::Diagnosis;
use crate::support::program;
use crate::support::progress::Progress;

/// The folder to which an image is exported.
pub(super) const EXPORTED: &str = "image";

/// A program that builds layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Podman,
    Buildah,
}

impl Program {
    /// podman where it is installed, else buildah.
    pub(crate) fn find() -> Result<Self, EngineError> {
        let found = [Self::Podman, Self::Buildah].into_iter().find(|program| program.is_installed());
        found.ok_or(EngineError::Missing)
    }

    /// This one, if it is installed.
    pub(crate) fn installed(self) -> Result<Self, EngineError> {
        if self.is_installed() { Ok(self) } else { Err(EngineError::Absent { program: self }) }
    }

    fn is_installed(self) -> bool {
        match self {
            Self::Podman => program::Program::PODMAN.is_installed(),
            Self::Buildah => program::Program::BUILDAH.is_installed(),
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Buildah => "buildah",
        }
    }

    /// The command that shows what the engine's storage holds.
    pub(super) fn list_storage(self) -> &'static str {
        match self {
            Self::Podman => "podman system df",
            Self::Buildah => "buildah images",
        }
    }

    fn command(self) -> Command {
        Command::new(self.as_str())
    }

    /// Builds the context of a job, as one layer or for what its last stage holds; gives what the
    /// steps printed for us.
    pub(super) fn build(
        self,
        job: &Job<'_>,
        output: &Utf8Path,
        progress: &Progress,
    ) -> Result<Vec<String>, EngineError> {
        let mut command = self.command();
        command.current_dir(job.context);
        command.args(["build", "--layers=false", "--force-rm", "--no-cache", "--pull=never", "--timestamp"]);
        command.arg(job.epoch.seconds().to_string());
        command.arg("--tag").arg(made(job));
        // Where an engine that was killed left something, it goes with the folder.
        command.env("TMPDIR", output);
        if !job.network {
            command.args(["--network", "none"]);
        }
        if let Some(folder) = job.results {
            command.arg("--output").arg(format!("type=local,dest={folder}"));
        }
        job.secrets.give(&mut command);
        command.arg(".");
        self.run(&mut command, job.secrets, progress)
    }

    /// The id of an image in the engine's storage, if it is there.
    pub(super) fn known(self, image: &str) -> Option<String> {
        let mut command = self.command();
        command.args(["inspect", "--type", "image", "--format", self.id_format(), image]);
        let output = command.stdin(Stdio::null()).output().ok()?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !id.is_empty()).then_some(id)
    }

    fn id_format(self) -> &'static str {
        match self {
            Self::Podman => "{{.Id}}",
            Self::Buildah => "{{.FromImageID}}",
        }
    }

    /// Brings an image from its registry into the engine's storage.
    pub(super) fn pull(self, image: &str, progress: &Progress) -> Result<(), EngineError> {
        let mut command = self.command();
        command.args(["pull", image]);
        self.run(&mut command, &Secrets::none(), progress).map(drop)
    }

    /// Writes the image that was built to a folder, its layers as plain tars (containers-transports(5),
    /// `dir:`).
    pub(super) fn export(self, output: &Utf8Path, job: &Job<'_>) -> Result<(), EngineError> {
        let mut command = self.command();
        command.args(["push", "--quiet"]);
        if self == Self::Buildah {
            command.arg("--disable-compression");
        }
        command.arg(made(job));
        command.arg(format!("dir:{}", output.join(EXPORTED)));
        self.run(&mut command, &Secrets::none(), &Progress::silent()).map(drop)
    }

    /// Removes what a job left in the engine's storage. That there is nothing is no failure.
    pub(super) fn forget(self, job: &Job<'_>) {
        let remove = |arguments: &[&str]| {
            let mut command = self.command();
            // Ctrl-C is for what is at work, and not for what tidies up after it.
            command.args(arguments).stdin(Stdio::null()).process_group(0);
            drop(command.output());
        };
        let container = format!("{}-working-container", job.name);
        match self {
            Self::Podman => remove(&["rm", "--force", &container]),
            Self::Buildah => remove(&["rm", &container]),
        }
        // By their names: another build, or the user, may have images of the same ids.
        remove(&["rmi", "--force", &made(job)]);
        remove(&["rmi", "--force", &format!("localhost/{}", job.name)]);
    }

    fn run(
        self,
        command: &mut Command,
        secrets: &Secrets,
        progress: &Progress,
    ) -> Result<Vec<String>, EngineError> {
        let ended = output::run(command, secrets, progress);
        let Ended { succeeded, said, listed } =
            ended.map_err(|source| EngineError::Start { program: self, source })?;
        match Diagnosis::of_build(&said, succeeded) {
            None => Ok(listed),
            Some(diagnosis) => {
                Err(EngineError::Failed { program: self, diagnosis, log: Log(output::last(&said)) })
            }
        }
    }
}

/// What the engine calls what a job makes.
fn made(job: &Job<'_>) -> String {
    format!("localhost/{}-made", job.name)
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
