//! `lapstrake.lock`: which base every reference stood for, and what packages came to, when the image was
//! last meant to change. It is kept in version control beside Cargo.lock, and read and written like it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};
use lapstrake::TransportRef;
use lapstrake::value::{Architecture, ImageName, LayerName};
use serde::{Deserialize, Serialize};

use crate::support::explain::Explain;
use crate::support::small_map::SmallMap;
use lapstrake_oci::{AtomicFile, Digest, Durability, regular};

const FILE: &str = "lapstrake.lock";
const VERSION: u32 = 1;
/// The most bytes of a lockfile: about 100,000 packages.
const LOCK_MAX: u64 = 8 << 20;
const HEADER: &str =
    "# Which bases the images of this workspace stand on. Written by `cargo xtask image lock`.\n";

/// The pins of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lock {
    path: Utf8PathBuf,
    pins: SmallMap<(String, Architecture), Digest>,
    read: SmallMap<(String, Architecture), Digest>,
    packages: SmallMap<PackageKey, Packages>,
    read_packages: SmallMap<PackageKey, Packages>,
}

/// An image, its layer, and the architecture.
type PackageKey = (String, String, Architecture);

/// What a layer asked for, and all that came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Packages {
    asked: BTreeSet<String>,
    installed: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    base: Vec<Pin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    packages: Vec<PackagePin>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackagePin {
    image: String,
    layer: String,
    architecture: Architecture,
    asked: BTreeSet<String>,
    installed: BTreeSet<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pin {
    reference: String,
    architecture: Architecture,
    digest: Digest,
}

/// The lock file can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    #[error("`{path}` can't be read")]
    Read { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` is not a lockfile")]
    Parse { path: Utf8PathBuf, source: Box<toml::de::Error> },
    #[error("`{path}` has version {found}; this lapstrake knows {VERSION}")]
    Version { path: Utf8PathBuf, found: u32 },
    #[error("`{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error("`{path}` needs to be updated for base `{reference}`, but `--locked` was given")]
    Locked { path: Utf8PathBuf, reference: String },
    #[error(
        "`{path}` does not list the packages of layer `{layer}` of image `{image}`, but `--locked` was given"
    )]
    Packages { path: Utf8PathBuf, image: String, layer: String },
}

impl Explain for LockError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Locked { .. } => Some("run `cargo xtask image lock`, and commit the file"),
            Self::Packages { .. } => Some("run `cargo xtask image build`, and commit the file"),
            Self::Version { .. } => Some("update lapstrake-xtask in your xtask's Cargo.toml"),
            Self::Parse { .. } | Self::Read { .. } => Some(
                "restore it with `git checkout lapstrake.lock`, or delete it and run `cargo xtask image lock`, \
                 which pins what the references name now",
            ),
            Self::Write { .. } => None,
        };
        help.map(str::to_owned)
    }
}

/// Writes the pins for a log.
impl std::fmt::Display for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pins: Vec<_> =
            self.pins.iter().map(|((reference, on), digest)| format!("{reference} {on} {digest}")).collect();
        f.write_str(&pins.join("; "))
    }
}

impl Lock {
    /// Returns the pins, in the order of the file.
    pub(crate) fn all(&self) -> Vec<Pin> {
        let pin = |((reference, architecture), digest): (&(String, Architecture), &Digest)| Pin {
            reference: reference.clone(),
            architecture: *architecture,
            digest: digest.clone(),
        };
        self.pins.iter().map(pin).collect()
    }

    /// Reads the lock file of a workspace; a missing file has no pins.
    pub(crate) fn read(workspace: &Utf8Path) -> Result<Self, LockError> {
        let path = workspace.join(FILE);
        let text = match read_regular(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Self {
                    path,
                    pins: SmallMap::new(),
                    read: SmallMap::new(),
                    packages: SmallMap::new(),
                    read_packages: SmallMap::new(),
                });
            }
            Err(source) => return Err(LockError::Read { path, source }),
        };
        let document: Document = match toml::from_str(&text) {
            Ok(document) => document,
            Err(source) => return Err(LockError::Parse { path, source: Box::new(source) }),
        };
        if document.version != VERSION {
            return Err(LockError::Version { path, found: document.version });
        }
        let pins: SmallMap<_, _> =
            document.base.into_iter().map(|pin| ((pin.reference, pin.architecture), pin.digest)).collect();
        let of_layer = |pin: PackagePin| {
            let PackagePin { image, layer, architecture, asked, installed } = pin;
            ((image, layer, architecture), Packages { asked, installed })
        };
        let packages: SmallMap<_, _> = document.packages.into_iter().map(of_layer).collect();
        Ok(Self { path, read: pins.clone(), pins, read_packages: packages.clone(), packages })
    }

    /// What a base is pinned to.
    pub(crate) fn pin(&self, location: &TransportRef, architecture: Architecture) -> Option<&Digest> {
        self.pins.get(&(location.to_string(), architecture))
    }

    /// Returns the digests of all bases and builder images.
    pub(crate) fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.pins.values()
    }

    /// Pins a base.
    pub(crate) fn set(&mut self, location: &TransportRef, architecture: Architecture, digest: &Digest) {
        self.pins.insert((location.to_string(), architecture), digest.clone());
    }

    /// All that the packages which a layer asks for come to.
    pub(crate) fn packages(
        &self,
        image: &ImageName,
        layer: &LayerName,
        architecture: Architecture,
        asked: &BTreeSet<String>,
    ) -> Option<&BTreeSet<String>> {
        let found = self.packages.get(&(image.to_string(), layer.to_string(), architecture))?;
        (found.asked == *asked).then_some(&found.installed)
    }

    /// Pins what a layer's packages came to.
    pub(crate) fn set_packages(
        &mut self,
        image: &ImageName,
        layer: &LayerName,
        architecture: Architecture,
        asked: BTreeSet<String>,
        installed: BTreeSet<String>,
    ) {
        let key = (image.to_string(), layer.to_string(), architecture);
        self.packages.insert(key, Packages { asked, installed });
    }

    /// Forgets what packages came to; the next build finds it out.
    pub(crate) fn forget_packages(&mut self) {
        self.packages.clear();
    }

    /// Refuses, with `--locked`, a layer whose packages are not pinned.
    pub(crate) fn unpinned(&self, image: &ImageName, layer: &LayerName) -> LockError {
        LockError::Packages { path: self.path.clone(), image: image.to_string(), layer: layer.to_string() }
    }

    /// Drops the pins of bases that are not among these references.
    pub(crate) fn retain(&mut self, references: &[String]) {
        self.pins.retain(|(reference, _), _| references.contains(reference));
    }

    fn changed_packages(&self) -> Option<(&PackageKey, &Packages)> {
        let changed =
            self.packages.iter().find(|(key, packages)| self.read_packages.get(*key) != Some(packages));
        changed.or_else(|| self.read_packages.iter().find(|(key, _)| !self.packages.contains_key(*key)))
    }

    /// Fails, with `locked`, if a pin has changed.
    pub(crate) fn check(&self, locked: bool) -> Result<(), LockError> {
        let changed = self.pins.iter().find(|(key, digest)| self.read.get(*key) != Some(digest));
        let dropped = self.read.keys().find(|key| !self.pins.contains_key(*key));
        let base = changed.map(|(key, _)| key).or(dropped);
        if let Some((reference, _)) = base.filter(|_| locked) {
            return Err(LockError::Locked { path: self.path.clone(), reference: reference.clone() });
        }
        if locked && let Some(((image, layer, _), _)) = self.changed_packages() {
            let (image, layer) = (image.clone(), layer.clone());
            return Err(LockError::Packages { path: self.path.clone(), image, layer });
        }
        Ok(())
    }

    /// Writes the file if a pin has changed. With `locked` a change is an error instead.
    ///
    /// What another process has pinned since the file was read stays: one process at a time merges its own changes
    /// with the file, and replaces it at once.
    pub(crate) fn save(&mut self, locked: bool) -> Result<Saved, LockError> {
        self.check(locked)?;
        if self.pins == self.read && self.packages == self.read_packages {
            self.sweep();
            return Ok(Saved::Unchanged);
        }
        let failed = |source| LockError::Write { path: self.path.clone(), source };
        let _writer = Writer::wait(self.folder()).map_err(failed)?;
        remove_partial(&self.path);
        let is_new = !self.path.exists();
        let mut now = Self::read(self.folder())?;
        merge(&mut now.pins, &self.read, &self.pins);
        merge(&mut now.packages, &self.read_packages, &self.packages);
        now.write().map_err(failed)?;
        self.read.clone_from(&now.pins);
        self.read_packages.clone_from(&now.packages);
        (self.pins, self.packages) = (now.pins, now.packages);
        Ok(if is_new { Saved::New } else { Saved::Updated })
    }

    fn folder(&self) -> &Utf8Path {
        self.path.parent().expect("the lockfile is in the workspace")
    }

    /// Removes what a process left that was killed while it wrote the file. A process that writes it now is left alone.
    fn sweep(&self) {
        if !partial(&self.path).is_empty() && Writer::attempt(self.folder()).is_some() {
            remove_partial(&self.path);
        }
    }

    fn write(&self) -> io::Result<()> {
        let pin = |((reference, architecture), digest): (&(String, Architecture), &Digest)| Pin {
            reference: reference.clone(),
            architecture: *architecture,
            digest: digest.clone(),
        };
        let package = |((image, layer, architecture), packages): (&PackageKey, &Packages)| PackagePin {
            image: image.clone(),
            layer: layer.clone(),
            architecture: *architecture,
            asked: packages.asked.clone(),
            installed: packages.installed.clone(),
        };
        let document = Document {
            version: VERSION,
            base: self.pins.iter().map(pin).collect(),
            packages: self.packages.iter().map(package).collect(),
        };
        let text = toml::to_string(&document).map_err(io::Error::other)?;
        let mut file = AtomicFile::create(&self.path)?;
        file.write_all(HEADER.as_bytes()).and_then(|()| file.write_all(text.as_bytes()))?;
        file.commit(Durability::Durable).map(drop)
    }
}

/// Reads the text of a regular file, and not more than a lockfile can have.
fn read_regular(path: &Utf8Path) -> io::Result<String> {
    let mut text = String::new();
    let read = regular::open(path)?.take(LOCK_MAX + 1).read_to_string(&mut text)?;
    if read as u64 > LOCK_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("it has more than {LOCK_MAX} bytes")));
    }
    Ok(text)
}

/// What [`Lock::save`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Saved {
    Unchanged,
    Updated,
    New,
}

/// Does to `now` what was done to `read` to get `own`.
fn merge<K: Ord + Clone, V: PartialEq + Clone>(
    now: &mut SmallMap<K, V>,
    read: &SmallMap<K, V>,
    own: &SmallMap<K, V>,
) {
    now.retain(|key, _| own.contains_key(key) || !read.contains_key(key));
    let changed = own.iter().filter(|(key, value)| read.get(*key) != Some(value));
    now.extend(changed.map(|(key, value)| (key.clone(), value.clone())));
}

/// The one process that may write the lockfile of a folder. The kernel ends its turn (flock(2)), also when the process
/// is killed.
struct Writer(#[expect(dead_code, reason = "the lock ends when the folder is closed")] File);

impl Writer {
    /// Waits for the turn of this process.
    fn wait(folder: &Utf8Path) -> io::Result<Self> {
        let folder = File::open(folder)?;
        // Without locks, as on some network file systems, pins are merged all the same.
        drop(folder.lock());
        Ok(Self(folder))
    }

    /// Returns `None` where it is not the turn of this process.
    fn attempt(folder: &Utf8Path) -> Option<Self> {
        let folder = File::open(folder).ok()?;
        folder.try_lock().is_ok().then_some(Self(folder))
    }
}

/// Returns the partial files beside the lockfile.
fn partial(path: &Utf8Path) -> Vec<Utf8PathBuf> {
    let Some((folder, name)) = path.parent().zip(path.file_name()) else { return Vec::new() };
    let prefix = AtomicFile::prefix(name);
    let found = folder.read_dir_utf8().into_iter().flatten().flatten();
    found.filter(|entry| entry.file_name().starts_with(&prefix)).map(Utf8DirEntry::into_path).collect()
}

fn remove_partial(path: &Utf8Path) {
    for partial in partial(path) {
        // A file that can't be removed is tried again by the next build.
        drop(fs::remove_file(partial));
    }
}

#[cfg(test)]
mod tests;
