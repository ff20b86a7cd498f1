//! Why a base can't be used. There is one type for all transports. It names the blob, and its causes the member.

use camino::Utf8PathBuf;
use lapstrake::Site;
use lapstrake::value::Architecture;
use std::io;

use crate::finding::Finding;
use crate::support::diagnosis::{Diagnosis, Task};
use crate::support::explain::Explain;
use crate::support::os_error;
use crate::support::program::{Program, ProgramError};
use lapstrake_oci::tar::LayerError;
use lapstrake_oci::{ArchiveError, BlobError, Digest, DigestError, LayoutError};

/// A base can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BaseError {
    #[error("no place for a cache is known: `HOME` is not set")]
    NoCache,
    #[error("`{path}` in the cache can't be written")]
    Cache { path: Utf8PathBuf, source: io::Error },
    #[error("{place} can't be read")]
    NoProgram { place: &'static str, source: ProgramError },
    #[error(transparent)]
    Program(#[from] ProgramError),
    #[error("`{reference}` is not in the cache, and `--offline` was given")]
    Offline { reference: String },
    #[error("`{reference}` can't be had: {why}: {said}")]
    Transport { reference: String, why: Diagnosis, said: String },
    #[error("what `{program}` wrote can't be read")]
    Transported { program: Program, source: io::Error },
    #[error("the OCI layout can't be read")]
    Layout(#[source] LayoutError),
    #[error("`{file}` can't be read")]
    File { file: Utf8PathBuf, source: io::Error },
    #[error("`{file}` is not an OCI archive that can be used")]
    Archive { file: Utf8PathBuf, source: ArchiveError },
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error("blob `{digest}` is not a valid OCI document")]
    Document { digest: Digest, source: serde_json::Error },
    #[error("document `{digest}` has {values} values; the limit is 200000")]
    Values { digest: Digest, values: usize },
    #[error("image `{digest}` has {layers} layers; podman and overlayfs take at most 500")]
    Layers { digest: Digest, layers: usize },
    #[error("blob `{digest}` names a blob that can't be used")]
    Reference { digest: Digest, source: DigestError },
    #[error("the layout names a blob that can't be used")]
    Listed(#[source] DigestError),
    #[error("blob `{digest}` is `{media_type}`, which is not a container image")]
    MediaType { digest: Digest, media_type: String },
    #[error("index `{digest}` has no image for {wanted}; it has {known}")]
    NoArchitecture { digest: Digest, wanted: String, known: String },
    #[error("image `{digest}` is for `{found}`, not for `{wanted}`")]
    Architecture { digest: Digest, wanted: Architecture, found: Architecture },
    #[error("config `{digest}` is for `{os}` on `{architecture}`, which bootc does not install on")]
    Platform { digest: Digest, os: String, architecture: String },
    #[error("config `{digest}` has {diff_ids} diff_ids, and the manifest {layers} layers")]
    DiffIds { digest: Digest, diff_ids: usize, layers: usize },
    #[error("layer `{digest}` holds a tar with the digest `{found}`; the config says `{expected}`")]
    DiffId { digest: Digest, expected: Digest, found: Digest },
    #[error("layer `{digest}` can't be used")]
    Layer { digest: Digest, source: LayerError },
    #[error("`{reference}` is pinned to `{pinned}`, and now stands for `{found}`")]
    Moved { reference: String, pinned: Digest, found: Digest },
    #[error("the stand-in has no compiler")]
    NoCompiler,
    #[error("the stand-in base can't be made")]
    StandIn(#[source] io::Error),
}

impl Explain for BaseError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NoCache => Some("set `LAPSTRAKE_CACHE` to a directory".to_owned()),
            Self::NoProgram { source, .. } | Self::Program(source) => source.help(),
            Self::Transport { reference, why, .. } => why.help(Task::Copy { reference }),
            Self::NoCompiler => {
                Some("name an image with one: `BuildStage::on(Base::registry(\"…\"))`".to_owned())
            }
            Self::Offline { .. } => Some("build once without `--offline`".to_owned()),
            Self::Moved { .. } => Some("run `cargo xtask image lock --update`".to_owned()),
            Self::Architecture { found, .. } => {
                Some(format!("write `.architecture(\"{found}\")`, or take another base"))
            }
            Self::Cache { path, .. } => {
                let delete = || format!("delete `{path}`; it holds only what is fetched and made again");
                Some(os_error::help(self).unwrap_or_else(delete))
            }
            Self::Transported { .. }
            | Self::Layout(_)
            | Self::File { .. }
            | Self::Archive { .. }
            | Self::Blob(_)
            | Self::Document { .. }
            | Self::Values { .. }
            | Self::Layers { .. }
            | Self::Reference { .. }
            | Self::Listed(_)
            | Self::MediaType { .. }
            | Self::NoArchitecture { .. }
            | Self::Platform { .. }
            | Self::DiffIds { .. }
            | Self::DiffId { .. }
            | Self::Layer { .. }
            | Self::StandIn(_) => None,
        }
    }
}

impl BaseError {
    /// Returns the error as a finding, at the line of the description that names the base.
    pub(crate) fn into_finding(self, site: Site) -> Finding {
        self.finding("base", site)
    }

    /// Returns the error as a finding about the builder image of a stage.
    pub(crate) fn into_builder_finding(self, site: Site) -> Finding {
        self.finding("builder image", site)
    }

    fn finding(self, what: &str, site: Site) -> Finding {
        let mut message = format!("the {what} can't be used: {self}");
        let mut source = std::error::Error::source(&self);
        while let Some(cause) = source {
            message = format!("{message}: {cause}");
            source = cause.source();
        }
        Finding::fatal("base", site, message).help_if(self.help())
    }
}
