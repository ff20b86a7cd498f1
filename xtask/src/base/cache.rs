//! What is kept of bases for the next build: their blobs, verified, and their indexes. It can be
//! deleted at any time; what in it can't be read is made anew.

use std::fs;
use std::io::{self, Write};

use camino::{Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::BaseError;
use super::index::BaseIndex;
use lapstrake_oci::{Blobs, Digest};

/// Grows when `BaseIndex` changes its form or what is in it.
const VERSION: u32 = 4;
const ENVIRONMENT: &str = "LAPSTRAKE_CACHE";

/// The user's cache: `$LAPSTRAKE_CACHE`, else `$XDG_CACHE_HOME/lapstrake`, else `~/.cache/lapstrake`.
#[derive(Debug)]
pub(crate) struct Cache {
    root: Utf8PathBuf,
    blobs: Blobs,
}

#[derive(Serialize, Deserialize)]
struct Record<T> {
    version: u32,
    content: T,
}

impl Cache {
    /// Opens the user's cache, or makes one.
    pub(crate) fn open() -> Result<Self, BaseError> {
        let variable =
            |name| std::env::var(name).ok().filter(|value| !value.is_empty()).map(Utf8PathBuf::from);
        // The XDG base directory specification has relative paths ignored.
        let xdg = || {
            variable("XDG_CACHE_HOME").filter(|path| path.is_absolute()).map(|path| path.join("lapstrake"))
        };
        let home = || variable("HOME").map(|path| path.join(".cache/lapstrake"));
        Self::at(&variable(ENVIRONMENT).or_else(xdg).or_else(home).ok_or(BaseError::NoCache)?)
    }

    /// Opens the cache in a directory, or makes one.
    pub(crate) fn at(root: &Utf8Path) -> Result<Self, BaseError> {
        let blobs = Blobs::open(root).map_err(|source| BaseError::Cache { path: root.to_owned(), source })?;
        Ok(Self { root: root.to_owned(), blobs })
    }

    /// The blobs of all bases.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The index of the base with that manifest, if it is kept.
    pub(crate) fn index(&self, manifest: &Digest) -> Option<BaseIndex> {
        self.recall("index", manifest)
    }

    pub(crate) fn keep_index(&self, manifest: &Digest, index: &BaseIndex) -> Result<(), BaseError> {
        self.keep("index", manifest, index)
    }

    /// What is kept of a kind under a key.
    pub(crate) fn recall<T: DeserializeOwned>(&self, kind: &str, key: &Digest) -> Option<T> {
        let bytes = fs::read(self.root.join(kind).join(key.hex())).ok()?;
        let (sum, bytes) = bytes.split_first_chunk::<8>()?;
        // A damaged record might still parse.
        if *sum != checksum(bytes) {
            return None;
        }
        let record: Record<T> = postcard::from_bytes(bytes).ok()?;
        (record.version == VERSION).then_some(record.content)
    }

    pub(crate) fn keep<T: Serialize>(&self, kind: &str, key: &Digest, content: &T) -> Result<(), BaseError> {
        let path = self.root.join(kind).join(key.hex());
        let write = || -> io::Result<()> {
            let bytes =
                postcard::to_stdvec(&Record { version: VERSION, content }).map_err(io::Error::other)?;
            let directory = path.parent().unwrap_or(&path);
            fs::create_dir_all(directory)?;
            let mut file = NamedTempFile::new_in(directory)?;
            file.write_all(&checksum(&bytes))?;
            file.write_all(&bytes)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        write().map_err(|source| BaseError::Cache { path: path.clone(), source })
    }
}

/// The first bytes of the SHA-256: enough against damage, and the cache is no boundary of trust.
fn checksum(bytes: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    let hex = Digest::of(bytes).hex();
    sum.copy_from_slice(&hex.as_bytes()[..8]);
    sum
}
