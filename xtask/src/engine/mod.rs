//! An engine: podman, or buildah where podman is missing, for what has to run inside the image. It makes
//! one layer at a time out of a context that this crate wrote, and hands it back as a tar; what the
//! layer means, and whether it is needed, is decided elsewhere.

pub(crate) mod build_stage;
mod debris;
mod export;
mod interrupt;
pub(crate) mod layers;
mod output;
mod program;
mod rewrite;
mod secrets;
mod stored;

use std::io;

use camino::Utf8Path;

pub(crate) use interrupt::reraise_signal;
pub(crate) use program::Program;
pub(crate) use rewrite::RewriteError;
pub(crate) use secrets::{SecretError, Secrets};

use self::interrupt::SignalGuard;
use crate::base::BaseIndex;
use crate::image::Epoch;
use crate::support::diagnosis::{Diagnosis, Task, failed_step};
use crate::support::explain::Explain;
use crate::support::progress::Progress;

/// Which program may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// None: what was not kept is not known.
    Idle,
    /// podman, or else buildah.
    Any,
    This(Program),
}

impl Engine {
    /// The program, which is installed; none where none may be started.
    pub(crate) fn program(self) -> Result<Option<Program>, EngineError> {
        match self {
            Self::Idle => Ok(None),
            Self::Any => Program::find().map(Some),
            Self::This(program) => program.installed().map(Some),
        }
    }
}

/// A layer that is to be made, or a stage that is to be run: its context stands in a folder, with a Containerfile.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) context: &'a Utf8Path,
    /// What is this job's alone: the folder in the context that FROM names, where the image below is in one,
    /// and what the engine calls what it makes.
    pub(crate) name: &'a str,
    pub(crate) network: bool,
    pub(crate) epoch: Epoch,
    pub(crate) secrets: &'a Secrets,
    /// The folder for what the last stage of the Containerfile holds, where that is all that is wanted.
    pub(crate) results: Option<&'a Utf8Path>,
}

/// An engine could not make a layer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error("neither podman nor buildah is installed, and something has to run inside an image")]
    Missing,
    #[error("`{program}` is not installed")]
    Absent { program: Program },
    #[error("`{program}` can't be started")]
    Start { program: Program, source: io::Error },
    #[error("{diagnosis}")]
    Failed {
        program: Program,
        diagnosis: Diagnosis,
        /// The last lines of what it said.
        #[source]
        log: Log,
    },
    #[error("signals can't be waited for")]
    Signals(#[source] io::Error),
    #[error("it was interrupted")]
    Interrupted,
    #[error("what `{program}` made can't be read")]
    Output { program: Program, source: io::Error },
    #[error("`{program}` made {found} layers on a base of {below}; one was asked for")]
    Layers { program: Program, found: usize, below: usize },
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
}

/// The end of an engine's talk.
#[derive(Debug)]
pub(crate) struct Log(Vec<String>);

impl std::error::Error for Log {}

impl std::fmt::Display for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("it said last:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl EngineError {
    /// The step that failed, as the engine names it.
    pub(crate) fn step(&self) -> Option<&str> {
        match self {
            Self::Failed { log, .. } => failed_step(&log.0),
            _ => None,
        }
    }
}

impl Explain for EngineError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Missing => Some(install(Program::Podman)),
            Self::Absent { program } => Some(install(*program)),
            Self::Failed { diagnosis, program, .. } => {
                diagnosis.help(Task::Build { list_storage: program.list_storage() })
            }
            Self::Rewrite(RewriteError::Secret { id, .. }) => {
                Some(format!("let the step read `/run/secrets/{id}` and write nothing of it"))
            }
            _ => None,
        }
    }
}

fn install(program: Program) -> String {
    format!("run `apt install {program}`, or `dnf install {program}`")
}

/// A layer that an engine made.
#[derive(Debug)]
pub(crate) struct Made {
    tar: std::fs::File,
    /// What the steps printed for us, line by line.
    pub(crate) listed: Vec<String>,
}

/// Makes a layer on a base of `below` layers. Whatever happens, neither image nor container of it stays
/// behind.
pub(crate) fn make(
    program: Program,
    job: &Job<'_>,
    below: usize,
    progress: &Progress,
) -> Result<Made, EngineError> {
    let _watch = SignalGuard::start().map_err(EngineError::Signals)?;
    let folder = output_folder(program, job)?;
    let output = Utf8Path::from_path(folder.path()).unwrap_or(job.context);
    let built = program.build(job, output, progress);
    let exported = built.and_then(|listed| {
        let tar = export::last_layer(program, output, job, below)?;
        Ok(Made { tar, listed })
    });
    program.forget(job);
    if SignalGuard::is_interrupted() { Err(EngineError::Interrupted) } else { exported }
}

/// Runs the stages of a Containerfile for what the last one holds.
pub(crate) fn extract(program: Program, job: &Job<'_>, progress: &Progress) -> Result<(), EngineError> {
    let _watch = SignalGuard::start().map_err(EngineError::Signals)?;
    let folder = output_folder(program, job)?;
    let output = Utf8Path::from_path(folder.path()).unwrap_or(job.context);
    let built = program.build(job, output, progress);
    program.forget(job);
    if SignalGuard::is_interrupted() { Err(EngineError::Interrupted) } else { built.map(drop) }
}

/// The folder for what an engine writes: in the context, for it lies where the layer will, and a whole image
/// may be large.
fn output_folder(program: Program, job: &Job<'_>) -> Result<tempfile::TempDir, EngineError> {
    let folder = match std::env::var_os("TMPDIR") {
        Some(chosen) => tempfile::tempdir_in(chosen),
        None => tempfile::tempdir_in(job.context),
    };
    folder.map_err(|source| EngineError::Output { program, source })
}

/// A name for a job that no other build has, as a repository's name has to be: of its context's.
pub(crate) fn name_of(context: &Utf8Path) -> String {
    let own: String = context.file_name().unwrap_or_default().to_lowercase();
    let own = own.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    format!("lapstrake-{}-{own}", std::process::id())
}

/// The name by which the engine knows an image of a registry or of its own storage; it is pulled where it
/// is not there.
pub(crate) fn image(program: Program, reference: &str, progress: &Progress) -> Result<String, EngineError> {
    if let Some(id) = program.known(reference) {
        return Ok(id);
    }
    program.pull(reference, progress)?;
    Ok(program.known(reference).unwrap_or_else(|| reference.to_owned()))
}

/// Whether the engine's storage has an image.
pub(crate) fn has_image(program: Program, reference: &str) -> bool {
    program.known(reference).is_some()
}

impl Made {
    /// Writes the layer in our own profile, as a change to `below`; with `caches` without the caches and
    /// logs of a package manager.
    pub(crate) fn write(
        &mut self,
        below: &BaseIndex,
        caches: bool,
        secrets: &Secrets,
        out: &mut dyn io::Write,
    ) -> Result<(), EngineError> {
        let mut tar = io::BufReader::with_capacity(256 << 10, &mut self.tar);
        Ok(rewrite::rewrite(&mut tar, below, caches, secrets, out)?)
    }
}
