//! Temporary folders of this process, and folders that appear at their place when they are complete.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake_oci::{Claim, ClaimedFolder};

/// A folder that is removed when the value is dropped.
#[derive(Debug)]
pub(crate) struct TempFolder(ClaimedFolder);

impl TempFolder {
    /// Creates a folder in another one, which must exist. Only its owner may read it.
    pub(crate) fn create_in(folder: &Utf8Path, prefix: &str) -> io::Result<Self> {
        ClaimedFolder::create_in(folder, prefix).map(Self)
    }

    /// Returns where the folder is.
    pub(crate) fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.0.path()).expect("a folder and a prefix of UTF-8 make a path of UTF-8")
    }
}

/// A folder that appears at its path when it is complete. Until then it is a temporary folder beside it, which is
/// removed when the value is dropped.
///
/// Its files are not flushed to the disk, because everything in it can be written again.
#[derive(Debug)]
pub(crate) struct AtomicFolder {
    fresh: TempFolder,
    beside: Utf8PathBuf,
    to: Utf8PathBuf,
}

/// The prefix of temporary folders in folders that others use too.
pub(crate) const PREFIX: &str = ".lapstrake-";

impl AtomicFolder {
    /// Creates the temporary folder, and the folders that lead to `to`. Removes the temporary folders that killed
    /// processes left beside it.
    pub(crate) fn create(to: &Utf8Path) -> io::Result<Self> {
        let beside = match to.parent() {
            // A bare name is in the current directory.
            Some(parent) if parent.as_str().is_empty() => Utf8Path::new("."),
            Some(parent) => parent,
            None => {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{to}` can't be replaced")));
            }
        };
        fs::create_dir_all(beside)?;
        Claim::sweep(beside, &[PREFIX]);
        let fresh = TempFolder::create_in(beside, PREFIX)?;
        Ok(Self { fresh, beside: beside.to_owned(), to: to.to_owned() })
    }

    /// Returns where the folder is written.
    pub(crate) fn path(&self) -> &Utf8Path {
        self.fresh.path()
    }

    /// Puts the folder at its path, and replaces an existing one. Everybody may read it (mode 0755), with any
    /// umask is. A process that is killed leaves the old folder, the new one or none, and never a part of one.
    pub(crate) fn commit(self) -> io::Result<()> {
        fs::set_permissions(self.path(), Permissions::from_mode(0o755))?;
        // The old folder is moved away whole, and removed when it is no longer in its place.
        let old = TempFolder::create_in(&self.beside, PREFIX)?;
        if self.to.exists() {
            fs::rename(&self.to, old.path().join("old"))?;
        }
        fs::rename(self.path(), &self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_replaces_another_and_leaves_nothing_beside() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        let to = root.join("deep/folder");
        for text in ["one", "two"] {
            let folder = AtomicFolder::create(&to).unwrap();
            fs::write(folder.path().join("file"), text).unwrap();
            folder.commit().unwrap();
            assert_eq!(fs::read_to_string(to.join("file")).unwrap(), text);
        }
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o755);
        drop(AtomicFolder::create(&to).unwrap());
        assert_eq!(fs::read_dir(root.join("deep")).unwrap().count(), 1);
        AtomicFolder::create(Utf8Path::new("/")).unwrap_err();
    }
}
