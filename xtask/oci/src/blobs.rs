//! Keeps blobs in a directory, each under its digest.
//!
//! A blob in `blobs/` is complete, because it is written to `.partial/` and then renamed. The debris of a
//! killed process stays in `.partial/`, and the next process removes it. A watched directory verifies a blob before
//! its first use, because bytes on a disk decay and other programs write to it.

mod reach;
mod watch;
mod writer;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use self::watch::Watch;
pub use self::writer::BlobWriter;
use crate::claim::{self, Claim, ClaimedFolder};
use crate::{Digest, FileDigests, HashingReader, Stamp, regular};

/// The most bytes of a manifest, index or config. Registries accept 4 MiB.
const DOCUMENT_MAX: u64 = 8 << 20;

/// Gives access to the blobs of a layout or cache, which are the files `ROOT/blobs/sha256/HEX`.
///
/// Several processes may use one directory at the same time.
///
/// ```
/// use std::io::{Read, Write};
///
/// use camino::Utf8Path;
/// use lapstrake_oci::{BlobError, BlobWriter, Blobs, Digest};
///
/// # let scratch = tempfile::tempdir()?;
/// # let root = Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
/// let blobs = Blobs::open(root)?;
/// // A document, in one call.
/// let (config, size) = blobs.put(b"{}")?;
/// assert_eq!(blobs.path(&config), root.join("blobs/sha256").join(config.hex()));
/// assert!(blobs.has(&config, size) && blobs.size(&config) == Some(2));
/// assert_eq!(blobs.read(&config, size)?, b"{}");
///
/// // A layer, as a stream.
/// let mut writer: BlobWriter = blobs.writer()?;
/// writer.write_all(b"layer")?;
/// let (layer, size) = writer.finish()?;
/// let mut content = String::new();
/// blobs.reader(&layer, size)?.read_to_string(&mut content)?;
/// assert_eq!(content, "layer");
///
/// assert!(matches!(blobs.read(&Digest::of(b"?"), 1), Err(BlobError::Missing { .. })));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Blobs {
    whole: Utf8PathBuf,
    partial: Utf8PathBuf,
    watch: Option<Watch>,
}

/// States why a blob cannot be used.
///
/// ```
/// use lapstrake_oci::{BlobError, Digest};
///
/// let digest = Digest::of(b"abc");
/// let error = BlobError::Size { digest: digest.clone(), expected: 3, found: 2 };
/// assert_eq!(error.to_string(), format!("blob `{digest}` has 2 bytes instead of 3"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BlobError {
    /// No regular file is there for the blob.
    #[error("blob `{digest}` is missing")]
    Missing {
        /// The blob.
        digest: Digest,
    },
    /// The blob is cut off or too long.
    #[error("blob `{digest}` has {found} bytes instead of {expected}")]
    Size {
        /// The blob.
        digest: Digest,
        /// The size in its descriptor, in bytes.
        expected: u64,
        /// The size of its content, in bytes.
        found: u64,
    },
    /// The blob is damaged, or another blob has its name.
    #[error("blob `{digest}` has content with the digest `{found}`")]
    Content {
        /// The blob.
        digest: Digest,
        /// The digest of its content.
        found: Digest,
    },
    /// A document is larger than [`Blobs::read`] allows.
    #[error("document `{digest}` has {size} bytes; the limit is {DOCUMENT_MAX}")]
    Large {
        /// The blob.
        digest: Digest,
        /// The size in its descriptor, in bytes.
        size: u64,
    },
    /// Reading failed.
    #[error("blob `{digest}` can't be read")]
    Read {
        /// The blob.
        digest: Digest,
        /// The cause.
        source: io::Error,
    },
    /// Writing failed.
    #[error("blob `{digest}` can't be written")]
    Write {
        /// The blob.
        digest: Digest,
        /// The cause.
        source: io::Error,
    },
}

impl Blobs {
    /// Opens the blobs under `root` for reading and writing. Creates missing directories, and removes partial
    /// blobs of killed processes.
    ///
    /// # Errors
    ///
    /// Fails if the directories cannot be created.
    pub fn open(root: &Utf8Path) -> io::Result<Self> {
        let blobs = Self::at(root);
        fs::create_dir_all(&blobs.whole)?;
        Claim::sweep(&blobs.partial, &[""]);
        Ok(blobs)
    }

    /// Returns the blobs under `root` for reading. Creates and removes nothing there.
    ///
    /// ```
    /// # use lapstrake_oci::{Blobs, Digest};
    /// assert!(!Blobs::at("/nonexistent".into()).has(&Digest::of(b""), 0));
    /// ```
    pub fn at(root: &Utf8Path) -> Self {
        Self { whole: root.join("blobs/sha256"), partial: root.join(".partial"), watch: None }
    }

    /// Verifies each blob when it is first used, and removes a damaged one, so that its user fetches or builds
    /// it again. Does not read a file that `digests` knows. Calls `damaged` for each blob that is removed.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use lapstrake_oci::{Blobs, FileDigests};
    ///
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// let digests = Arc::new(FileDigests::default());
    /// let blobs = Blobs::open(root)?.watched(&digests, |error| eprintln!("warning: {error}"));
    /// let (digest, size) = blobs.put(b"abc")?;
    /// std::fs::write(blobs.path(&digest), "abd")?;
    /// assert!(!blobs.has(&digest, size));
    /// # std::io::Result::Ok(())
    /// ```
    #[must_use]
    pub fn watched(
        self,
        digests: &Arc<FileDigests>,
        damaged: impl Fn(&BlobError) + Send + Sync + 'static,
    ) -> Self {
        Self { watch: Some(Watch { digests: Arc::clone(digests), damaged: Arc::new(damaged) }), ..self }
    }

    /// Returns the path of a blob, which may be missing.
    pub fn path(&self, digest: &Digest) -> Utf8PathBuf {
        self.whole.join(digest.hex())
    }

    /// Returns whether a blob is there with that size in bytes. Its content is verified in a watched directory
    /// only.
    pub fn has(&self, digest: &Digest, size: u64) -> bool {
        match &self.watch {
            Some(_) => self.reader(digest, size).is_ok(),
            None => self.size(digest) == Some(size),
        }
    }

    /// Returns the size of a blob in bytes, or `None` if it is missing. Does not read its content.
    pub fn size(&self, digest: &Digest) -> Option<u64> {
        fs::metadata(self.path(digest)).ok().filter(fs::Metadata::is_file).map(|found| found.len())
    }

    /// Opens a blob of any size. Checks its size, and that it is a regular file. Its content is verified in a
    /// watched directory; elsewhere the caller compares the digest of what it reads.
    ///
    /// # Errors
    ///
    /// Fails if the blob is missing, has another size or content, or cannot be opened.
    pub fn reader(&self, digest: &Digest, size: u64) -> Result<File, BlobError> {
        let opened = self.open_sized(digest, size);
        let Some(watch) = &self.watch else { return opened };
        let verified = opened.and_then(|file| watch.verify(file, digest));
        if let Err(error @ (BlobError::Size { .. } | BlobError::Content { .. })) = &verified {
            fs::remove_file(self.path(digest))
                .map_err(|source| BlobError::Write { digest: digest.clone(), source })?;
            (watch.damaged)(error);
        }
        verified
    }

    fn open_sized(&self, digest: &Digest, size: u64) -> Result<File, BlobError> {
        let digest = digest.clone();
        let missing = [io::ErrorKind::NotFound, io::ErrorKind::InvalidInput];
        let file = match regular::open(&self.path(&digest)) {
            Ok(file) => file,
            Err(error) if missing.contains(&error.kind()) => return Err(BlobError::Missing { digest }),
            Err(source) => return Err(BlobError::Read { digest, source }),
        };
        let found = match file.metadata() {
            Ok(metadata) => metadata.len(),
            Err(source) => return Err(BlobError::Read { digest, source }),
        };
        if found != size {
            return Err(BlobError::Size { digest, expected: size, found });
        }
        Ok(file)
    }

    /// Reads a document, and checks its size and digest. Refuses a `size` above 8 MiB.
    ///
    /// # Errors
    ///
    /// Fails if `size` is too large, or if the blob is missing, damaged or unreadable.
    pub fn read(&self, digest: &Digest, size: u64) -> Result<Vec<u8>, BlobError> {
        if size > DOCUMENT_MAX {
            return Err(BlobError::Large { digest: digest.clone(), size });
        }
        let mut bytes = Vec::new();
        let mut reader = HashingReader::new(self.reader(digest, size)?.take(size));
        reader
            .read_to_end(&mut bytes)
            .map_err(|source| BlobError::Read { digest: digest.clone(), source })?;
        let found = reader.finish();
        if found == *digest { Ok(bytes) } else { Err(BlobError::Content { digest: digest.clone(), found }) }
    }

    /// Returns a writer of a new blob, whose digest is computed while it is written.
    ///
    /// # Errors
    ///
    /// Fails if the partial file cannot be created.
    pub fn writer(&self) -> io::Result<BlobWriter> {
        let file = claim::file_in(&self.partial, ".tmp").or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.partial)?;
                claim::file_in(&self.partial, ".tmp")
            }
            _ => Err(error),
        })?;
        Ok(BlobWriter::new(file, self.clone()))
    }

    /// Creates a directory in the same file system, for files that another program writes. It is removed when
    /// the value is dropped.
    ///
    /// # Errors
    ///
    /// Fails if the directory cannot be created.
    ///
    /// ```
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// # let blobs = lapstrake_oci::Blobs::open(root)?;
    /// let folder = blobs.folder()?;
    /// assert!(folder.path().is_dir());
    /// # std::io::Result::Ok(())
    /// ```
    pub fn folder(&self) -> io::Result<ClaimedFolder> {
        fs::create_dir_all(&self.partial)?;
        ClaimedFolder::create_in(&self.partial, ".tmp")
    }

    /// Stores some bytes, and returns their digest and number.
    ///
    /// # Errors
    ///
    /// Fails if the blob cannot be written.
    pub fn put(&self, bytes: &[u8]) -> io::Result<(Digest, u64)> {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        if self.has(&digest, size) {
            return Ok((digest, size));
        }
        let mut writer = self.writer()?;
        writer.write_all(bytes)?;
        writer.finish()
    }

    /// Adds a blob of `other`: by a hard link, or by a verified copy if a link is impossible, as between file
    /// systems. A link does not read the content, unless one of the directories is watched.
    ///
    /// # Errors
    ///
    /// Fails if `other` does not have the blob with that size, if the copy is damaged, or if it cannot be
    /// written.
    ///
    /// ```
    /// # use lapstrake_oci::Blobs;
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// # let (store, layout) = (Blobs::open(&root.join("store"))?, Blobs::open(&root.join("layout"))?);
    /// let (digest, size) = store.put(b"abc")?;
    /// layout.link_from(&store, &digest, size)?;
    /// assert!(layout.has(&digest, size));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn link_from(&self, other: &Self, digest: &Digest, size: u64) -> io::Result<()> {
        // The other directory is first, because it may know a file to which both link.
        let mut from = match other.reader(digest, size) {
            Ok(from) => from,
            Err(_) if self.has(digest, size) => return Ok(()),
            Err(error) => return Err(io::Error::other(error)),
        };
        let before = Stamp::of(&from.metadata()?);
        let watch = other.watch.as_ref().and(self.watch.as_ref());
        let is_linked = fs::metadata(self.path(digest)).is_ok_and(|metadata| Stamp::of(&metadata) == before);
        if let Some(watch) = watch.filter(|_| is_linked) {
            watch.digests.linked(&before, before, digest);
            return Ok(());
        }
        if self.has(digest, size) {
            return Ok(());
        }
        // Linking fails across file systems, with too many links, and if a damaged blob has the name.
        if fs::hard_link(other.path(digest), self.path(digest)).is_ok() {
            let after = Stamp::of(&from.metadata()?);
            for watch in watch.into_iter().chain(&other.watch) {
                watch.digests.linked(&before, after, digest);
            }
            return Ok(());
        }
        let mut writer = self.writer()?;
        io::copy(&mut from, &mut writer)?;
        writer.finish_as(digest, size).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests;
