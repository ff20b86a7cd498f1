//! Finds what no build of an image needs that is still wanted, and removes it. Nobody else uses the store meanwhile.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use camino::{Utf8Path, Utf8PathBuf};

use super::builds::{self, BUILDS, KEPT};
use super::layers::{ENGINE, INPUTS, LAST, LAYERS, LastInputs, Written};
use super::paths::{Paths, Scratch};
use super::stages::STAGES;
use super::{Store, StoreError};
use crate::support::folder::PREFIX;
use crate::support::small_map::SmallMap;
use lapstrake_oci::{ANNOTATION_REF_NAME, Claim, Descriptor, Digest};

/// Files and folders that nothing needs, by what they are.
#[derive(Debug, Default)]
pub(crate) struct Garbage {
    paths: BTreeMap<Utf8PathBuf, &'static str>,
    images: BTreeSet<String>,
}

/// What was removed, or would be, of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) count: u64,
    /// The bytes that the disk has more of. A file with a further name frees nothing.
    pub(crate) bytes: u64,
}

/// Which images are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// All images of the store.
    All,
    /// These images. Images of other programs stay too.
    Only(&'a BTreeSet<String>),
}

impl Wanted<'_> {
    fn has(self, image: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(images) => images.contains(image),
        }
    }
}

impl Garbage {
    pub(crate) fn add(&mut self, kind: &'static str, path: Utf8PathBuf) {
        self.paths.insert(path, kind);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.paths.extend(other.paths);
        self.images.extend(other.images);
    }

    /// Returns the amount of each kind.
    pub(crate) fn amounts(&self) -> SmallMap<&'static str, Amount> {
        let mut amounts: SmallMap<&'static str, Amount> = SmallMap::new();
        let mut names: HashMap<(u64, u64), u64> = HashMap::new();
        if !self.images.is_empty() {
            amounts.or_default("image").count = self.images.len() as u64;
        }
        for (path, kind) in &self.paths {
            let amount = amounts.or_default(kind);
            amount.count += 1;
            amount.bytes += freed(path, &mut names);
        }
        amounts
    }

    /// Removes everything. The first failure is reported, and does not end the removal.
    pub(crate) fn remove(&self) -> io::Result<()> {
        let mut failed = Ok(());
        for path in self.paths.keys() {
            let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
            let removed = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound && failed.is_ok() => {
                    failed = Err(io::Error::new(error.kind(), format!("`{path}` can't be removed: {error}")));
                }
                Ok(()) | Err(_) => {}
            }
        }
        failed
    }
}

/// Returns the temporary files and folders of processes that were killed.
pub(crate) fn debris(paths: &Paths) -> Garbage {
    let (root, oci, records) = (paths.root(), paths.layout(), paths.root().join("records"));
    let contexts = paths.contexts();
    let scratch = [Scratch::Binaries, Scratch::EngineJob].map(Scratch::prefix);
    let places: [(&Utf8Path, &[&str]); 5] = [
        (root, &scratch),
        (&contexts, &[PREFIX]),
        (&oci, &[".index.json.tmp", ".oci-layout.tmp"]),
        (&oci.join(".partial"), &[""]),
        (&records.join(".partial"), &[""]),
    ];
    let found = places.into_iter().flat_map(|(folder, prefixes)| Claim::debris(folder, prefixes));
    let mut garbage = Garbage::default();
    for (path, _claim) in found {
        garbage.add("temporary file", path);
    }
    garbage
}

/// Returns the bytes that are freed by removing a file or folder, if all other names of its files that are removed are
/// counted in `names`.
fn freed(path: &Utf8Path, names: &mut HashMap<(u64, u64), u64>) -> u64 {
    let Ok(found) = path.symlink_metadata() else { return 0 };
    if found.is_dir() {
        let entries = path.read_dir_utf8().into_iter().flatten().flatten();
        return entries.map(|entry| freed(entry.path(), names)).sum();
    }
    let removed = names.entry((found.dev(), found.ino())).or_default();
    *removed += 1;
    if *removed == found.nlink() { found.len() } else { 0 }
}

/// Returns the bytes that a folder takes on the disk, as du(1) counts them: a file with two names once, and holes not at
/// all.
pub(crate) fn disk_usage(folder: &Utf8Path) -> u64 {
    let mut known = HashSet::new();
    let mut open = vec![folder.to_owned()];
    let mut blocks = 0;
    while let Some(path) = open.pop() {
        let Ok(found) = path.symlink_metadata() else { continue };
        if known.insert((found.dev(), found.ino())) {
            blocks += found.blocks();
        }
        if found.is_dir() {
            let entries = path.read_dir_utf8().into_iter().flatten().flatten();
            open.extend(entries.map(camino::Utf8DirEntry::into_path));
        }
    }
    blocks * 512
}

impl Store {
    /// Whether an image has more builds than [`KEPT`].
    pub(crate) fn has_surplus(&self) -> bool {
        builds::all(&self.records).iter().any(|(_, builds)| builds.len() > KEPT)
    }

    /// Removes what the last [`KEPT`] builds of each image do not need.
    pub(crate) fn trim(&self) -> Result<(), StoreError> {
        let garbage = self.garbage(Wanted::All, KEPT)?;
        self.remove_garbage(&garbage, KEPT)
    }

    /// Returns what the last `keep` builds of the wanted images do not need.
    pub(crate) fn garbage(&self, wanted: Wanted<'_>, keep: usize) -> Result<Garbage, StoreError> {
        let unread = |source| StoreError::Record { path: self.root().to_owned(), source };
        let mut garbage = Garbage::default();
        let (mut roots, mut blobs, mut stages) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        let known = builds::all(&self.records);
        for (image, builds) in &known {
            if !wanted.has(image) {
                garbage.add("record", self.records.path(BUILDS, image));
                garbage.images.insert(image.clone());
                continue;
            }
            for build in &builds[builds.len().saturating_sub(keep)..] {
                roots.push(build.manifest.clone());
                blobs.extend(build.parts.iter().cloned());
                stages.extend(build.stages.iter().map(Digest::hex));
            }
        }
        let listed = self.layout.manifests().map_err(StoreError::Tag)?;
        let is_listed = |entry: &&Descriptor| {
            entry.annotation(ANNOTATION_REF_NAME).is_none_or(|tag| !garbage.images.contains(tag))
        };
        let listed: Vec<_> = listed.descriptors().iter().filter(is_listed).cloned().collect();
        roots.extend(listed.iter().filter_map(|entry| entry.parse_digest().ok()));
        garbage.images.retain(|image| self.has_tag(image));
        blobs.extend(self.layout.blobs().reachable(roots));
        self.add_blobs(&blobs, &mut garbage).map_err(unread)?;
        self.add_records(&blobs, wanted, &mut garbage);
        self.add_stages(&stages, &mut garbage);
        self.add_boots(wanted, &mut garbage);
        Ok(garbage)
    }

    fn has_tag(&self, image: &str) -> bool {
        self.layout.manifests().is_ok_and(|listed| {
            listed.descriptors().iter().any(|entry| entry.annotation(ANNOTATION_REF_NAME) == Some(image))
        })
    }

    fn add_blobs(&self, kept: &BTreeSet<Digest>, garbage: &mut Garbage) -> io::Result<()> {
        for (digest, _) in self.layout.blobs().list()? {
            if !kept.contains(&digest) {
                garbage.add("blob", self.layout.blobs().path(&digest));
            }
        }
        Ok(())
    }

    /// Adds the records of layers whose blobs go, and the inputs by which no later build can explain anything.
    fn add_records(&self, blobs: &BTreeSet<Digest>, wanted: Wanted<'_>, garbage: &mut Garbage) {
        let mut inputs = BTreeSet::new();
        for key in self.records.keys(LAYERS) {
            let written: Option<Written> = self.records.read(LAYERS, &key);
            if written.is_some_and(|written| blobs.contains(&written.digest)) {
                inputs.insert(key);
            } else {
                garbage.add("record", self.records.path(LAYERS, &key));
            }
        }
        for key in self.records.keys(LAST) {
            let image = key.split('/').next().unwrap_or_default();
            match self.records.read::<LastInputs>(LAST, &key) {
                Some(last) if wanted.has(image) => drop(inputs.insert(last.key.hex())),
                _ => garbage.add("record", self.records.path(LAST, &key)),
            }
        }
        for key in self.records.keys(ENGINE) {
            let image = key.split('/').next().unwrap_or_default();
            if !wanted.has(image) {
                garbage.add("record", self.records.path(ENGINE, &key));
            }
        }
        for key in self.records.keys(INPUTS).into_iter().filter(|key| !inputs.contains(key)) {
            garbage.add("record", self.records.path(INPUTS, &key));
        }
    }

    fn add_stages(&self, kept: &BTreeSet<String>, garbage: &mut Garbage) {
        for key in self.records.keys(STAGES).into_iter().filter(|key| !kept.contains(key)) {
            garbage.add("record", self.records.path(STAGES, &key));
        }
        let folders = self.paths.stages().read_dir_utf8().into_iter().flatten().flatten();
        for folder in folders.filter(|folder| !kept.contains(folder.file_name())) {
            garbage.add("build stage", folder.into_path());
        }
    }

    fn add_boots(&self, wanted: Wanted<'_>, garbage: &mut Garbage) {
        let folders = self.paths.boot().read_dir_utf8().into_iter().flatten().flatten();
        for folder in folders.filter(|folder| !wanted.has(folder.file_name())) {
            garbage.add("boot", folder.into_path());
        }
    }

    /// Removes garbage, and forgets all but the last `keep` builds of each image.
    pub(crate) fn remove_garbage(&self, garbage: &Garbage, keep: usize) -> Result<(), StoreError> {
        if !garbage.images.is_empty() {
            let index = self.layout.retain_tags(|tag| !garbage.images.contains(tag));
            self.remember_index(&index.map_err(StoreError::Tag)?)?;
        }
        for (image, builds) in builds::all(&self.records) {
            let surplus = builds.len().saturating_sub(keep);
            if surplus > 0 {
                self.write_record(BUILDS, &image, &builds[surplus..].to_vec())?;
            }
        }
        garbage.remove().map_err(|source| StoreError::Remove { source })
    }
}
