//! Where a boot works: one folder for each image, held by one boot at a time. What stays is the serial
//! log; all else is gone afterwards, and what a killed boot left is gone with the next.

use std::fs::{self, File, TryLockError};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::value::ImageName;

use super::BootError;
use crate::support::progress::Progress;

/// The folder of a boot, for as long as the value lives.
#[derive(Debug)]
pub(super) struct Folder {
    at: Utf8PathBuf,
    work: Utf8PathBuf,
    _lock: File,
}

impl Folder {
    /// The folder of an image's boots, empty; waits for another boot of that image.
    pub(super) fn of(kept: &Utf8Path, image: &ImageName, progress: &Progress) -> Result<Self, BootError> {
        let at = kept.join(image.as_str());
        let failed = |path: &Utf8Path| {
            let path = path.to_owned();
            move |source| BootError::Write { path, source }
        };
        fs::create_dir_all(&at).map_err(failed(&at))?;
        let lock = File::create(at.join("lock")).map_err(failed(&at.join("lock")))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                progress.status("Waiting", format_args!("for another boot of {image}"));
                lock.lock().map_err(failed(&at.join("lock")))?;
            }
            Err(TryLockError::Error(source)) => return Err(failed(&at.join("lock"))(source)),
        }
        let folder = Self { work: at.join("work"), at, _lock: lock };
        remove(&folder.work).map_err(failed(&folder.work))?;
        remove_file(&folder.serial_log()).map_err(failed(&folder.serial_log()))?;
        for directory in [&folder.work, &folder.root(), &folder.contents()] {
            fs::create_dir(directory).map_err(failed(directory))?;
        }
        Ok(folder)
    }

    /// What the console of the system says.
    pub(super) fn serial_log(&self) -> Utf8PathBuf {
        self.at.join("serial.log")
    }

    pub(super) fn work(&self) -> &Utf8Path {
        &self.work
    }

    /// The unpacked tree.
    pub(super) fn root(&self) -> Utf8PathBuf {
        self.work.join("root")
    }

    /// The files of the layers, on their way to the tree.
    pub(super) fn contents(&self) -> Utf8PathBuf {
        self.work.join("contents")
    }

    pub(super) fn disk(&self) -> Utf8PathBuf {
        self.work.join("disk.img")
    }

    pub(super) fn record(&self) -> Utf8PathBuf {
        self.work.join("record.img")
    }

    pub(super) fn kernel(&self) -> Utf8PathBuf {
        self.work.join("vmlinuz")
    }

    pub(super) fn initramfs(&self) -> Utf8PathBuf {
        self.work.join("initramfs.img")
    }

    /// Removes the tree, once it is on the disk.
    pub(super) fn forget_tree(&self) -> Result<(), BootError> {
        for path in [self.root(), self.contents()] {
            remove(&path).map_err(|source| BootError::Write { path, source })?;
        }
        Ok(())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays is removed by the next boot, which then says why it can't.
        drop(remove(&self.work));
    }
}

fn remove(directory: &Utf8Path) -> io::Result<()> {
    missing_is_fine(fs::remove_dir_all(directory))
}

fn remove_file(path: &Utf8Path) -> io::Result<()> {
    missing_is_fine(fs::remove_file(path))
}

fn missing_is_fine(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
