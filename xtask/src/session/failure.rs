//! Why a step of the pipeline failed for a reason outside of the description: one type for all steps, which
//! adds the image to the error of a room.

use camino::Utf8PathBuf;
use lapstrake::Site;
use lapstrake::value::ImageName;

use crate::base::BaseError;
use crate::boot::BootError;
use crate::cargo::CompileError;
use crate::deliver::DeliverError;
use crate::emit::EmitError;
use crate::engine::build_stage::BuildStageError;
use crate::engine::layers::EngineLayersError;
use crate::image::{self, NativeError};
use crate::inputs::InputError;
use crate::project::lockfile::LockError;
use crate::project::workspace::WorkspaceError;
use crate::store::StoreError;

/// A step of the pipeline failed for a reason outside of the description.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the workspace can't be read")]
    Workspace(#[from] WorkspaceError),
    #[error("the cache can't be used")]
    Cache(#[source] BaseError),
    #[error("the lock file can't be used")]
    Lock(#[from] LockError),
    #[error("the binaries of image `{image}` can't be compiled")]
    Compile { image: ImageName, source: CompileError },
    #[error("a stage of image `{image}` can't be made")]
    Stages { image: ImageName, place: Place, source: Box<BuildStageError> },
    #[error("the files of image `{image}` can't be read")]
    Stage { image: ImageName, source: InputError },
    #[error("the contents of image `{image}` can't be read")]
    Read { image: ImageName, source: std::io::Error },
    #[error(
        "layer `{layer}` of image `{image}` runs something inside the image, and `--engine native` runs nothing"
    )]
    Engine { image: ImageName, layer: String },
    #[error("image `{image}` can't be built")]
    EngineLayers { image: ImageName, place: Option<Place>, source: Box<EngineLayersError> },
    #[error("image `{image}` can't be built")]
    Build { image: ImageName, source: Box<NativeError> },
    #[error("image `{image}` can't be written as a context")]
    Emit { image: ImageName, source: EmitError },
    #[error("image `{image}` can't be delivered")]
    Deliver { image: ImageName, source: DeliverError },
    #[error("the boot of image `{image}` failed")]
    Boot { image: ImageName, source: Box<BootError> },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Epoch(#[from] image::EpochError),
}

/// A line of the description, and the workspace in which it is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) site: Site,
    pub(crate) root: Utf8PathBuf,
}

impl Failure {
    /// Returns the part of the description that failed, if it is known.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::EngineLayers { place, .. } => place.as_ref(),
            Self::Stages { place, .. } => Some(place),
            _ => None,
        }
    }

    /// Returns one line to paste.
    pub(crate) fn help(&self) -> Option<String> {
        match self {
            Self::Lock(error) => error.help().map(str::to_owned),
            Self::Compile { source, .. } => source.help().map(str::to_owned),
            Self::Engine { .. } => Some("leave `--engine` out: podman or buildah does that part".to_owned()),
            Self::EngineLayers { source, .. } => source.help(),
            Self::Stages { source, .. } => source.help(),
            Self::Deliver { source, .. } => source.help().map(str::to_owned),
            Self::Boot { source, .. } => source.help(),
            Self::Store(error) => error.help(),
            Self::Emit { source: EmitError::Foreign { .. }, .. } => {
                Some("name another folder with `--output DIR`".to_owned())
            }
            _ => None,
        }
    }
}
