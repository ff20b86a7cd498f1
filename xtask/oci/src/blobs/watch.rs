//! Verifies the content of blobs, and reads a file only if its digest is not known.

use std::fmt;
use std::fs::File;
use std::io::Seek;
use std::sync::Arc;

use super::BlobError;
use crate::{Digest, FileDigests, Stamp};

/// How the blobs of a directory are verified.
#[derive(Clone)]
pub(super) struct Watch {
    pub(super) digests: Arc<FileDigests>,
    /// Reports a damaged blob that was removed.
    pub(super) damaged: Arc<dyn Fn(&BlobError) + Send + Sync>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    /// Returns the file if it has the content of the blob.
    pub(super) fn verify(&self, file: File, digest: &Digest) -> Result<File, BlobError> {
        let failed = |source| BlobError::Read { digest: digest.clone(), source };
        let stamp = Stamp::of(&file.metadata().map_err(failed)?);
        let found = match self.digests.get(&stamp) {
            Some(known) => known,
            None => self.digests.read(&file).map_err(failed)?.digest,
        };
        if found != *digest {
            return Err(BlobError::Content { digest: digest.clone(), found });
        }
        (&file).rewind().map_err(failed)?;
        Ok(file)
    }
}
