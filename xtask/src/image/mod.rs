//! The native engine: writes a plan's layers as OCI layers on its base. It takes the base's blobs as they are,
//! and runs nothing inside the image.

mod config;
mod epoch;
mod layers;
mod manifest;
mod since;

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::LayerName;
use lapstrake_oci::Descriptor;
use serde::Serialize;

pub(crate) use epoch::{Epoch, EpochError};
pub(crate) use layers::{WrittenLayer, forecast, one};
pub(crate) use since::Since;

use crate::base::{Base, Cache};
use crate::inputs::Inputs;
use crate::layer::CacheKeys;
use crate::plan::Plan;
use crate::store::{Store, StoreError};
use crate::support::explain::Explain;
use crate::support::os_error;
use crate::support::progress::Progress;
use lapstrake_oci::Compression;
use lapstrake_oci::{Blobs, Digest, canonical};

/// An image that was built.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) descriptor: Descriptor,
    pub(crate) layers: Vec<BuiltLayer>,
    /// The layers that the last build of the image had and this one does not have, if there is a last build.
    pub(crate) gone: Option<Vec<LayerName>>,
}

/// A layer of a built image, as `build --format json` prints it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct BuiltLayer {
    pub(crate) name: Option<LayerName>,
    pub(crate) digest: String,
    pub(crate) diff_id: String,
    pub(crate) media_type: String,
    pub(crate) size: u64,
    pub(crate) origin: LayerOrigin,
    pub(crate) reused: bool,
    pub(crate) reason: String,
    /// What the layer is against the last build of the image, if there is one.
    pub(crate) since_last_build: Option<Since>,
    /// The bytes of it that a device downloads which has the last build.
    pub(crate) download: Option<u64>,
}

/// Who made a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LayerOrigin {
    Base,
    Native,
    Engine,
}

/// The image could not be built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NativeError {
    #[error("layer `{layer}` can't be written to `{store}`")]
    Layer { layer: LayerName, store: Utf8PathBuf, source: io::Error },
    #[error("blob `{digest}` of the base can't be taken into `{store}`")]
    BaseBlob { digest: Digest, store: Utf8PathBuf, source: io::Error },
    #[error("the base's config is not a JSON object")]
    BaseConfig,
    #[error("document can't be written to the store")]
    Document(#[source] io::Error),
    #[error("JSON can't be made")]
    Json(#[source] serde_json::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Explain for NativeError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.help(),
            Self::Layer { .. } | Self::BaseBlob { .. } | Self::Document(_) => os_error::help(self),
            Self::BaseConfig | Self::Json(_) => None,
        }
    }
}

/// How layers are built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) compression: Compression,
    pub(crate) epoch: Epoch,
}

/// What layers are built from and with.
#[derive(Clone, Copy)]
pub(crate) struct BuildEnv<'a> {
    /// The root of the workspace.
    pub(crate) root: &'a Utf8Path,
    pub(crate) staged: &'a Inputs,
    pub(crate) base: &'a Base,
    pub(crate) cache: &'a Cache,
    pub(crate) store: &'a Store,
    pub(crate) settings: Settings,
    pub(crate) keys: &'a CacheKeys,
    /// Whether the lock pins packages.
    pub(crate) pins: bool,
    pub(crate) progress: &'a Progress,
}

/// Writes the parts of layers above the `lower` ones to the store, and returns all parts.
pub(crate) fn write_layers(
    plan: &Plan,
    lower: &[WrittenLayer],
    env: &BuildEnv<'_>,
) -> Result<Vec<WrittenLayer>, NativeError> {
    let above = plan.layers.iter().skip(lower.len());
    Ok([lower, &layers::write(plan, above, env)?].concat())
}

/// Makes an image of the base and these layers in the store, tagged with the image's name.
pub(crate) fn finish(
    plan: &Plan,
    written: Vec<WrittenLayer>,
    env: &BuildEnv<'_>,
) -> Result<Built, NativeError> {
    let BuildEnv { base, cache, store, settings, .. } = *env;
    let blobs = store.layout.blobs();
    for layer in &base.layers {
        let (digest, size) = (&layer.digest, layer.size);
        let linked = blobs.link_from(cache.blobs(), digest, size);
        let failed = |source| {
            let (digest, store) = (digest.clone(), store.root().to_owned());
            NativeError::BaseBlob { digest, store, source }
        };
        linked.map_err(failed)?;
    }
    let last = store.last_image(&plan.name);
    let descriptor = documents(plan, base, &written, blobs, settings)?;
    store.tag(&plan.name, &descriptor)?;
    let of_base = base.layers.iter().map(|layer| BuiltLayer {
        name: None,
        digest: layer.digest.to_string(),
        diff_id: layer.diff_id.to_string(),
        media_type: layer.media_type.to_string(),
        size: layer.size,
        origin: LayerOrigin::Base,
        reused: true,
        reason: "the base is frozen".to_owned(),
        since_last_build: None,
        download: None,
    });
    let own = written.into_iter().map(|layer| layer.built(settings.compression));
    let mut layers: Vec<_> = of_base.chain(own).collect();
    let gone = last.map(|last| since::compare(&mut layers, &last, &base.config));
    Ok(Built { descriptor, layers, gone })
}

/// Writes the config and the manifest of the base with these layers, and returns the manifest's descriptor.
pub(crate) fn documents(
    plan: &Plan,
    base: &Base,
    written: &[WrittenLayer],
    blobs: &Blobs,
    settings: Settings,
) -> Result<Descriptor, NativeError> {
    let config = config::extend(&base.config, plan, written, settings.epoch)?;
    let config = blobs.put(&canonical(&config).map_err(NativeError::Json)?).map_err(NativeError::Document)?;
    let manifest = manifest::extend(plan, base, &config, written, settings);
    let manifest = canonical(&manifest).map_err(NativeError::Json)?;
    let (digest, size) = blobs.put(&manifest).map_err(NativeError::Document)?;
    Ok(manifest::descriptor(&digest, size, base))
}

/// Returns the reference by which podman and skopeo find an image of the store.
pub(crate) fn reference(store: &Store, plan: &Plan) -> String {
    format!("oci:{}:{}", shown(store.layout.root()), plan.name)
}

/// Returns a path relative to the current directory if it is below that.
pub(crate) fn shown(path: &Utf8Path) -> Utf8PathBuf {
    let here = std::env::current_dir().ok().and_then(|dir| Utf8PathBuf::from_path_buf(dir).ok());
    here.and_then(|here| path.strip_prefix(here).ok().map(Utf8Path::to_owned))
        .unwrap_or_else(|| path.to_owned())
}
