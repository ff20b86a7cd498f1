//! Why a phase of the pipeline failed, for reasons outside of the description. One type for all phases adds the
//! image to what a room reports.

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::Site;
use lapstrake::value::{ImageName, LayerName};

use super::compare_error::CompareError;
use super::lower_files::TextError;
use crate::base::BaseError;
use crate::boot::BootError;
use crate::cargo::CompileError;
use crate::deliver::DeliverError;
use crate::emit::EmitError;
use crate::engine::build_stage::BuildStageError;
use crate::engine::layers::EngineLayersError;
use crate::image::{self, NativeError};
use crate::inputs::{FetchError, InputError};
use crate::project::assets::SourceError;
use crate::project::cargo_lock::CargoLockError;
use crate::project::lockfile::LockError;
use crate::project::workspace::WorkspaceError;
use crate::store::StoreError;
use crate::support::explain::{Explain, Located};
use crate::support::os_error;

/// A phase failed, for reasons outside of the description.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the workspace can't be read")]
    Workspace(#[from] WorkspaceError),
    #[error("the cache can't be used")]
    Cache(#[source] BaseError),
    #[error("the binaries can't be compiled as they are locked")]
    CargoLock(#[from] CargoLockError),
    #[error("the lockfile can't be used")]
    Lock(#[from] LockError),
    #[error("the binaries of image `{image}` can't be compiled")]
    Compile { image: ImageName, source: CompileError },
    #[error("the build stages of image `{image}` can't be run")]
    BuildStage { image: ImageName, root: Utf8PathBuf, source: Box<Located<BuildStageError>> },
    #[error("a directory that a build stage of image `{image}` made can't be read")]
    StageTree { image: ImageName, source: SourceError },
    #[error("the files of image `{image}` can't be read")]
    Inputs { image: ImageName, root: Utf8PathBuf, source: InputError },
    #[error("the files that image `{image}` copies can't be read from the layers below")]
    Lower { image: ImageName, source: TextError },
    #[error("the files of image `{image}` can't be downloaded")]
    Fetch { image: ImageName, root: Utf8PathBuf, source: Box<FetchError> },
    #[error("the files of image `{image}` can't be checked")]
    Read { image: ImageName, source: std::io::Error },
    #[error(
        "layer `{layer}` of image `{image}` runs something inside the image, and `--engine native` runs nothing"
    )]
    EngineNeeded { image: ImageName, layer: LayerName },
    #[error("image `{image}` can't be built")]
    EngineLayers { image: ImageName, root: Utf8PathBuf, source: Box<Located<EngineLayersError>> },
    #[error("image `{image}` can't be built")]
    Build { image: ImageName, source: Box<NativeError> },
    #[error("image `{image}` can't be written as a context")]
    Emit { image: ImageName, root: Utf8PathBuf, source: EmitError },
    #[error("image `{image}` can't be delivered")]
    Deliver { image: ImageName, source: DeliverError },
    #[error("the boot of image `{image}` failed")]
    Boot { image: ImageName, source: Box<BootError> },
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Epoch(#[from] image::EpochError),
}

impl Failure {
    /// Returns the workspace in which the line of the description is, if there is one.
    pub(crate) fn root(&self) -> Option<&Utf8Path> {
        match self {
            Self::EngineLayers { root, .. }
            | Self::BuildStage { root, .. }
            | Self::Inputs { root, .. }
            | Self::Fetch { root, .. }
            | Self::Emit { root, .. } => Some(root),
            Self::Workspace(_)
            | Self::Cache(_)
            | Self::CargoLock(_)
            | Self::Lock(_)
            | Self::Compile { .. }
            | Self::StageTree { .. }
            | Self::Lower { .. }
            | Self::Read { .. }
            | Self::EngineNeeded { .. }
            | Self::Build { .. }
            | Self::Deliver { .. }
            | Self::Boot { .. }
            | Self::Compare(_)
            | Self::Store(_)
            | Self::Epoch(_) => None,
        }
    }

    fn explained(&self) -> Option<&dyn Explain> {
        match self {
            Self::Workspace(source) => Some(source),
            Self::Cache(source) => Some(source),
            Self::CargoLock(source) => Some(source),
            Self::Lock(source) => Some(source),
            Self::Compile { source, .. } => Some(source),
            Self::BuildStage { source, .. } => Some(&**source),
            Self::StageTree { source, .. } => Some(source),
            Self::Inputs { source, .. } => Some(source),
            Self::Fetch { source, .. } => Some(&**source),
            Self::EngineLayers { source, .. } => Some(&**source),
            Self::Build { source, .. } => Some(&**source),
            Self::Emit { source, .. } => Some(source),
            Self::Deliver { source, .. } => Some(source),
            Self::Boot { source, .. } => Some(&**source),
            Self::Compare(source) => Some(source),
            Self::Store(source) => Some(source),
            Self::Epoch(source) => Some(source),
            Self::Lower { .. } | Self::Read { .. } | Self::EngineNeeded { .. } => None,
        }
    }
}

impl Explain for Failure {
    fn help(&self) -> Option<String> {
        if let Self::EngineNeeded { .. } = self {
            return Some("run it without `--engine`: podman or buildah builds that layer".to_owned());
        }
        self.explained().and_then(Explain::help).or_else(|| os_error::help(self))
    }

    fn site(&self) -> Option<Site> {
        self.explained()?.site()
    }
}
