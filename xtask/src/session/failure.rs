//! Why a phase of the pipeline failed, for reasons outside of the description. One type for all phases adds the
//! image to what a room reports.

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
use crate::support::explain::Explain;

/// A phase failed, for reasons outside of the description.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the workspace can't be read")]
    Workspace(#[from] WorkspaceError),
    #[error("the cache can't be used")]
    Cache(#[source] BaseError),
    #[error("the lockfile can't be used")]
    Lock(#[from] LockError),
    #[error("the binaries of image `{image}` can't be compiled")]
    Compile { image: ImageName, source: CompileError },
    #[error("a build stage of image `{image}` failed")]
    BuildStage { image: ImageName, place: Place, source: Box<BuildStageError> },
    #[error("the files of image `{image}` can't be read")]
    Inputs { image: ImageName, source: InputError },
    #[error("the files of image `{image}` can't be checked")]
    Read { image: ImageName, source: std::io::Error },
    #[error(
        "layer `{layer}` of image `{image}` runs something inside the image, and `--engine native` runs nothing"
    )]
    EngineNeeded { image: ImageName, layer: String },
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
    /// Returns the line of the description that failed, where it is known.
    pub(crate) fn place(&self) -> Option<&Place> {
        match self {
            Self::EngineLayers { place, .. } => place.as_ref(),
            Self::BuildStage { place, .. } => Some(place),
            Self::Workspace(_)
            | Self::Cache(_)
            | Self::Lock(_)
            | Self::Compile { .. }
            | Self::Inputs { .. }
            | Self::Read { .. }
            | Self::EngineNeeded { .. }
            | Self::Build { .. }
            | Self::Emit { .. }
            | Self::Deliver { .. }
            | Self::Boot { .. }
            | Self::Store(_)
            | Self::Epoch(_) => None,
        }
    }
}

impl Explain for Failure {
    fn help(&self) -> Option<String> {
        match self {
            Self::Workspace(source) => source.help(),
            Self::Cache(source) => source.help(),
            Self::Lock(source) => source.help(),
            Self::Compile { source, .. } => source.help(),
            Self::BuildStage { source, .. } => source.help(),
            Self::Inputs { source, .. } => source.help(),
            Self::EngineNeeded { .. } => {
                Some("run it without `--engine`: podman or buildah builds that layer".to_owned())
            }
            Self::EngineLayers { source, .. } => source.help(),
            Self::Build { source, .. } => source.help(),
            Self::Emit { source, .. } => source.help(),
            Self::Deliver { source, .. } => source.help(),
            Self::Boot { source, .. } => source.help(),
            Self::Store(source) => source.help(),
            Self::Epoch(source) => source.help(),
            Self::Read { .. } => None,
        }
    }

    fn site(&self) -> Option<Site> {
        self.place().map(|place| place.site)
    }
}
