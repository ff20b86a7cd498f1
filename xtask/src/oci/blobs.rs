//! A directory of blobs, each under its digest. A blob is there whole or not at all: it is written
//! beside its place and renamed into it.

use std::fs::{self, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use super::Digest;
use super::hashing::{HashingReader, HashingWriter};

/// Blobs of a root directory, in `blobs/sha256`.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    directory: Utf8PathBuf,
}

/// A blob is not what its digest says.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlobError {
    #[error("blob `{digest}` is missing")]
    Missing { digest: Digest },
    #[error("blob `{digest}` has {found} bytes where {expected} are stated")]
    Size { digest: Digest, expected: u64, found: u64 },
    #[error("blob `{digest}` has the content of `{found}`")]
    Content { digest: Digest, found: Digest },
    #[error("blob `{digest}` states {size} bytes, too many for a document")]
    TooLarge { digest: Digest, size: u64 },
    #[error("blob `{digest}` can't be read")]
    Read { digest: Digest, source: io::Error },
}

impl Blobs {
    /// The largest document that is read into memory: registries take manifests of at most 4 MiB.
    const DOCUMENT: u64 = 8 << 20;

    /// The blobs under `root`, whether there are any yet or not.
    pub(crate) fn at(root: &Utf8Path) -> Self {
        Self { directory: root.join("blobs").join("sha256") }
    }

    /// The blobs under `root`, with their directory made.
    pub(crate) fn create(root: &Utf8Path) -> io::Result<Self> {
        let blobs = Self::at(root);
        fs::create_dir_all(&blobs.directory)?;
        Ok(blobs)
    }

    /// Where a blob is.
    pub(crate) fn path(&self, digest: &Digest) -> Utf8PathBuf {
        self.directory.join(digest.hex())
    }

    /// Whether a blob is there, by its size: its content was verified when it came.
    pub(crate) fn has(&self, digest: &Digest, size: u64) -> bool {
        fs::metadata(self.path(digest)).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size)
    }

    /// The size of a blob that is there.
    pub(crate) fn size(&self, digest: &Digest) -> Option<u64> {
        fs::metadata(self.path(digest)).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len())
    }

    /// Opens a blob whose size is known, to be read as a stream.
    pub(crate) fn open(&self, digest: &Digest, size: u64) -> Result<File, BlobError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::NotFound => BlobError::Missing { digest: digest.clone() },
            _ => BlobError::Read { digest: digest.clone(), source },
        };
        let file = File::open(self.path(digest)).map_err(failed)?;
        let found = file.metadata().map_err(failed)?.len();
        if found != size {
            return Err(BlobError::Size { digest: digest.clone(), expected: size, found });
        }
        Ok(file)
    }

    /// Reads a small blob whole, and verifies it.
    pub(crate) fn document(&self, digest: &Digest, size: u64) -> Result<Vec<u8>, BlobError> {
        if size > Self::DOCUMENT {
            return Err(BlobError::TooLarge { digest: digest.clone(), size });
        }
        let mut reader = HashingReader::new(self.open(digest, size)?.take(size));
        let mut bytes = Vec::new();
        let read = reader.read_to_end(&mut bytes);
        read.map_err(|source| BlobError::Read { digest: digest.clone(), source })?;
        let found = reader.finish();
        if &found != digest {
            return Err(BlobError::Content { digest: digest.clone(), found });
        }
        Ok(bytes)
    }

    /// Starts a new blob.
    pub(crate) fn writer(&self) -> io::Result<BlobWriter> {
        // A killed process leaves its file behind; the name tells `gc` what it is.
        let file = tempfile::Builder::new().prefix(".partial-").tempfile_in(&self.directory)?;
        Ok(BlobWriter { blobs: self.clone(), writer: HashingWriter::new(file) })
    }

    /// Writes a small blob.
    pub(crate) fn put(&self, bytes: &[u8]) -> io::Result<(Digest, u64)> {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        if self.has(&digest, size) {
            return Ok((digest, size));
        }
        let mut writer = self.writer()?;
        writer.write_all(bytes)?;
        writer.finish()
    }

    /// Takes a blob over from another directory: as a hard link, or a copy where there can be none.
    pub(crate) fn link_from(&self, other: &Self, digest: &Digest, size: u64) -> io::Result<()> {
        if self.has(digest, size) {
            return Ok(());
        }
        let (from, to) = (other.path(digest), self.path(digest));
        match fs::hard_link(&from, &to) {
            Ok(()) => return Ok(()),
            // Another build was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && self.has(digest, size) => {
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            Err(_) => {}
        }
        let mut writer = self.writer()?;
        io::copy(&mut File::open(from)?, &mut writer)?;
        let (found, _) = writer.finish()?;
        if &found == digest {
            Ok(())
        } else {
            Err(io::Error::other(format!("the copy has the content of `{found}`")))
        }
    }
}

/// A blob that is being written. Dropped before it is finished, it leaves nothing.
pub(crate) struct BlobWriter {
    blobs: Blobs,
    writer: HashingWriter<NamedTempFile>,
}

impl BlobWriter {
    /// Puts the blob in its place, and tells its digest and size.
    pub(crate) fn finish(self) -> io::Result<(Digest, u64)> {
        let (file, digest, size) = self.writer.finish();
        place(&self.blobs, file, &digest, size)?;
        Ok((digest, size))
    }

    /// As [`finish`](Self::finish), but only if the content is that of `expected`; else its own digest
    /// is the error, and nothing is left.
    pub(crate) fn finish_as(self, expected: &Digest) -> Result<u64, Result<Digest, io::Error>> {
        let (file, digest, size) = self.writer.finish();
        if &digest != expected {
            return Err(Ok(digest));
        }
        place(&self.blobs, file, &digest, size).map_err(Err)?;
        Ok(size)
    }
}

fn place(blobs: &Blobs, file: NamedTempFile, digest: &Digest, size: u64) -> io::Result<()> {
    if !blobs.has(digest, size) {
        fs::set_permissions(file.path(), Permissions::from_mode(0o644))?;
        file.persist(blobs.path(digest))?;
    }
    Ok(())
}

impl Write for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
