//! A directory of blobs, each under its digest. What stands in it is whole: a blob comes in by a rename,
//! and what a killed process left behind stands elsewhere.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::{NamedTempFile, TempDir};

use crate::{Digest, HashingReader, HashingWriter};

/// A manifest, index or config larger than this is refused, in bytes; registries draw the line at 4 MiB.
const DOCUMENT_MAX: u64 = 8 << 20;
/// Small writes are gathered up to this size, in bytes.
const BUFFER: usize = 128 << 10;
/// A blob is not written for longer than this: what is older was left by a process that was killed.
const ABANDONED: Duration = Duration::from_hours(24);

/// The blobs of a layout or of the cache: `ROOT/blobs/sha256/HEX`.
#[derive(Debug, Clone)]
pub struct Blobs {
    whole: Utf8PathBuf,
    partial: Utf8PathBuf,
}

/// A blob that is not what its digest and size say.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("blob `{digest}` is missing")]
    Missing { digest: Digest },
    #[error("blob `{digest}` has {found} bytes instead of {expected}")]
    Size { digest: Digest, expected: u64, found: u64 },
    #[error("blob `{digest}` holds other bytes, with the digest `{found}`")]
    Content { digest: Digest, found: Digest },
    #[error("blob `{digest}` is a document of {size} bytes; at most {DOCUMENT_MAX} are read")]
    Large { digest: Digest, size: u64 },
    #[error("blob `{digest}` can't be read")]
    Read { digest: Digest, source: io::Error },
    #[error("blob `{digest}` can't be written")]
    Write { digest: Digest, source: io::Error },
}

impl Blobs {
    /// The blobs under `root`; makes the directories where they are missing.
    pub fn open(root: &Utf8Path) -> io::Result<Self> {
        let blobs = Self::at(root);
        fs::create_dir_all(&blobs.whole)?;
        for left in blobs.partial.read_dir_utf8().into_iter().flatten().flatten() {
            let age = left.metadata().and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
            if matches!(age, Ok(Ok(age)) if age > ABANDONED) {
                // Another process may have been faster.
                drop(fs::remove_file(left.path()).or_else(|_| fs::remove_dir_all(left.path())));
            }
        }
        Ok(blobs)
    }

    /// The blobs under `root`, only to be read: nothing is made there.
    pub fn at(root: &Utf8Path) -> Self {
        Self { whole: root.join("blobs/sha256"), partial: root.join(".partial") }
    }

    /// Where a blob is, or would be.
    pub fn path(&self, digest: &Digest) -> Utf8PathBuf {
        self.whole.join(digest.hex())
    }

    /// Whether a blob is there with that size; its content is not looked at.
    pub fn has(&self, digest: &Digest, size: u64) -> bool {
        self.size(digest) == Some(size)
    }

    /// The size of a blob that is there, in bytes.
    pub fn size(&self, digest: &Digest) -> Option<u64> {
        fs::metadata(self.path(digest)).ok().filter(fs::Metadata::is_file).map(|found| found.len())
    }

    /// Opens a blob; its size is checked, its content not.
    pub fn reader(&self, digest: &Digest, size: u64) -> Result<File, BlobError> {
        let digest = digest.clone();
        let path = self.path(&digest);
        // A fifo in the place of a blob would block the opening of it.
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

    /// Reads a document, verified. At most 8 MiB.
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

    /// A new blob, whose digest is known when it is written.
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

    /// A folder for blobs that another program brings, gone when the value is.
    pub fn folder(&self) -> io::Result<TempDir> {
        fs::create_dir_all(&self.partial)?;
        TempDir::new_in(&self.partial)
    }

    /// Stores some bytes.
    pub fn put(&self, bytes: &[u8]) -> io::Result<(Digest, u64)> {
        let (digest, size) = (Digest::of(bytes), bytes.len() as u64);
        if self.has(&digest, size) {
            return Ok((digest, size));
        }
        let mut writer = self.writer()?;
        writer.write_all(bytes)?;
        writer.finish()
    }

    /// Takes a blob from other blobs: by a hard link, or where there can be none by a verified copy.
    pub fn link_from(&self, other: &Self, digest: &Digest, size: u64) -> io::Result<()> {
        if self.has(digest, size) {
            return Ok(());
        }
        let mut from = other.reader(digest, size).map_err(io::Error::other)?;
        // What can't be linked (other file system, too many links, a damaged blob in the way) is copied.
        if fs::hard_link(other.path(digest), self.path(digest)).is_ok() || self.has(digest, size) {
            return Ok(());
        }
        let mut writer = self.writer()?;
        io::copy(&mut from, &mut writer)?;
        writer.finish_as(digest, size).map_err(io::Error::other)
    }
}

/// A blob on its way in. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub struct BlobWriter {
    out: HashingWriter<BufWriter<NamedTempFile>>,
    to: Blobs,
}

impl BlobWriter {
    /// Puts the blob in its place, whatever it has become.
    pub fn finish(self) -> io::Result<(Digest, u64)> {
        let (out, digest, size) = self.out.finish();
        place(out, &self.to, &digest, size)?;
        Ok((digest, size))
    }

    /// Puts the blob in its place if it is the expected one.
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
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use camino::Utf8Path;

    use super::{BlobError, Blobs};
    use crate::Digest;

    fn scratch() -> (tempfile::TempDir, Blobs) {
        let scratch = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        (scratch, blobs)
    }

    fn files(blobs: &Blobs) -> usize {
        [&blobs.whole, &blobs.partial]
            .map(|place| place.read_dir_utf8().into_iter().flatten().count())
            .iter()
            .sum()
    }

    #[test]
    fn a_blob_stands_under_its_digest_for_all_to_read() {
        let (_scratch, blobs) = scratch();
        let (digest, size) = blobs.put(b"abc").unwrap();
        assert_eq!((&digest, size), (&Digest::of(b"abc"), 3));
        assert_eq!(blobs.read(&digest, size).unwrap(), b"abc");
        assert_eq!(fs::metadata(blobs.path(&digest)).unwrap().permissions().mode() & 0o777, 0o644);
        assert!(blobs.has(&digest, 3) && !blobs.has(&digest, 4));
        assert_eq!(files(&blobs), 1);
    }

    #[test]
    fn an_unfinished_or_unexpected_blob_leaves_nothing() {
        let (_scratch, blobs) = scratch();
        let mut writer = blobs.writer().unwrap();
        writer.write_all(b"half").unwrap();
        drop(writer);
        let mut writer = blobs.writer().unwrap();
        writer.write_all(b"other").unwrap();
        assert!(matches!(writer.finish_as(&Digest::of(b"abcde"), 5), Err(BlobError::Content { .. })));
        let mut writer = blobs.writer().unwrap();
        writer.write_all(b"abc").unwrap();
        assert!(matches!(writer.finish_as(&Digest::of(b"abc"), 4), Err(BlobError::Size { .. })));
        assert_eq!(files(&blobs), 0);
    }

    #[test]
    fn a_damaged_blob_is_told_and_replaced() {
        let (_scratch, blobs) = scratch();
        let (digest, size) = blobs.put(b"abc").unwrap();
        fs::write(blobs.path(&digest), "abd").unwrap();
        assert!(matches!(blobs.read(&digest, size), Err(BlobError::Content { .. })));
        fs::write(blobs.path(&digest), "ab").unwrap();
        assert!(matches!(blobs.read(&digest, size), Err(BlobError::Size { .. })));
        blobs.put(b"abc").unwrap();
        assert_eq!(blobs.read(&digest, size).unwrap(), b"abc");
        assert!(matches!(blobs.read(&Digest::of(b"x"), 1), Err(BlobError::Missing { .. })));
    }

    #[test]
    fn a_blob_is_shared_where_it_can_be_and_copied_where_not() {
        let ((_one, from), (_two, to)) = (scratch(), scratch());
        let (digest, size) = from.put(b"abc").unwrap();
        let inode = |blobs: &Blobs| fs::metadata(blobs.path(&digest)).unwrap().ino();
        to.link_from(&from, &digest, size).unwrap();
        to.link_from(&from, &digest, size).unwrap();
        assert_eq!(inode(&from), inode(&to));
        fs::remove_file(to.path(&digest)).unwrap();
        fs::write(to.path(&digest), "damaged").unwrap();
        to.link_from(&from, &digest, size).unwrap();
        assert_eq!(to.read(&digest, size).unwrap(), b"abc");
        assert_ne!(inode(&from), inode(&to));
        to.link_from(&from, &Digest::of(b"x"), 1).unwrap_err();
    }

    #[test]
    fn what_a_killed_process_left_is_cleared_when_it_is_old() {
        let (scratch, blobs) = scratch();
        let old = blobs.partial.join("old");
        fs::create_dir(&blobs.partial).unwrap();
        fs::write(&old, "").unwrap();
        fs::write(blobs.partial.join("new"), "").unwrap();
        let yesterday = std::time::SystemTime::now() - 2 * super::ABANDONED;
        fs::create_dir(blobs.partial.join("folder")).unwrap();
        for old in [&old, &blobs.partial.join("folder")] {
            fs::File::open(old).unwrap().set_modified(yesterday).unwrap();
        }
        Blobs::open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        assert_eq!(files(&blobs), 1);
    }
}
