//! What a workspace has built: one OCI layout for all its images, and the records by which nothing is built
//! twice. Everything in it can be deleted, nothing in it is partial, and nothing damaged is used.

mod builds;
mod files;
mod garbage;
mod in_use;
mod layers;
mod package_files;
mod paths;
mod records;
mod stages;

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::ImageName;
use serde::Serialize;

pub(crate) use self::builds::{BuildNeeds, LastImage, layer_names, needed_indexes};
pub(crate) use self::files::KeptDigests;
pub(crate) use self::garbage::{Amount, Garbage, Wanted, debris, disk_usage};
pub(crate) use self::in_use::InUse;
pub(crate) use self::layers::{LastInputs, Written};
pub(crate) use self::package_files::PackageFiles;
pub(crate) use self::paths::{Paths, Scratch, user_cache};
pub(crate) use self::records::{Kind, Records};
use crate::support::explain::Explain;
use crate::support::os_error;
use crate::support::progress::Progress;
use lapstrake_oci::{BlobError, Descriptor, Digest, FileDigest, FileDigests, Layout, LayoutError};

/// The `index.json` that was last written.
const INDEX: Kind = Kind { name: "index", version: 1 };
const INDEX_KEY: &str = "last";

/// The store of a workspace, in its target directory.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) layout: Layout,
    paths: Paths,
    records: Records,
    files: Arc<KeptDigests>,
    progress: Progress,
    /// The layers that this process has found or written.
    layers: Mutex<HashMap<Digest, Written>>,
    /// The cache keys of the build stages that this process has found or run.
    stages: Mutex<BTreeSet<Digest>>,
}

/// The store can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the store `{root}` can't be opened")]
    Open { root: Utf8PathBuf, source: LayoutError },
    #[error("record `{path}` can't be written")]
    Record { path: Utf8PathBuf, source: io::Error },
    #[error("the image can't be tagged")]
    Tag(#[source] LayoutError),
    #[error("what no image needs can't be removed")]
    Remove { source: io::Error },
    #[error("`{path}` can't be locked, so a running build would not be noticed")]
    Unlocked { path: Utf8PathBuf, source: io::Error },
}

impl Explain for StoreError {
    fn help(&self) -> Option<String> {
        let delete = || match self {
            Self::Open { root, .. } => {
                Some(format!("delete `{root}`; it holds only what a build writes again"))
            }
            Self::Record { path, .. } => Some(format!("delete `{path}`; a build writes it again")),
            Self::Tag(_) => Some("build again; damage in the list of images is then repaired".to_owned()),
            Self::Remove { .. } => None,
            Self::Unlocked { path, .. } => {
                Some(format!("delete `{path}` while no build runs; it holds only what a build writes again"))
            }
        };
        os_error::help(self).or_else(delete)
    }
}

impl Store {
    /// Opens the store of a workspace, or creates it. Damage of its index is repaired and reported.
    pub(crate) fn open(
        paths: &Paths,
        files: &Arc<KeptDigests>,
        progress: &Progress,
    ) -> Result<Self, StoreError> {
        paths.sweep();
        let records = paths.records(progress);
        records.sweep();
        let last: Option<Vec<u8>> = records.read(INDEX, INDEX_KEY);
        let opened = Layout::create_or_repair(&paths.layout(), last.as_deref());
        let (layout, damaged) =
            opened.map_err(|source| StoreError::Open { root: paths.root().to_owned(), source })?;
        for name in damaged {
            let path = layout.root().join(name);
            progress.warning(format_args!("`{path}` was damaged and is written again"));
        }
        Ok(Self::on(layout, paths, records, files, progress))
    }

    /// Opens the store of a workspace if it exists. Readers do not create it.
    pub(crate) fn open_existing(
        paths: &Paths,
        files: &Arc<KeptDigests>,
        progress: &Progress,
    ) -> Option<Self> {
        let layout = Layout::open(&paths.layout()).ok()?;
        let records = paths.records(progress);
        Some(Self::on(layout, paths, records, files, progress))
    }

    fn on(
        layout: Layout,
        paths: &Paths,
        records: Records,
        files: &Arc<KeptDigests>,
        progress: &Progress,
    ) -> Self {
        let report = progress.clone();
        let damaged = move |error: &BlobError| {
            report.warning(format_args!("{error}; it was damaged in the store and is built again"));
        };
        let layout = layout.watched(files.share(), damaged);
        let (paths, files, progress) = (paths.clone(), Arc::clone(files), progress.clone());
        let (layers, stages) = (Mutex::default(), Mutex::default());
        Self { layout, paths, records, files, progress, layers, stages }
    }

    /// Returns the folder of everything that is built.
    pub(crate) fn root(&self) -> &Utf8Path {
        self.paths.root()
    }

    /// Returns the digests of the files of the workspace.
    pub(crate) fn digests(&self) -> &Arc<FileDigests> {
        self.files.share()
    }

    /// Returns the paths of the store.
    pub(crate) fn paths(&self) -> &Paths {
        &self.paths
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Lists an image under its name.
    pub(crate) fn tag(&self, image: &ImageName, descriptor: &Descriptor) -> Result<(), StoreError> {
        let index = self.layout.tag_in(image.as_str(), descriptor).map_err(StoreError::Tag)?;
        self.remember_index(&index)
    }

    /// Remembers the content of `index.json`, by which damage of it is found.
    fn remember_index(&self, index: &Vec<u8>) -> Result<(), StoreError> {
        if self.records.read::<Vec<u8>>(INDEX, INDEX_KEY).as_ref() == Some(index) {
            return Ok(());
        }
        self.write_record(INDEX, INDEX_KEY, index).map(drop)
    }

    fn used_stages(&self) -> BTreeSet<Digest> {
        self.stages.lock().expect("no thread panics while it holds the stages").clone()
    }

    fn use_stage(&self, key: &Digest) {
        self.stages.lock().expect("no thread panics while it holds the stages").insert(key.clone());
    }

    fn layers(&self) -> MutexGuard<'_, HashMap<Digest, Written>> {
        self.layers.lock().expect("no thread panics while it holds the layers")
    }

    fn write_record(
        &self,
        kind: Kind,
        key: &str,
        content: &impl Serialize,
    ) -> Result<FileDigest, StoreError> {
        let path = self.records.path(kind, key);
        self.records.write(kind, key, content).map_err(|source| StoreError::Record { path, source })
    }
}
