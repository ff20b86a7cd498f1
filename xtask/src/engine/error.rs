//! Why an engine did not do its work.

use std::fmt;
use std::io;

use super::{ENGINES, Engine, RewriteError, names};
use crate::support::diagnosis::{Diagnosis, Task, failed_step};
use crate::support::explain::Explain;
use crate::support::program::ProgramError;

/// An engine did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    #[error("no engine is installed (`{}`), and something has to run inside an image", names("`, `"))]
    NoEngine,
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("{diagnosis}")]
    Failed {
        engine: &'static dyn Engine,
        diagnosis: Diagnosis,
        #[source]
        log: Log,
    },
    #[error("`{reference}` can't be pulled: {diagnosis}")]
    Pull {
        reference: String,
        diagnosis: Diagnosis,
        #[source]
        log: Log,
    },
    #[error("signals can't be caught")]
    Signals(#[source] io::Error),
    #[error("it was interrupted")]
    Interrupted,
    #[error("the result of `{engine}` can't be read")]
    Output { engine: &'static str, source: io::Error },
    #[error("`{engine}` made {found} layers on a base of {below}; one was expected")]
    Layers { engine: &'static str, found: usize, below: usize },
    #[error(transparent)]
    Rewrite(#[from] RewriteError),
}

/// The last lines of an engine's output.
#[derive(Debug)]
pub(crate) struct Log(pub(super) Vec<String>);

impl std::error::Error for Log {}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("last output:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl EngineError {
    /// Whether a layer vanished from the storage between two steps of the engine, for which the job is not to blame.
    pub(super) fn is_lost_layer(&self) -> bool {
        let Self::Failed { log, .. } = self else { return false };
        // containers/storage, `ErrLayerUnknown`.
        log.0.last().is_some_and(|line| line.ends_with(": layer not known"))
    }

    /// Returns the step that failed, as the engine names it.
    pub(crate) fn step(&self) -> Option<&str> {
        match self {
            Self::Failed { log, .. } => failed_step(&log.0),
            Self::NoEngine
            | Self::Program(_)
            | Self::Pull { .. }
            | Self::Signals(_)
            | Self::Interrupted
            | Self::Output { .. }
            | Self::Layers { .. }
            | Self::Rewrite(_) => None,
        }
    }
}

impl Explain for EngineError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoEngine => ENGINES[0].require().err().and_then(|missing| missing.help()),
            Self::Program(source) => source.help(),
            Self::Failed { engine, diagnosis, .. } => {
                diagnosis.help(Task::Build { list_storage: engine.list_storage() })
            }
            Self::Pull { reference, diagnosis, .. } => diagnosis.help(Task::Copy { reference }),
            Self::Rewrite(source) => source.help(),
            Self::Signals(_) | Self::Interrupted | Self::Output { .. } | Self::Layers { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ENGINES;
    use super::{Diagnosis, EngineError, Log};

    #[test]
    fn a_layer_that_vanished_is_told_from_other_failures() {
        let failed = |lines: &[&str]| {
            let lines: Vec<_> = lines.iter().map(|line| (*line).to_owned()).collect();
            let diagnosis = Diagnosis::of_build(&lines, false).expect("the build has failed");
            EngineError::Failed { engine: ENGINES[0], diagnosis, log: Log(lines) }
        };
        // podman 4.3, while another build removed its images.
        let lost = "Error: creating build container: committing the finished image: creating image \"1ba\": layer not known";
        assert!(failed(&["STEP 1/3: FROM oci:job:localhost/job", lost]).is_lost_layer());
        assert!(!failed(&[lost, "Error: exit status 1"]).is_lost_layer());
        assert!(!failed(&[]).is_lost_layer());
    }
}
