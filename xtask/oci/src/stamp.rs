//! Identifies a state of a file by its inode, its size and its times. A write changes the stamp, unless it is
//! within the granularity of the file system's clock.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// The longest tick of the kernel, from which local file systems take their times.
const TICK: Duration = Duration::from_millis(10);
/// The granularity of FAT, which is the coarsest in use.
const COARSE: Duration = Duration::from_secs(2);
const NANOSECONDS_OF_MILLISECOND: i64 = 1_000_000;

/// Identifies a state of a file: device, inode, size, modification time and change time.
///
/// ```
/// use lapstrake_oci::Stamp;
///
/// # let scratch = tempfile::tempdir()?;
/// let path = scratch.path().join("file");
/// std::fs::write(&path, "abc")?;
/// let before = Stamp::of(&std::fs::metadata(&path)?);
/// assert_eq!(before.size(), 3);
/// std::fs::write(&path, "abcd")?;
/// assert_ne!(before, Stamp::of(&std::fs::metadata(&path)?));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    mtime: (i64, i64),
    ctime: (i64, i64),
}

impl Stamp {
    /// Returns the stamp of a file with that metadata.
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Returns the size of the file, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns what identifies the file while it exists.
    pub(crate) fn file(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Returns whether the stamps differ in the change time at most, which a link changes too. A program that sets the
    /// modification time can write other content all the same.
    ///
    /// ```
    /// use lapstrake_oci::Stamp;
    ///
    /// # let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("file");
    /// std::fs::write(&path, "abc")?;
    /// let before = Stamp::of(&std::fs::metadata(&path)?);
    /// std::fs::hard_link(&path, folder.path().join("other"))?;
    /// assert!(Stamp::of(&std::fs::metadata(&path)?).has_content_of(&before));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn has_content_of(&self, other: &Self) -> bool {
        Self { ctime: other.ctime, ..*self } == *other
    }

    /// Returns the time after the last change in which a write may leave the stamp as it is. The change time
    /// decides, because no program can set it.
    pub(crate) fn granularity(&self) -> Duration {
        if self.ctime.1 % NANOSECONDS_OF_MILLISECOND == 0 { COARSE } else { TICK }
    }

    /// Returns whether a write at `now` or later changes the stamp.
    pub(crate) fn is_settled(&self, now: SystemTime) -> bool {
        let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(self.ctime.0), u32::try_from(self.ctime.1))
        else {
            return false;
        };
        let changed = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds);
        now.duration_since(changed).is_ok_and(|age| age > self.granularity())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::Stamp;

    fn at(nanoseconds: i64) -> Stamp {
        Stamp { device: 1, inode: 2, size: 3, mtime: (9, 9), ctime: (1000, nanoseconds) }
    }

    fn after(milliseconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1000) + Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_stamp_is_settled_once_the_clock_of_its_file_system_has_moved_on() {
        assert!(!at(1).is_settled(after(0)));
        assert!(!at(1).is_settled(after(10)));
        assert!(at(1).is_settled(after(11)));
    }

    #[test]
    fn a_stamp_without_nanoseconds_is_settled_after_two_seconds() {
        assert!(!at(0).is_settled(after(1999)));
        assert!(at(0).is_settled(after(2001)));
    }

    #[test]
    fn a_stamp_of_the_future_is_not_settled() {
        let future = SystemTime::UNIX_EPOCH + Duration::from_secs(999);
        assert!(!at(1).is_settled(future));
    }
}
