//! Why a build stage failed.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::Site;
use lapstrake::value::{ImagePath, SecretId};

use super::sources::SourcesError;
use crate::base::BaseError;
use crate::emit;
use crate::engine::cached::ContextError;
use crate::engine::secrets::keep_secret;
use crate::engine::{EngineError, SecretError};
use crate::inputs::InputError;
use crate::plan::{PlannedBuildStage, Product};
use crate::project::assets::SourceError;
use crate::support::explain::Explain;
use lapstrake_oci::{BlobError, LayoutError};

/// A build stage failed.
#[derive(Debug, thiserror::Error)]
#[error("{} `{reference}` {}", if *.has_steps { "the build stage in" } else { "files of" }, if *.has_steps { "failed" } else { "can't be taken" })]
pub(crate) struct BuildStageError {
    pub(crate) reference: String,
    pub(crate) has_steps: bool,
    pub(crate) source: Cause,
}

/// Why a build stage failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error(transparent)]
    Engine(Box<EngineError>),
    #[error("its steps made no `{product}`")]
    NoResult { product: String },
    #[error("it has to run, and `--engine native` runs nothing")]
    EngineNeeded,
    #[error("the builder image is not in the engine's storage, and `--offline` was given")]
    Offline,
    #[error("the secrets of its steps can't be read")]
    Secret(#[from] SecretError),
    #[error("`{product}` holds the secret `{id}`: a step wrote it there")]
    Leaked { product: String, id: SecretId },
    #[error("the sources for cargo can't be gathered")]
    Sources(#[from] SourcesError),
    #[error("the files that its steps read can't be read")]
    Inputs(#[from] InputError),
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error("`{module}` is not signed, although its step has ended well")]
    Unsigned { module: String },
    #[error("its image can't be read")]
    Base(#[from] BaseError),
    #[error("the builder image can't be written to the context")]
    Builder(#[from] LayoutError),
    #[error("its result `{path}` can't be read")]
    Result { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` is a file of the {of}, and its entry takes a directory")]
    NoDirectory { path: ImagePath, of: &'static str },
    #[error("`{path}` is a directory of the {of}, and `File::from_{of}` takes a file")]
    NoFile { path: ImagePath, of: &'static str },
    #[error("the image has no `{path}`")]
    NotInImage { path: ImagePath, near: Option<ImagePath> },
    #[error("`{path}` of the image is a device, and no layer can hold one")]
    Device { path: ImagePath },
    #[error("a layer of the image can't be read")]
    Layer(#[source] io::Error),
    #[error("a layer of the image can't be read")]
    Blob(#[from] BlobError),
    #[error("a directory that it made can't be read")]
    Tree(#[from] SourceError),
    #[error("its results can't be kept in `{folder}`")]
    Keep { folder: Utf8PathBuf, source: io::Error },
    #[error("its cache key can't be made")]
    CacheKey(#[source] serde_json::Error),
}

/// Returns the error of a result that can't be read or written at a path.
pub(super) fn failed(path: &Utf8Path) -> impl FnOnce(io::Error) -> Cause {
    let path = path.to_owned();
    |source| Cause::Result { path, source }
}

impl From<EngineError> for Cause {
    fn from(error: EngineError) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl Cause {
    /// Returns the part of a stage that failed: the step, or the stage.
    pub(super) fn site(&self, stage: &PlannedBuildStage) -> Site {
        let step = if let Self::Engine(source) = self { source.step() } else { None };
        step.and_then(|step| emit::named(&stage.runs, step)).map_or(stage.site, |run| run.site)
    }

    /// Returns the error as it is for a user: the copy of a result that fails is a result that no step made. The
    /// engine reports this only as a failed step, and a builder image need not have a program that could test for it.
    pub(super) fn of(self, stage: &PlannedBuildStage) -> Self {
        let product = || {
            let Self::Engine(source) = &self else { return None };
            let (_, number) = source.step()?.strip_prefix("COPY --from=stage ")?.rsplit_once(" /")?;
            stage.results.iter().nth(number.parse().ok()?)
        };
        match product() {
            Some(Product::Path(path) | Product::Tree(path)) if !stage.has_steps() => {
                Self::NotInImage { path: path.clone(), near: None }
            }
            Some(product) => Self::NoResult { product: product.to_string() },
            None => self,
        }
    }
}

impl Explain for BuildStageError {
    fn help(&self) -> Option<String> {
        match &self.source {
            Cause::Engine(source) => source.help(),
            Cause::NoResult { .. } => Some("let a step make it, or name a file that a step makes".to_owned()),
            Cause::EngineNeeded => {
                Some("run it without `--engine`: podman or buildah runs the stage".to_owned())
            }
            Cause::Offline => Some("build once without `--offline`".to_owned()),
            Cause::Secret(source) => source.help(),
            Cause::Leaked { id, .. } => Some(keep_secret(id)),
            Cause::Unsigned { .. } => {
                Some("install the kernel's own `scripts/sign-file` in the stage: `kernel-devel`".to_owned())
            }
            Cause::Sources(source) => source.help(),
            Cause::Inputs(source) => source.help(),
            Cause::Base(source) => source.help(),
            Cause::Context(_)
            | Cause::Builder(_)
            | Cause::Result { .. }
            | Cause::Keep { .. }
            | Cause::Tree(_)
            | Cause::Layer(_)
            | Cause::Blob(_)
            | Cause::CacheKey(_) => None,
            Cause::NoFile { path, of } => Some(format!("write `Tree::from_{of}(…, {:?}, …)`", path.as_str())),
            Cause::NotInImage { near, .. } => near.as_ref().map(|near| format!("did you mean `{near}`?")),
            Cause::Device { .. } => Some("take the directories beside it, each by an entry".to_owned()),
            Cause::NoDirectory { path, of } => {
                let module =
                    if *of == "stage" { ", or let the stage name a kernel module `NAME.ko`" } else { "" };
                Some(format!("write `File::from_{of}(…, {:?}, …)`{module}", path.as_str()))
            }
        }
    }
}
