//! What is kept of bases for the next build: their blobs and their indexes. All of it can be deleted at any
//! time, and what is damaged is fetched or built again.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::BaseError;
use super::index::BaseIndex;
use crate::store::{self, Garbage, InUse, KeptDigests, Kind, Records};
use crate::support::progress::Progress;
use lapstrake_oci::{BlobError, Blobs, Digest};

/// Grows with every change of a record in the cache.
const VERSION: u32 = 13;

const INDEX: &str = "index";
const WORKSPACE: &str = "workspace";

/// The user's cache.
#[derive(Debug)]
pub(crate) struct Cache {
    root: Utf8PathBuf,
    blobs: Blobs,
    records: Records,
    #[cfg_attr(not(test), expect(dead_code, reason = "it saves the digests when it is dropped"))]
    files: KeptDigests,
    progress: Progress,
    in_use: InUse,
    /// The keys of the indexes that this process has found or kept, and the digests of further blobs that it needs.
    indexes: Mutex<BTreeSet<Digest>>,
}

/// A workspace that uses the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registered {
    pub(crate) root: Utf8PathBuf,
    /// The folder of its store.
    pub(crate) store: Utf8PathBuf,
}

impl Cache {
    /// The folder that it is in.
    pub(crate) fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// Opens the user's cache, or creates it.
    pub(crate) fn open(progress: &Progress) -> Result<Self, BaseError> {
        Self::at(&store::user_cache().ok_or(BaseError::NoCache)?, progress)
    }

    /// Opens the cache in a directory, or creates it. Reports what is damaged.
    pub(crate) fn at(root: &Utf8Path, progress: &Progress) -> Result<Self, BaseError> {
        let blobs = Blobs::open(root).map_err(|source| BaseError::Cache { path: root.to_owned(), source })?;
        let records = Records::at(root.join("records"), progress);
        records.sweep();
        let files = KeptDigests::load(&records);
        let report = progress.clone();
        let damaged = move |error: &BlobError| {
            report.warning(format_args!("{error}; it was damaged in the cache and is fetched again"));
        };
        let in_use = InUse::share(root, progress);
        in_use.create(progress);
        let (progress, indexes) = (progress.clone(), Mutex::default());
        let root = root.to_owned();
        Ok(Self {
            root,
            blobs: blobs.watched(files.share(), damaged),
            records,
            files,
            progress,
            in_use,
            indexes,
        })
    }

    /// Returns the output for what is chosen of a base.
    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Returns the blobs of all bases.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// Returns the number of bytes that were read to verify blobs.
    #[cfg(test)]
    pub(crate) fn bytes_read(&self) -> u64 {
        self.files.bytes_read()
    }

    /// Returns the index of the base with that manifest, if it is kept.
    pub(crate) fn index(&self, manifest: &Digest) -> Option<BaseIndex> {
        let index = self.recall(INDEX, manifest)?;
        self.indexes().insert(manifest.clone());
        Some(index)
    }

    /// Keeps the index of the base with that manifest.
    pub(crate) fn keep_index(&self, manifest: &Digest, index: &BaseIndex) -> Result<(), BaseError> {
        self.indexes().insert(manifest.clone());
        self.keep(INDEX, manifest, index)
    }

    /// Notes that a build needs a blob that is of no base.
    pub(crate) fn use_blob(&self, digest: &Digest) {
        self.indexes().insert(digest.clone());
    }

    /// Returns the keys of the indexes that this process has found or kept, and the further blobs that it needs.
    pub(crate) fn used_indexes(&self) -> BTreeSet<Digest> {
        self.indexes().clone()
    }

    fn indexes(&self) -> MutexGuard<'_, BTreeSet<Digest>> {
        self.indexes.lock().expect("no thread panics while it holds the keys")
    }

    /// Remembers that a workspace uses the cache, so that another workspace removes nothing that it needs.
    pub(crate) fn register(&self, root: &Utf8Path, store: &Utf8Path) {
        let (root, store) = (root.to_owned(), store.to_owned());
        let key = Digest::of(store.as_str().as_bytes());
        let registered = Registered { root, store };
        if self.recall(WORKSPACE, &key).as_ref() != Some(&registered) {
            // Without the record, another workspace may remove what this one fetches again.
            drop(self.keep(WORKSPACE, &key, &registered));
        }
    }

    /// Returns the workspaces that use the cache and still exist, and the records of the others.
    pub(crate) fn registered(&self) -> (Vec<Registered>, Vec<Utf8PathBuf>) {
        let kind = Kind { name: WORKSPACE, version: VERSION };
        let (mut living, mut gone) = (Vec::new(), Vec::new());
        for key in self.records.keys(kind) {
            match self.records.read::<Registered>(kind, &key) {
                Some(registered) if registered.root.exists() => living.push(registered),
                _ => gone.push(self.records.path(kind, &key)),
            }
        }
        (living, gone)
    }

    /// Returns what is not needed for bases and builder images with these manifests, for indexes with these keys, and
    /// for builds that need further blobs of these digests.
    pub(crate) fn garbage(
        &self,
        manifests: BTreeSet<Digest>,
        indexes: &BTreeSet<Digest>,
    ) -> Result<Garbage, BaseError> {
        let mut garbage = Garbage::default();
        let kept: BTreeSet<_> = manifests.iter().chain(indexes).map(Digest::hex).collect();
        let blobs = self.blobs.reachable(manifests);
        let unread = |source| BaseError::Cache { path: self.root.clone(), source };
        for (digest, _) in self.blobs.list().map_err(unread)? {
            if !blobs.contains(&digest) && !indexes.contains(&digest) {
                garbage.add("blob of a base", self.blobs.path(&digest));
            }
        }
        let kind = Kind { name: INDEX, version: VERSION };
        for key in self.records.keys(kind).into_iter().filter(|key| !kept.contains(key)) {
            garbage.add("index of a base", self.records.path(kind, &key));
        }
        Ok(garbage)
    }

    /// Runs `work` if no other process uses the cache, and returns its result.
    pub(crate) fn if_alone<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        self.in_use.if_alone(&self.progress, work)
    }

    /// Returns what is kept of a kind under a key.
    pub(crate) fn recall<T: DeserializeOwned>(&self, kind: &'static str, key: &Digest) -> Option<T> {
        self.records.read(Kind { name: kind, version: VERSION }, &key.hex())
    }

    /// Keeps something of a kind under a key.
    pub(crate) fn keep<T: Serialize>(
        &self,
        kind: &'static str,
        key: &Digest,
        content: &T,
    ) -> Result<(), BaseError> {
        let (kind, key) = (Kind { name: kind, version: VERSION }, key.hex());
        let written = self.records.write(kind, &key, content);
        written.map(drop).map_err(|source| BaseError::Cache { path: self.records.path(kind, &key), source })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use camino::Utf8Path;

    use super::{Cache, Registered};
    use crate::support::progress::Progress;
    use lapstrake_oci::{Descriptor, Digest, Manifest, MediaType, canonical};

    #[test]
    fn what_no_lockfile_pins_and_no_build_needs_is_garbage() {
        let scratch = tempfile::tempdir().unwrap();
        let cache = Cache::at(Utf8Path::from_path(scratch.path()).unwrap(), &Progress::silent()).unwrap();
        let image = |text: &str| {
            let (config, size) = cache.blobs().put(text.as_bytes()).unwrap();
            let manifest = Manifest::new(Descriptor::new(MediaType::ImageConfig, size, &config), Vec::new());
            cache.blobs().put(&canonical(&manifest).unwrap()).unwrap().0
        };
        let (pinned, other) = (image("pinned"), image("other"));
        let (chain, old_chain) = (Digest::of(b"chain"), Digest::of(b"old chain"));
        for key in [&pinned, &other, &chain, &old_chain] {
            cache.keep(super::INDEX, key, &0u8).unwrap();
        }
        let garbage = cache.garbage([pinned.clone()].into(), &[chain].into()).unwrap();
        let amounts = garbage.amounts();
        assert_eq!((amounts["blob of a base"].count, amounts["index of a base"].count), (2, 2));
        garbage.remove().unwrap();
        assert_eq!(cache.blobs().list().unwrap().len(), 2);
        assert!(cache.blobs().size(&pinned).is_some() && cache.blobs().size(&other).is_none());
        let all = cache.garbage(BTreeSet::new(), &BTreeSet::new()).unwrap();
        assert_eq!(all.amounts().len(), 2);
    }

    #[test]
    fn a_workspace_that_is_gone_needs_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let cache = Cache::at(&root.join("cache"), &Progress::silent()).unwrap();
        let living = Registered { root: root.join("a"), store: root.join("a/target/lapstrake") };
        std::fs::create_dir(&living.root).unwrap();
        cache.register(&living.root, &living.store);
        cache.register(&root.join("gone"), &root.join("gone/target/lapstrake"));
        let (registered, gone) = cache.registered();
        assert_eq!((registered, gone.len()), (vec![living], 1));
    }
}
