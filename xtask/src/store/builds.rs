//! Remembers the last builds of each image, and what each needs of the store and of the user's cache, so that the rest
//! can be removed.

use std::collections::BTreeSet;

use lapstrake::value::{ImageName, LayerName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::paths::Paths;
use super::records::{Kind, Records};
use super::{Store, StoreError};
use crate::support::progress::Progress;
use lapstrake_oci::{ANNOTATION_REF_NAME, Descriptor, Digest};

pub(super) const BUILDS: Kind = Kind { name: "builds", version: 1 };
/// How many builds of an image are kept by themselves. The store of a project whose builds write 30 MB each stays below
/// about 200 MB for an image.
pub(crate) const KEPT: usize = 5;
/// How many builds of an image are remembered while other builds run at any time, so that nothing can be removed.
const REMEMBERED: usize = 100;

/// What one build of an image needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BuildNeeds {
    pub(crate) manifest: Digest,
    /// The blobs of the parts of its layers, which the manifest does not name if several are one layer.
    pub(crate) parts: BTreeSet<Digest>,
    /// The cache keys of its build stages.
    pub(crate) stages: BTreeSet<Digest>,
    /// The keys of the indexes in the user's cache by which its engine layers are planned on.
    pub(crate) indexes: BTreeSet<Digest>,
}

impl Store {
    /// Remembers a build of an image as the last one.
    pub(crate) fn remember_build(&self, image: &ImageName, mut needs: BuildNeeds) -> Result<(), StoreError> {
        needs.stages = self.used_stages();
        let mut builds = builds_of(&self.records, image.as_str());
        if builds.last() == Some(&needs) {
            return Ok(());
        }
        builds.retain(|build| build.manifest != needs.manifest);
        builds.push(needs);
        let surplus = builds.len().saturating_sub(REMEMBERED);
        builds.drain(..surplus);
        self.write_record(BUILDS, image.as_str(), &builds).map(drop)
    }
}

/// What the image of the last build has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastImage {
    /// The blobs of all its layers, which a device that has the image does not download again.
    pub(crate) blobs: BTreeSet<Digest>,
    /// The names of the layers that a description gave, those of a base that was built so among them.
    pub(crate) names: Vec<LayerName>,
}

impl Store {
    /// Returns the names of the layers that the last build of an image wrote or kept, if there is such a build.
    pub(crate) fn layers_of_last_build(&self, image: &ImageName) -> Option<Vec<LayerName>> {
        let names = self.last_image(image)?.names.into_iter();
        // A base can have layers of another image.
        Some(names.filter(|name| self.last_inputs_of(image, name).is_some()).collect())
    }

    /// Returns the manifests of the builds of an image that the store still has, the last one at the end.
    pub(crate) fn builds(&self, image: &ImageName) -> Vec<Digest> {
        let blobs = self.layout.blobs();
        let builds = builds_of(&self.records, image.as_str()).into_iter().map(|build| build.manifest);
        builds.filter(|manifest| blobs.size(manifest).is_some()).collect()
    }

    /// Returns what the last build of an image made, if there is such a build.
    pub(crate) fn last_image(&self, image: &ImageName) -> Option<LastImage> {
        let listed = self.layout.manifests().ok()?;
        let is_named = |entry: &&Descriptor| entry.annotation(ANNOTATION_REF_NAME) == Some(image.as_str());
        let manifest = listed.descriptors().iter().find(is_named)?;
        let manifest = self.document(manifest)?;
        let layers = manifest.get("layers")?.as_array()?.iter();
        let blobs =
            layers.map(|layer| Digest::parse(layer.get("digest")?.as_str()?).ok()).collect::<Option<_>>()?;
        let config = self.document(&serde_json::from_value(manifest.get("config")?.clone()).ok()?)?;
        Some(LastImage { blobs, names: layer_names(&config) })
    }

    fn document(&self, descriptor: &Descriptor) -> Option<Value> {
        let bytes = self.layout.blobs().read(&descriptor.parse_digest().ok()?, descriptor.size).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// Returns the names of the layers that builds of this tool gave to an image with this config.
pub(crate) fn layer_names(config: &Value) -> Vec<LayerName> {
    let history = config.get("history").and_then(Value::as_array).into_iter().flatten();
    let name = |entry: &Value| {
        let name = entry.get("created_by")?.as_str()?.strip_prefix("lapstrake layer ")?;
        LayerName::parse(name).ok()
    };
    history.filter_map(name).collect()
}

/// Returns the builds of an image that are remembered, the last one at the end.
pub(super) fn builds_of(records: &Records, image: &str) -> Vec<BuildNeeds> {
    records.read(BUILDS, image).unwrap_or_default()
}

/// Returns the builds of all images, by the name of the image.
pub(super) fn all(records: &Records) -> Vec<(String, Vec<BuildNeeds>)> {
    let images = records.keys(BUILDS);
    images.into_iter().map(|image| (image.clone(), builds_of(records, &image))).collect()
}

/// Returns the keys of the indexes in the user's cache that the remembered builds of a store need.
pub(crate) fn needed_indexes(paths: &Paths) -> BTreeSet<Digest> {
    let builds = all(&paths.records(&Progress::silent())).into_iter().flat_map(|(_, builds)| builds);
    builds.flat_map(|build| build.indexes).collect()
}
