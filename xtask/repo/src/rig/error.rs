//! Why a part of the rig can't be made, and what to do about it.

use std::io;
use std::process::ExitStatus;

use camino::Utf8PathBuf;

#[derive(Debug, thiserror::Error)]
pub(super) enum RigError {
    #[error("the rig can only be made by root")]
    NotRoot,
    #[error("apt knows no archive of Debian")]
    NoArchive,
    #[error("can't start `{program}`")]
    Start { program: &'static str, source: io::Error },
    #[error("`{program}` failed: {status}")]
    Failed { program: &'static str, status: ExitStatus },
    #[error("`{program}` printed something else than text")]
    Printed { program: &'static str, source: std::string::FromUtf8Error },
    #[error("can't read or write `{path}`")]
    File { path: Utf8PathBuf, source: io::Error },
    #[error("can't print the result")]
    Print(#[source] io::Error),
}

impl RigError {
    pub(super) fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotRoot => Some("run it as root, as in CI: packages are unpacked with their owners"),
            Self::NoArchive => {
                Some("on Debian run `apt-get update`; other systems have no parts to make it from")
            }
            Self::Start { .. } => Some("install what the warnings above say is missing"),
            Self::Failed { .. } => Some("what it said is above; the same command makes what is left to make"),
            Self::Printed { .. } | Self::File { .. } | Self::Print(_) => None,
        }
    }
}
