//! Why an engine layer can't be made.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::Site;
use lapstrake::value::LayerName;

use crate::base::BaseError;
use crate::emit;
use crate::engine::cached::ContextError;
use crate::engine::{EngineError, SecretError};
use crate::image::NativeError;
use crate::plan::PlannedLayer;
use crate::store::StoreError;
use crate::support::explain::Explain;
use lapstrake_oci::BlobError;
use lapstrake_oci::tar::LayerError;

/// A layer below the others can't be made.
#[derive(Debug, thiserror::Error)]
#[error("layer `{layer}` can't be made")]
pub(crate) struct EngineLayersError {
    pub(crate) layer: LayerName,
    pub(crate) source: Cause,
}

/// Why a layer can't be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error(transparent)]
    Engine(Box<EngineError>),
    #[error(transparent)]
    Native(#[from] Box<NativeError>),
    #[error(transparent)]
    Context(#[from] ContextError),
    #[error("it can't be written to `{folder}`")]
    Write { folder: Utf8PathBuf, source: io::Error },
    #[error("it can't be read again")]
    Blob(#[source] BlobError),
    #[error("it can't be read again")]
    Index(#[source] LayerError),
    #[error("the secrets of layer `{layer}` can't be read")]
    Secret { layer: LayerName, site: Site, source: SecretError },
    #[error("its cache key can't be made")]
    CacheKey(#[source] serde_json::Error),
    #[error("its packages are not those of `lapstrake.lock`: `{differs}`")]
    Drift { differs: String },
    #[error(transparent)]
    Cache(#[from] BaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<EngineError> for Cause {
    fn from(error: EngineError) -> Self {
        Self::Engine(Box::new(error))
    }
}

impl Cause {
    /// Returns the error of a layer that can't be written below a folder.
    pub(super) fn writing(folder: &Utf8Path) -> impl Fn(io::Error) -> Self + Copy {
        move |source| Self::Write { folder: folder.to_owned(), source }
    }

    /// Returns the part of a layer that failed: the step, the packages, or the layer.
    pub(super) fn site(&self, layer: &PlannedLayer) -> Option<Site> {
        let run = match self {
            Self::Engine(source) => source.step().and_then(|step| emit::named(&layer.runs, step)),
            // It may be a secret of a layer above.
            Self::Secret { site, .. } => return Some(*site),
            Self::Drift { .. } => None,
            Self::Native(_)
            | Self::Context(_)
            | Self::Write { .. }
            | Self::Blob(_)
            | Self::Index(_)
            | Self::CacheKey(_)
            | Self::Cache(_)
            | Self::Store(_) => return None,
        };
        let packages = layer.transaction.as_ref().map(|transaction| transaction.site);
        Some(run.map(|run| run.site).or(packages).unwrap_or(layer.site))
    }
}

impl Explain for EngineLayersError {
    fn help(&self) -> Option<String> {
        match &self.source {
            Cause::Engine(source) => source.help(),
            Cause::Native(source) => source.help(),
            Cause::Secret { source, .. } => source.help(),
            Cause::Cache(source) => source.help(),
            Cause::Store(source) => source.help(),
            Cause::Drift { .. } => Some("run `cargo xtask image lock --update`, and build again".to_owned()),
            Cause::Context(_)
            | Cause::Write { .. }
            | Cause::Blob(_)
            | Cause::Index(_)
            | Cause::CacheKey(_) => None,
        }
    }
}
