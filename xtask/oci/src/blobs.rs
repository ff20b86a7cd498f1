//! Keeps blobs in a directory, each under its digest.
//!
//! A blob in `blobs/` is complete, because it is written to `.partial/` and then renamed. The debris of a
//! killed process stays in `.partial/`, and is removed a day later.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::{NamedTempFile, TempDir};

use crate::{Digest, HashingReader, HashingWriter};

/// The most bytes of a manifest, index or config. Registries accept 4 MiB.
const DOCUMENT_MAX: u64 = 8 << 20;
/// The size of a write to a blob's file in bytes.
const BUFFER: usize = 128 << 10;
/// The age at which a partial blob is debris of a killed process.
const ABANDONED: Duration = Duration::from_hours(24);

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
    /// There is no regular file for the blob.
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
    /// blobs that are older than a day.
    ///
    /// # Errors
    ///
    /// Fails if the directories cannot be created.
    pub fn open(root: &Utf8Path) -> io::Result<Self> {
        let blobs = Self::at(root);
        fs::create_dir_all(&blobs.whole)?;
        for left in blobs.partial.read_dir_utf8().into_iter().flatten().flatten() {
            let age = left.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
            if matches!(age, Ok(Ok(age)) if age > ABANDONED) {
                // Another process may have removed it already.
                drop(fs::remove_file(left.path()).or_else(|_| fs::remove_dir_all(left.path())));
            }
        }
        Ok(blobs)
    }

    /// Returns the blobs under `root` for reading. Creates and removes nothing there.
    ///
    /// ```
    /// # use lapstrake_oci::{Blobs, Digest};
    /// assert!(!Blobs::at("/nonexistent".into()).has(&Digest::of(b""), 0));
    /// ```
    pub fn at(root: &Utf8Path) -> Self {
        Self { whole: root.join("blobs/sha256"), partial: root.join(".partial") }
    }

    /// Returns the path of a blob, which may be missing.
    pub fn path(&self, digest: &Digest) -> Utf8PathBuf {
        self.whole.join(digest.hex())
    }

    /// Returns whether a blob is there with that size in bytes. Does not read its content.
    pub fn has(&self, digest: &Digest, size: u64) -> bool {
        self.size(digest) == Some(size)
    }

    /// Returns the size of a blob in bytes, or `None` if it is missing. Does not read its content.
    pub fn size(&self, digest: &Digest) -> Option<u64> {
        fs::metadata(self.path(digest)).ok().filter(fs::Metadata::is_file).map(|found| found.len())
    }

    /// Opens a blob of any size. Checks its size, and that it is a regular file, but not its content: the
    /// caller compares the digest of what it reads.
    ///
    /// # Errors
    ///
    /// Fails if the blob is missing, has another size, or cannot be opened.
    pub fn reader(&self, digest: &Digest, size: u64) -> Result<File, BlobError> {
        let digest = digest.clone();
        let path = self.path(&digest);
        // Opening a fifo under the name of a blob would block.
        let found = match fs::metadata(&path) {
            Ok(found) if found.is_file() => found.len(),
            Ok(_) => return Err(BlobError::Missing { digest }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BlobError::Missing { digest });
            }
            Err(source) => return Err(BlobError::Read { digest, source }),
        };
        if found != size {
            return Err(BlobError::Size { digest, expected: size, found });
        }
        File::open(path).map_err(|source| BlobError::Read { digest, source })
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
        let file = NamedTempFile::new_in(&self.partial).or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                fs::create_dir_all(&self.partial)?;
                NamedTempFile::new_in(&self.partial)
            }
            _ => Err(error),
        })?;
        Ok(BlobWriter { out: HashingWriter::new(BufWriter::with_capacity(BUFFER, file)), to: self.clone() })
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
    pub fn folder(&self) -> io::Result<TempDir> {
        fs::create_dir_all(&self.partial)?;
        TempDir::new_in(&self.partial)
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
    /// systems. A link does not read the content.
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
        if self.has(digest, size) {
            return Ok(());
        }
        let mut from = other.reader(digest, size).map_err(io::Error::other)?;
        // Linking fails across file systems, with too many links, and if a damaged blob has the name.
        if fs::hard_link(other.path(digest), self.path(digest)).is_ok() || self.has(digest, size) {
            return Ok(());
        }
        let mut writer = self.writer()?;
        io::copy(&mut from, &mut writer)?;
        writer.finish_as(digest, size).map_err(io::Error::other)
    }
}

/// Writes a new blob. A writer that is dropped before it is finished adds nothing.
///
/// ```
/// use std::io::Write;
///
/// use lapstrake_oci::{BlobError, BlobWriter, Blobs, Digest};
///
/// # let scratch = tempfile::tempdir()?;
/// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
/// # let blobs = Blobs::open(root)?;
/// let mut download: BlobWriter = blobs.writer()?;
/// download.write_all(b"abd")?;
/// let result = download.finish_as(&Digest::of(b"abc"), 3);
/// assert!(matches!(result, Err(BlobError::Content { .. })));
///
/// let (digest, size) = blobs.writer()?.finish()?;
/// assert_eq!((digest, size), (Digest::of(b""), 0));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct BlobWriter {
    out: HashingWriter<BufWriter<NamedTempFile>>,
    to: Blobs,
}

impl BlobWriter {
    /// Adds the blob, and returns its digest and its size in bytes.
    ///
    /// # Errors
    ///
    /// Fails if the rest of the blob cannot be written, or the file cannot be renamed.
    pub fn finish(self) -> io::Result<(Digest, u64)> {
        let (out, digest, size) = self.out.finish();
        place(out, &self.to, &digest, size)?;
        Ok((digest, size))
    }

    /// Adds the blob if it has the expected digest and size.
    ///
    /// # Errors
    ///
    /// Fails if the digest or size differs, or if the blob cannot be written.
    pub fn finish_as(self, expected: &Digest, size: u64) -> Result<(), BlobError> {
        let digest = expected.clone();
        let (out, found, count) = self.out.finish();
        if count != size {
            return Err(BlobError::Size { digest, expected: size, found: count });
        }
        if found != digest {
            return Err(BlobError::Content { digest, found });
        }
        place(out, &self.to, expected, size).map_err(|source| BlobError::Write { digest, source })
    }
}

fn place(out: BufWriter<NamedTempFile>, to: &Blobs, digest: &Digest, size: u64) -> io::Result<()> {
    if to.has(digest, size) {
        return Ok(());
    }
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.persist(to.path(digest)).map_err(|error| error.error)?;
    Ok(())
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests;
