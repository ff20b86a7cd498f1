//! Remembers digests of files by their stamps, so that a file that has not changed is not read again.
//!
//! A digest is used in later processes only if the stamp was settled when the reading began, because a write
//! soon after may leave the stamp as it is. git calls such an entry of its index racy. Two kinds of writes stay
//! unseen: through a memory map to a page that is dirty already, and on a network file system whose clock is
//! behind. Whoever copies the bytes therefore compares their digest.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

use crate::{Digest, HashingReader, Stamp, regular};

/// The most files that are kept. Beyond it, only the files of this process are.
const KEPT_MAX: usize = 250_000;

/// Names the content of a file in one state.
///
/// ```
/// # let scratch = tempfile::tempdir()?;
/// # let path = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8").join("file");
/// # std::fs::write(&path, "abc")?;
/// use lapstrake_oci::{Digest, FileDigest, FileDigests};
///
/// let FileDigest { stamp, digest } = FileDigests::default().digest(&path)?;
/// assert_eq!((stamp.size(), digest), (3, Digest::of(b"abc")));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// The state of the file.
    pub stamp: Stamp,
    /// The digest of its content in that state.
    pub digest: Digest,
}

/// Remembers the digests of files by their stamps. Threads may share it.
///
/// ```
/// # let scratch = tempfile::tempdir()?;
/// # let path = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8").join("file");
/// # std::fs::write(&path, "abc")?;
/// use lapstrake_oci::FileDigests;
///
/// # std::thread::sleep(std::time::Duration::from_millis(40));
/// let first = FileDigests::default();
/// first.digest(&path)?;
/// assert_eq!(first.bytes_read(), 3);
///
/// // The next process.
/// let second = FileDigests::new(first.to_keep().unwrap_or_default());
/// let abc = second.digest(&path)?;
/// assert_eq!(second.bytes_read(), 0);
///
/// // A file whose content is known to differ is read again.
/// second.forget(&abc.stamp);
/// assert_eq!(second.get(&abc.stamp), None);
/// assert_eq!(second.read(&std::fs::File::open(&path)?)?, abc);
///
/// // A file that the process itself wrote need not be read.
/// second.written(abc.stamp, &abc.digest);
/// assert_eq!(second.get(&abc.stamp), Some(abc.digest));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Default)]
pub struct FileDigests {
    known: Mutex<HashMap<(u64, u64), Known>>,
    /// The bytes that were read.
    read: AtomicU64,
}

#[derive(Debug, Clone)]
struct Known {
    entry: FileDigest,
    source: KnownSince,
    used: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KnownSince {
    /// An earlier process kept the digest.
    Before,
    /// The file was read after its stamp was settled.
    Read,
    /// The file was read before its stamp was settled.
    ReadUnsettled,
    /// This process wrote the file, under a name that no other program knew.
    Written,
}

impl FileDigests {
    /// Returns the digests that an earlier process kept.
    pub fn new(kept: impl IntoIterator<Item = FileDigest>) -> Self {
        let known = kept.into_iter().map(|entry| {
            let known = Known { entry, source: KnownSince::Before, used: false };
            (known.entry.stamp.file(), known)
        });
        Self { known: Mutex::new(known.collect()), read: AtomicU64::new(0) }
    }

    /// Returns the digest of the file with that stamp if it is known.
    pub fn get(&self, stamp: &Stamp) -> Option<Digest> {
        let mut known = self.known();
        let known = known.get_mut(&stamp.file()).filter(|known| known.entry.stamp == *stamp)?;
        known.used = true;
        Some(known.entry.digest.clone())
    }

    /// Returns the digest of a file. Reads the file if its digest is not known.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, is not a regular file, or changes while it is read.
    pub fn digest(&self, path: &Utf8Path) -> io::Result<FileDigest> {
        self.digest_of(&regular::open(path)?)
    }

    /// Returns the digest of an open file. Reads the file if its digest is not known.
    ///
    /// ```
    /// let found = lapstrake_oci::FileDigests::default().digest_of(&std::fs::File::open("Cargo.toml")?)?;
    /// assert_eq!(found.digest, lapstrake_oci::Digest::of(&std::fs::read("Cargo.toml")?));
    /// # Ok::<_, std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, or changes while it is read.
    pub fn digest_of(&self, file: &File) -> io::Result<FileDigest> {
        let stamp = Stamp::of(&file.metadata()?);
        match self.get(&stamp) {
            Some(digest) => Ok(FileDigest { stamp, digest }),
            None => self.read(file),
        }
    }

    /// Reads a file, and remembers its digest.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read, or changes while it is read.
    pub fn read(&self, file: &File) -> io::Result<FileDigest> {
        self.read_since(SystemTime::now(), file)
    }

    fn read_since(&self, began: SystemTime, file: &File) -> io::Result<FileDigest> {
        let stamp = Stamp::of(&file.metadata()?);
        let mut reader = HashingReader::new(file);
        let size = io::copy(&mut reader, &mut io::sink())?;
        self.read.fetch_add(size, Ordering::Relaxed);
        let entry = FileDigest { stamp, digest: reader.finish() };
        if !Stamp::of(&file.metadata()?).has_content_of(&stamp) || size != stamp.size() {
            return Err(io::Error::other("it changed while it was read"));
        }
        let source = if stamp.is_settled(began) { KnownSince::Read } else { KnownSince::ReadUnsettled };
        self.remember(entry.clone(), source);
        Ok(entry)
    }

    /// Remembers the digest of a file that this process wrote under a name that no other program knew.
    pub fn written(&self, stamp: Stamp, digest: &Digest) {
        self.remember(FileDigest { stamp, digest: digest.clone() }, KnownSince::Written);
    }

    /// Remembers a verified file to which this process made a link, because a link changes the stamp.
    pub(crate) fn linked(&self, before: &Stamp, after: Stamp, digest: &Digest) {
        if after.has_content_of(before) && self.get(&after).as_ref() != Some(digest) {
            self.written(after, digest);
        }
    }

    /// Forgets a file whose content was found to have another digest.
    pub fn forget(&self, stamp: &Stamp) {
        self.known().remove(&stamp.file());
    }

    /// Returns the number of bytes that were read because digests were not known.
    pub fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Returns the digests for later processes, sorted by stamp, or `None` if nothing was added. Waits at most
    /// 11 ms, until the stamps of files that were just written are settled.
    pub fn to_keep(&self) -> Option<Vec<FileDigest>> {
        let is_new = |known: &Known| matches!(known.source, KnownSince::Read | KnownSince::Written);
        if !self.known().values().any(is_new) {
            return None;
        }
        let all: Vec<Known> = self.known().values().cloned().collect();
        settle(&all);
        Some(kept_at(SystemTime::now(), all))
    }

    fn remember(&self, entry: FileDigest, source: KnownSince) {
        self.known().insert(entry.stamp.file(), Known { entry, source, used: true });
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<(u64, u64), Known>> {
        self.known.lock().expect("no thread panics while it holds the digests")
    }
}

/// Returns what later processes may use of the digests that are known at `now`.
fn kept_at(now: SystemTime, mut all: Vec<Known>) -> Vec<FileDigest> {
    all.retain(|known| match known.source {
        KnownSince::Before | KnownSince::Read => true,
        KnownSince::ReadUnsettled => false,
        KnownSince::Written => known.entry.stamp.is_settled(now),
    });
    if all.len() > KEPT_MAX {
        all.retain(|known| known.used);
    }
    let mut kept: Vec<_> = all.into_iter().map(|known| known.entry).collect();
    kept.sort_by_key(|entry| entry.stamp);
    kept
}

/// Waits until the stamps of files that were just written are settled, unless the clock counts seconds.
fn settle(all: &[Known]) {
    let now = SystemTime::now();
    let written = all.iter().filter(|known| known.source == KnownSince::Written);
    let unsettled = written.map(|known| known.entry.stamp).filter(|stamp| !stamp.is_settled(now));
    if let Some(wait) = unsettled.map(|stamp| stamp.granularity()).filter(|wait| wait.as_secs() == 0).max() {
        thread::sleep(wait + Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    use std::thread::sleep;
    use std::time::{Duration, SystemTime};

    use camino::{Utf8Path, Utf8PathBuf};

    use super::{FileDigest, FileDigests, KEPT_MAX, Known, KnownSince, kept_at};
    use crate::{Digest, Stamp};

    fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
        let scratch = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(scratch.path()).unwrap().join("file");
        (scratch, file)
    }

    fn settled(content: &str) -> (tempfile::TempDir, Utf8PathBuf) {
        let (scratch, file) = scratch();
        fs::write(&file, content).unwrap();
        sleep(Duration::from_millis(40));
        (scratch, file)
    }

    fn next_process(digests: &FileDigests) -> FileDigests {
        FileDigests::new(digests.to_keep().unwrap_or_default())
    }

    #[test]
    fn a_file_that_has_not_changed_is_read_once() {
        let (_scratch, file) = settled("abc");
        let first = FileDigests::default();
        assert_eq!(first.digest(&file).unwrap().digest, Digest::of(b"abc"));
        assert_eq!(first.digest(&file).unwrap().digest, Digest::of(b"abc"));
        assert_eq!(first.bytes_read(), 3);
        let second = next_process(&first);
        assert_eq!(second.digest(&file).unwrap().digest, Digest::of(b"abc"));
        assert_eq!(second.bytes_read(), 0);
        assert_eq!(second.to_keep(), None, "nothing new was learnt");
    }

    #[test]
    fn a_file_that_has_changed_is_read_again() {
        let (_scratch, file) = settled("abc");
        let first = FileDigests::default();
        first.digest(&file).unwrap();
        let times = fs::metadata(&file).unwrap();
        fs::write(&file, "abd").unwrap();
        // Programs restore the modification time; the change time they can't set.
        fs::File::open(&file).unwrap().set_modified(times.modified().unwrap()).unwrap();
        assert_eq!(next_process(&first).digest(&file).unwrap().digest, Digest::of(b"abd"));
    }

    /// The digests of a file whose reading began that long after its last change.
    fn read_after(file: &Utf8Path, age: Duration) -> FileDigests {
        let digests = FileDigests::default();
        let changed = fs::metadata(file).unwrap();
        let changed =
            Duration::new(changed.ctime().cast_unsigned(), changed.ctime_nsec().try_into().unwrap());
        let began = SystemTime::UNIX_EPOCH + changed + age;
        digests.read_since(began, &fs::File::open(file).unwrap()).unwrap();
        digests
    }

    #[test]
    fn a_file_that_was_read_before_its_stamp_was_settled_is_read_by_the_next_process() {
        let (_scratch, file) = settled("abc");
        for (age, bytes_read) in
            [(Duration::ZERO, 3), (Duration::from_millis(9), 3), (Duration::from_secs(3), 0)]
        {
            let first = read_after(&file, age);
            assert!(first.digest(&file).is_ok());
            assert_eq!(first.bytes_read(), 3, "the first process reads it once");
            let second = next_process(&first);
            second.digest(&file).unwrap();
            assert_eq!(second.bytes_read(), bytes_read, "{age:?}");
        }
    }

    #[test]
    fn a_file_that_was_just_written_is_kept_once_its_stamp_is_settled() {
        let (_scratch, file) = scratch();
        fs::write(&file, "abc").unwrap();
        let digests = FileDigests::default();
        let stamp = Stamp::of(&fs::metadata(&file).unwrap());
        digests.written(stamp, &Digest::of(b"abc"));
        let all = || digests.known().values().cloned().collect();
        assert_eq!(kept_at(SystemTime::UNIX_EPOCH, all()), []);
        assert_eq!(kept_at(SystemTime::now() + Duration::from_secs(3), all()).len(), 1);
        digests.to_keep();
        assert!(stamp.is_settled(SystemTime::now()), "it waits");
    }

    #[test]
    fn the_files_of_other_builds_are_kept_up_to_a_limit() {
        let (_scratch, file) = settled("abc");
        let digests = FileDigests::default();
        let entry = digests.digest(&file).unwrap();
        let known = |number, used| Known {
            entry: FileDigest { digest: Digest::of(&usize::to_be_bytes(number)), ..entry.clone() },
            source: KnownSince::Before,
            used,
        };
        let kept =
            |count| kept_at(SystemTime::now(), (0..count).map(|number| known(number, number < 7)).collect());
        assert_eq!(kept(KEPT_MAX).len(), KEPT_MAX);
        assert_eq!(kept(KEPT_MAX + 1).len(), 7);
    }

    #[test]
    fn a_file_that_this_process_wrote_is_known_to_the_next() {
        let (_scratch, file) = scratch();
        fs::write(&file, "abc").unwrap();
        let first = FileDigests::default();
        first.written(Stamp::of(&fs::metadata(&file).unwrap()), &Digest::of(b"abc"));
        let second = next_process(&first);
        second.digest(&file).unwrap();
        assert_eq!(second.bytes_read(), 0);
    }

    #[test]
    fn a_write_after_the_digests_are_kept_is_seen_at_once() {
        let (_scratch, file) = scratch();
        for _ in 0..20 {
            fs::write(&file, "abc").unwrap();
            let first = FileDigests::default();
            first.written(Stamp::of(&fs::metadata(&file).unwrap()), &Digest::of(b"abc"));
            let second = next_process(&first);
            fs::write(&file, "abd").unwrap();
            assert_eq!(second.digest(&file).unwrap().digest, Digest::of(b"abd"));
        }
    }

    #[test]
    fn a_link_changes_the_stamp_and_not_what_is_known() {
        let (_scratch, file) = settled("abc");
        let digests = FileDigests::default();
        let before = digests.digest(&file).unwrap().stamp;
        fs::hard_link(&file, file.with_extension("link")).unwrap();
        let after = Stamp::of(&fs::metadata(&file).unwrap());
        assert_ne!(before, after);
        digests.linked(&before, after, &Digest::of(b"abc"));
        assert_eq!(digests.get(&after), Some(Digest::of(b"abc")));
        assert_eq!(digests.get(&before), None);
    }

    #[test]
    fn what_is_not_a_regular_file_is_refused_and_not_waited_for() {
        let (_scratch, file) = scratch();
        assert!(std::process::Command::new("mkfifo").arg(&file).status().unwrap().success());
        FileDigests::default().digest(&file).unwrap_err();
    }

    #[test]
    fn an_inode_that_is_used_again_is_another_file() {
        let (_scratch, file) = settled("abc");
        let digests = FileDigests::default();
        let FileDigest { stamp, .. } = digests.digest(&file).unwrap();
        fs::remove_file(&file).unwrap();
        fs::write(&file, "abd").unwrap();
        let now = fs::metadata(&file).unwrap();
        assert_ne!(stamp, Stamp::of(&now), "inode {}", now.ino());
        assert_eq!(digests.digest(&file).unwrap().digest, Digest::of(b"abd"));
    }
}
