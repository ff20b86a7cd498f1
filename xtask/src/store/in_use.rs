//! Shows that a folder of the tool is in use, so that nothing is removed that a running build has found there. Builds
//! share a lock (flock(2)), and who removes something holds it alone. The kernel ends the lock with the process.

use std::fs::{self, File, TryLockError};
use std::io;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};

use crate::support::progress::Progress;
use lapstrake_oci::regular;

const FILE: &str = ".in-use";

/// The lock of this process on a folder.
#[derive(Debug)]
pub(crate) struct InUse {
    path: Utf8PathBuf,
    /// Empty as long as the folder has no such file. Then nobody removes anything from the folder either.
    file: OnceLock<File>,
}

impl InUse {
    /// Shows that this process uses the folder. Waits while another process removes something from it. Creates nothing.
    pub(crate) fn share(folder: &Utf8Path, progress: &Progress) -> Self {
        let in_use = Self { path: folder.join(FILE), file: OnceLock::new() };
        if let Ok(file) = regular::open(&in_use.path) {
            in_use.take(file, progress);
        }
        in_use
    }

    /// Creates the file of the folder, if it is missing.
    pub(crate) fn create(&self, progress: &Progress) {
        if self.file.get().is_some() {
            return;
        }
        drop(self.path.parent().map(fs::create_dir_all));
        // Where it can't be created, nobody can remove anything from the folder either.
        if let Ok(file) = File::options().create(true).truncate(false).write(true).open(&self.path) {
            self.take(file, progress);
        }
    }

    fn take(&self, file: File, progress: &Progress) {
        self.file.get_or_init(|| file);
        self.share_again(progress);
    }

    fn share_again(&self, progress: &Progress) {
        let Some(file) = self.file.get() else { return };
        if let Err(TryLockError::WouldBlock) = file.try_lock_shared() {
            progress.status("Waiting", format_args!("for a process that cleans up, by `{}`", self.path));
            // Where the file system has no locks, nothing is ever removed.
            drop(file.lock_shared());
        }
    }

    /// Runs `work` if no other process uses the folder, and returns its result.
    pub(crate) fn if_alone<T>(&self, progress: &Progress, work: impl FnOnce() -> T) -> Option<T> {
        let file = self.file.get().filter(|file| file.try_lock().is_ok());
        let done = file.map(|_| work());
        self.share_again(progress);
        done
    }

    /// Waits until no other process uses the folder, and runs `work`.
    pub(crate) fn alone<T>(&self, progress: &Progress, work: impl FnOnce() -> T) -> io::Result<T> {
        let unlocked = |source| io::Error::new(io::ErrorKind::Unsupported, source);
        let Some(file) = self.file.get() else {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it can't be opened for writing"));
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.status("Waiting", format_args!("for a build that runs, by `{}`", self.path));
                file.lock().map_err(unlocked)?;
            }
            Err(TryLockError::Error(error)) => return Err(unlocked(error)),
        }
        let done = work();
        self.share_again(progress);
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;

    use super::InUse;
    use crate::support::progress::Progress;

    fn user(folder: &Utf8Path, progress: &Progress) -> InUse {
        let user = InUse::share(folder, progress);
        user.create(progress);
        user
    }

    #[test]
    fn nobody_is_alone_beside_another_user() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(scratch.path()).unwrap();
        let progress = Progress::silent();
        let own = user(folder, &progress);
        assert_eq!(own.if_alone(&progress, || 1), Some(1));
        let other = user(folder, &progress);
        assert_eq!(own.if_alone(&progress, || 1), None);
        drop(other);
        assert_eq!(own.if_alone(&progress, || 1), Some(1));
        assert_eq!(own.alone(&progress, || 2).unwrap(), 2);
    }

    #[test]
    fn who_removes_waits_for_builds_and_builds_wait_for_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(scratch.path()).unwrap();
        let progress = Progress::silent();
        let build = user(folder, &progress);
        std::thread::scope(|scope| {
            let (started, starts) = std::sync::mpsc::channel();
            let (done, ends) = std::sync::mpsc::channel();
            let progress = &progress;
            scope.spawn(move || {
                let own = user(folder, progress);
                own.alone(progress, || {
                    started.send(()).unwrap();
                    ends.recv().unwrap();
                })
                .unwrap();
            });
            assert!(starts.recv_timeout(std::time::Duration::from_millis(100)).is_err());
            drop(build);
            starts.recv().unwrap();
            let next = scope.spawn(|| drop(user(folder, progress)));
            std::thread::sleep(std::time::Duration::from_millis(100));
            assert!(!next.is_finished());
            done.send(()).unwrap();
        });
    }
}
