//! Claims temporary files and folders, so that what a killed process left differs from what a living one writes. A
//! claim is a lock (flock(2)), which the kernel ends with the process, in any way that it ends. Neither a clock nor the
//! id of a process shows that.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};
use rustix::fs::OFlags;
use tempfile::{NamedTempFile, TempDir};

/// How often a temporary file or folder is made again that a sweep took between its making and its claim.
const ATTEMPTS: usize = 16;

/// The claim of this process to a temporary file or folder. It ends when the value is dropped.
///
/// ```
/// use lapstrake_oci::Claim;
///
/// # let scratch = tempfile::tempdir()?;
/// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
/// for name in [".job-killed", ".job-living"] {
///     std::fs::create_dir(root.join(name))?;
/// }
/// let claim = Claim::take(root.join(".job-living").as_ref())?;
/// Claim::sweep(root, &[".job-"]);
/// assert!(root.join(".job-living").exists() && !root.join(".job-killed").exists());
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Claim(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

impl Claim {
    /// Claims a file or folder that this process has just made. Returns `None` if another process has swept it.
    ///
    /// # Errors
    ///
    /// Fails if it cannot be opened.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = match open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(holds(&file, path).then_some(Self(file)))
    }

    /// Returns the files and folders in `folder` that no living process claims, with the claim of this process to
    /// each, for the caller to remove. Their names begin with one of `prefixes`. A missing folder has none.
    ///
    /// ```
    /// use lapstrake_oci::Claim;
    ///
    /// assert!(Claim::debris("/nonexistent".into(), &[""]).is_empty());
    /// ```
    pub fn debris(folder: &Utf8Path, prefixes: &[&str]) -> Vec<(Utf8PathBuf, Self)> {
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        let named =
            entries.filter(|entry| prefixes.iter().any(|prefix| entry.file_name().starts_with(prefix)));
        named
            .filter_map(|entry: Utf8DirEntry| Some((entry.path().to_owned(), abandoned(entry.path())?)))
            .collect()
    }

    /// Removes the files and folders that [`debris`](Self::debris) returns.
    pub fn sweep(folder: &Utf8Path, prefixes: &[&str]) {
        for (path, _claim) in Self::debris(folder, prefixes) {
            // The next process tries again what can't be removed.
            drop(fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)));
        }
    }
}

/// Returns the claim to a file or folder that nobody else claims.
fn abandoned(path: &Utf8Path) -> Option<Claim> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return None;
    }
    let file = open(path.as_std_path()).ok()?;
    // Where the file system has no locks, nothing is known to be abandoned.
    file.try_lock().is_ok().then_some(Claim(file))
}

/// A fifo is not waited for, and a symlink not followed.
fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from((OFlags::NONBLOCK | OFlags::NOFOLLOW).bits()).expect("open(2) takes an int");
    File::options().read(true).custom_flags(flags).open(path)
}

/// Locks a new file. Returns whether it is still there: a sweep may have been faster.
fn holds(file: &File, path: &Path) -> bool {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => return false,
        // Where the file system has no locks, no sweep removes anything.
        Ok(()) | Err(TryLockError::Error(_)) => {}
    }
    let is_same =
        |own: fs::Metadata, found: fs::Metadata| (own.dev(), own.ino()) == (found.dev(), found.ino());
    file.metadata().ok().zip(fs::symlink_metadata(path).ok()).is_some_and(|(own, found)| is_same(own, found))
}

/// Creates a temporary file that this process claims.
pub(crate) fn file_in(folder: &Utf8Path, prefix: &str) -> io::Result<NamedTempFile> {
    let create = || {
        let file = tempfile::Builder::new().prefix(prefix).tempfile_in(folder)?;
        let is_held = holds(file.as_file(), file.path());
        Ok(is_held.then_some(file))
    };
    attempt(create)
}

/// A temporary folder that this process claims. It is removed when the value is dropped.
///
/// ```
/// use lapstrake_oci::ClaimedFolder;
///
/// # let scratch = tempfile::tempdir()?;
/// # let root = camino::Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
/// let folder = ClaimedFolder::create_in(root, ".job-")?;
/// assert!(folder.path().is_dir());
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct ClaimedFolder {
    folder: TempDir,
    #[expect(dead_code, reason = "the claim ends when it is dropped")]
    claim: Claim,
}

impl ClaimedFolder {
    /// Creates a folder in another one, which must exist. Only its owner may read it.
    ///
    /// # Errors
    ///
    /// Fails if the folder cannot be created.
    pub fn create_in(folder: &Utf8Path, prefix: &str) -> io::Result<Self> {
        attempt(|| {
            let folder = tempfile::Builder::new().prefix(prefix).tempdir_in(folder)?;
            let claim = Claim::take(folder.path())?;
            Ok(claim.map(|claim| Self { folder, claim }))
        })
    }

    /// Returns where the folder is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

fn attempt<T>(mut create: impl FnMut() -> io::Result<Option<T>>) -> io::Result<T> {
    for _ in 0..ATTEMPTS {
        if let Some(created) = create()? {
            return Ok(created);
        }
    }
    Err(io::Error::other("other processes removed it each time"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn what_a_living_process_writes_is_never_swept() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        Claim::sweep(root, &[".job-", ".tmp-"]);
                    }
                });
            }
            for _ in 0..300 {
                let file = file_in(root, ".tmp-").unwrap();
                let folder = ClaimedFolder::create_in(root, ".job-").unwrap();
                thread::yield_now();
                assert!(file.path().exists() && folder.path().exists());
            }
            done.store(true, Ordering::Relaxed);
        });
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_what_has_the_name_of_debris_is_swept() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        for name in [".tmp-killed", "kept"] {
            fs::write(root.join(name), "").unwrap();
        }
        fs::create_dir_all(root.join(".stage-killed/folder")).unwrap();
        std::os::unix::fs::symlink("kept", root.join(".tmp-link")).unwrap();
        Claim::sweep(root, &[".tmp", ".stage-"]);
        let left = root.read_dir_utf8().unwrap().map(|entry| entry.unwrap().file_name().to_owned());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, [".tmp-link", "kept"]);
        Claim::sweep(&root.join("missing"), &[""]);
    }
}
