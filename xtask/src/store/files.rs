//! Keeps the digests of files between builds, so that a file that has not changed is not read again.

use std::ops::Deref;
use std::sync::Arc;

use super::paths::Paths;
use super::records::{Kind, Records};
use crate::support::progress::Progress;
use lapstrake_oci::{FileDigest, FileDigests};

const FILES: Kind = Kind { name: "files", version: 1 };
const KEY: &str = "digests";

/// The digests of files that this build and earlier ones have read or written. They are saved when the last
/// user drops them.
#[derive(Debug)]
pub(crate) struct KeptDigests {
    digests: Arc<FileDigests>,
    records: Records,
}

impl KeptDigests {
    /// Returns the digests that the last build of a workspace kept. Creates nothing.
    pub(crate) fn of_store(paths: &Paths, progress: &Progress) -> Self {
        Self::load(&paths.records(progress))
    }

    /// Returns the digests that the last build kept in these records.
    pub(crate) fn load(records: &Records) -> Self {
        let kept: Vec<FileDigest> = records.read(FILES, KEY).unwrap_or_default();
        Self { digests: Arc::new(FileDigests::new(kept)), records: records.clone() }
    }

    /// Returns the digests for blobs that are watched.
    pub(crate) fn share(&self) -> &Arc<FileDigests> {
        &self.digests
    }
}

impl Deref for KeptDigests {
    type Target = FileDigests;

    fn deref(&self) -> &FileDigests {
        &self.digests
    }
}

impl Drop for KeptDigests {
    fn drop(&mut self) {
        if let Some(kept) = self.digests.to_keep() {
            // Without the record, the next build reads the files again.
            drop(self.records.write(FILES, KEY, &kept));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread::sleep;
    use std::time::Duration;

    use camino::Utf8Path;

    use super::{FILES, KEY, KeptDigests, Records};
    use crate::support::progress::Progress;
    use lapstrake_oci::Digest;

    #[test]
    fn digests_survive_the_process_and_a_damaged_record_costs_a_reading() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let progress = Progress::silent();
        let records = Records::at(root.join("records"), &progress);
        let file = root.join("file");
        fs::write(&file, "abc").unwrap();
        sleep(Duration::from_millis(40));
        let bytes_read = || {
            let digests = KeptDigests::load(&records);
            assert_eq!(digests.digest(&file).unwrap().digest, Digest::of(b"abc"));
            digests.bytes_read()
        };
        assert_eq!([bytes_read(), bytes_read(), bytes_read()], [3, 0, 0]);
        let path = records.path(FILES, KEY);
        let mut bytes = fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!([bytes_read(), bytes_read()], [3, 0]);
        assert_eq!(progress.warnings().len(), 1);
    }
}
