//! Writes a blob to a partial file, and gives it its name once it is complete.

use std::fs::Permissions;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;

use tempfile::NamedTempFile;

use super::{BlobError, Blobs};
use crate::{Digest, HashingWriter, Stamp};

/// The size of a write to a blob's file in bytes.
const BUFFER: usize = 128 << 10;

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
    pub(super) fn new(file: NamedTempFile, to: Blobs) -> Self {
        Self { out: HashingWriter::new(BufWriter::with_capacity(BUFFER, file)), to }
    }

    /// Adds the blob, and returns its digest and its size in bytes.
    ///
    /// # Errors
    ///
    /// Fails if the rest of the blob cannot be written, or the file cannot be renamed.
    pub fn finish(self) -> io::Result<(Digest, u64)> {
        let (out, digest, size) = self.out.finish();
        place(out, &self.to, &digest)?;
        Ok((digest, size))
    }

    /// Adds the blob if its digest is wanted, and returns that and its size in bytes.
    ///
    /// ```
    /// # use std::io::Write;
    /// # use lapstrake_oci::{Blobs, Digest};
    /// # let scratch = tempfile::tempdir()?;
    /// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
    /// # let blobs = Blobs::open(root)?;
    /// let mut writer = blobs.writer()?;
    /// writer.write_all(b"abd")?;
    /// assert_eq!(writer.finish_if(|digest| *digest == Digest::of(b"abc"))?, None);
    /// assert_eq!(blobs.size(&Digest::of(b"abd")), None);
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the rest of the blob cannot be written, or the file cannot be renamed.
    pub fn finish_if(self, is_wanted: impl FnOnce(&Digest) -> bool) -> io::Result<Option<(Digest, u64)>> {
        let (out, digest, size) = self.out.finish();
        if !is_wanted(&digest) {
            return Ok(None);
        }
        place(out, &self.to, &digest)?;
        Ok(Some((digest, size)))
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
        place(out, &self.to, expected).map_err(|source| BlobError::Write { digest, source })
    }
}

/// Gives the file its name. Replaces an existing file, because that may be damaged.
fn place(out: BufWriter<NamedTempFile>, to: &Blobs, digest: &Digest) -> io::Result<()> {
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    let file = file.persist(to.path(digest)).map_err(|error| error.error)?;
    if let Some(watch) = &to.watch {
        watch.digests.written(Stamp::of(&file.metadata()?), digest);
    }
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
