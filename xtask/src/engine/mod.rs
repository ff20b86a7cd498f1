//! An engine: podman, or buildah where podman is missing, for what has to run inside the image. It makes
//! one layer at a time out of a context that this crate wrote, and hands it back as a tar; what the
//! layer means, and whether it is needed, is decided elsewhere.

mod diagnosis;
mod export;
mod leftover;
mod program;
mod rewrite;
mod talk;
#[cfg(test)]
mod tests;

use std::io;

use camino::Utf8Path;

pub(crate) use diagnosis::Diagnosis;
pub(crate) use program::Program;
pub(crate) use rewrite::RewriteError;

use crate::base::BaseIndex;
use crate::native::Epoch;
use crate::progress::Progress;

/// A layer that is to be made: its context stands in a folder, with a Containerfile.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) context: &'a Utf8Path,
    /// The name that the Containerfile's FROM gives the base in the engine's storage.
    pub(crate) base: &'a str,
    /// How many layers that base has.
    pub(crate) below: usize,
    pub(crate) network: bool,
    pub(crate) epoch: Epoch,
}

/// An engine could not make a layer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error("neither podman nor buildah is installed, and a layer runs something inside the image")]
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
    /// One line to paste.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Missing | Self::Absent { .. } => {
                Some("run `apt install podman`, or `dnf install podman`".to_owned())
            }
            Self::Failed { diagnosis, program, .. } => diagnosis.help(*program),
            _ => None,
        }
    }
}

/// A layer that an engine made.
#[derive(Debug)]
pub(crate) struct Made {
    tar: std::fs::File,
    /// What the steps printed, line by line.
    pub(crate) said: Vec<String>,
}

/// Makes a layer. Whatever happens, neither image nor container of it stays behind.
pub(crate) fn make(program: Program, job: &Job<'_>, progress: &Progress) -> Result<Made, EngineError> {
    let folder = tempfile::tempdir().map_err(|source| EngineError::Output { program, source })?;
    let output = Utf8Path::from_path(folder.path()).unwrap_or(job.context);
    let built = program.build(job, output, progress);
    let exported = built.and_then(|said| {
        let tar = export::last_layer(program, output, job)?;
        Ok(Made { tar, said })
    });
    program.forget(output, job);
    exported
}

impl Made {
    /// Writes the layer in our own profile, as a change to `below`; with `caches` without the caches and
    /// logs of a package manager.
    pub(crate) fn write(
        &mut self,
        below: &BaseIndex,
        caches: bool,
        out: &mut dyn io::Write,
    ) -> Result<(), EngineError> {
        let mut tar = io::BufReader::with_capacity(256 << 10, &mut self.tar);
        Ok(rewrite::rewrite(&mut tar, below, caches, out)?)
    }
}
