//! Writes a file that other processes see whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use crate::claim::{self, Claim};

/// Whether a file survives a loss of power.
///
/// ```
/// # use camino::Utf8Path;
/// use lapstrake_oci::{AtomicFile, Durability};
///
/// # let scratch = tempfile::tempdir()?;
/// # let path = Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8").join("file");
/// AtomicFile::create(&path)?.commit(Durability::Rebuildable)?;
/// assert!(path.exists());
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// The content and the name are on the disk before the file is used: for what a user keeps.
    Durable,
    /// After a loss of power the file may be missing, old or damaged: for what is verified when it is read, and can
    /// be written again.
    Rebuildable,
}

/// A file that appears at its path when it is complete. Until then it is a temporary file in the same directory,
/// which is removed when the value is dropped.
///
/// The file can be read by everybody (mode 0644), with any umask.
///
/// ```
/// use std::io::Write;
///
/// use camino::Utf8Path;
/// use lapstrake_oci::{AtomicFile, Durability};
///
/// # let scratch = tempfile::tempdir()?;
/// # let root = Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
/// let path = root.join("lapstrake.lock");
/// let mut file = AtomicFile::create(&path)?;
/// file.write_all(b"version = 1\n")?;
/// assert!(!path.exists());
/// file.commit(Durability::Durable)?;
/// assert_eq!(std::fs::read(&path)?, b"version = 1\n");
///
/// // Another process may have written it first.
/// AtomicFile::create_in(&root.join("partial"), &path)?.commit_new(Durability::Rebuildable)?;
/// assert_eq!(std::fs::read(&path)?, b"version = 1\n");
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct AtomicFile {
    file: NamedTempFile,
    path: Utf8PathBuf,
}

impl AtomicFile {
    /// Creates the temporary file, and the directories that lead to `path`. Removes the temporary files that killed
    /// processes left for the same path.
    ///
    /// # Errors
    /// If `path` names no file, or its directory can't be written.
    pub fn create(path: &Utf8Path) -> io::Result<Self> {
        let directory = directory(path)?;
        if let Some(name) = path.file_name() {
            Claim::sweep(directory, &[&Self::prefix(name)]);
        }
        Self::create_in(directory, path)
    }

    /// As [`create`](Self::create), with the temporary file in another directory of the same file system, where the
    /// files of killed processes can be found.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn create_in(temporary: &Utf8Path, path: &Utf8Path) -> io::Result<Self> {
        for directory in [temporary, directory(path)?] {
            std::fs::create_dir_all(directory)?;
        }
        let name = path.file_name().ok_or_else(|| io::Error::other(format!("`{path}` names no file")))?;
        let prefix = Self::prefix(name);
        let file = claim::file_in(temporary, &prefix)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Returns how the names of the temporary files begin that become a file of this name. A process that is killed
    /// leaves such a file.
    ///
    /// ```
    /// use lapstrake_oci::AtomicFile;
    ///
    /// assert_eq!(AtomicFile::prefix("index.json"), ".index.json.tmp");
    /// ```
    #[must_use]
    pub fn prefix(name: &str) -> String {
        format!(".{name}.tmp")
    }

    /// Puts the file at its path, and replaces an existing one. Returns the file.
    ///
    /// # Errors
    /// If the file can't be renamed or, with [`Durability::Durable`], not be flushed to the disk.
    pub fn commit(self, durability: Durability) -> io::Result<File> {
        let directory = directory(&self.path)?.to_owned();
        let file = self.finish(durability)?;
        let file = file.file.persist(&file.path).map_err(|error| error.error)?;
        flush_directory(&directory, durability)?;
        Ok(file)
    }

    /// Puts the file at its path, unless one exists. An existing file stays as it is, which is not an error.
    ///
    /// # Errors
    /// As [`commit`](Self::commit).
    pub fn commit_new(self, durability: Durability) -> io::Result<()> {
        let directory = directory(&self.path)?.to_owned();
        let file = self.finish(durability)?;
        match file.file.persist_noclobber(&file.path) {
            Ok(_) => flush_directory(&directory, durability),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error.error),
        }
    }

    fn finish(self, durability: Durability) -> io::Result<Self> {
        self.file.as_file().set_permissions(Permissions::from_mode(0o644))?;
        if durability == Durability::Durable {
            self.file.as_file().sync_all()?;
        }
        Ok(self)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Returns the directory of a path. The directory of a bare name is the current one.
fn directory(path: &Utf8Path) -> io::Result<&Utf8Path> {
    match path.parent() {
        Some(directory) if directory.as_str().is_empty() => Ok(Utf8Path::new(".")),
        Some(directory) => Ok(directory),
        None => Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{path}` names no file"))),
    }
}

fn flush_directory(directory: &Utf8Path, durability: Durability) -> io::Result<()> {
    match durability {
        Durability::Durable => File::open(directory)?.sync_all(),
        Durability::Rebuildable => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_is_not_committed_leaves_nothing() {
        let scratch = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(scratch.path()).unwrap().join("file");
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"part").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    }

    #[test]
    fn an_existing_file_is_replaced_or_kept_and_can_be_read_by_everybody() {
        let scratch = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(scratch.path()).unwrap().join("file");
        let write = |text: &str| {
            let mut file = AtomicFile::create(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        };
        write("one").commit(Durability::Durable).unwrap();
        write("two").commit(Durability::Rebuildable).unwrap();
        write("three").commit_new(Durability::Rebuildable).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_bare_name_is_in_the_current_directory_and_a_root_is_not_a_file() {
        assert_eq!(directory(Utf8Path::new("file")).unwrap(), ".");
        assert_eq!(directory(Utf8Path::new("/file")).unwrap(), "/");
        AtomicFile::create(Utf8Path::new("/")).unwrap_err();
    }
}
