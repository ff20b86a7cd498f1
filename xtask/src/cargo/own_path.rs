//! The path of an executable that cargo writes with one set of features alone. Cargo gives one name one path, of any package
//! and features, and another build can run cargo before this one has read the file.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::CompileError;
use crate::store::{Paths, Scratch};
use crate::support::folder::TempFolder;
use crate::support::progress::Progress;

/// The lock of the builds of a workspace, held from before cargo runs until its executables are found.
const LOCK: &str = "cargo.lock";

/// Waits until no other build of the workspace runs cargo. The lock is released when the file is dropped.
pub(super) fn lock(paths: &Paths, progress: &Progress) -> Result<File, CompileError> {
    let path = paths.root().join(LOCK);
    let failed = |source| CompileError::Lock { path: path.clone(), source };
    fs::create_dir_all(paths.root()).map_err(failed)?;
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress.status("Waiting", "for another build of this workspace that runs cargo");
            file.lock().map_err(failed)?;
        }
        Err(TryLockError::Error(source)) => return Err(failed(source)),
    }
    Ok(file)
}

/// Returns the other name that cargo gives the executable: it links it to its path out of `deps`, where a hash of the
/// features is in the name. None where cargo copies it, or has it elsewhere.
pub(super) fn of(path: &Utf8Path) -> Option<Utf8PathBuf> {
    let linked = fs::metadata(path).ok().filter(|found| found.nlink() > 1)?;
    let prefix = format!("{}-", path.file_stem()?.replace('-', "_"));
    let entries = path.parent()?.join("deps").read_dir_utf8().ok()?;
    let names = entries.flatten().filter(|entry| entry.file_name().starts_with(&prefix));
    let is_linked = |path: &Utf8PathBuf| {
        let found = fs::symlink_metadata(path);
        found.is_ok_and(|found| (found.dev(), found.ino()) == (linked.dev(), linked.ino()))
    };
    names.map(camino::Utf8DirEntry::into_path).find(is_linked)
}

/// Copies an executable away.
pub(super) fn keep(
    path: &Utf8Path,
    run: usize,
    kept: &mut Option<TempFolder>,
    paths: &Paths,
) -> Result<Utf8PathBuf, CompileError> {
    let failed = |source: io::Error| CompileError::Keep { path: path.to_owned(), source };
    let folder = match kept {
        Some(folder) => folder,
        none => none.insert(paths.scratch(Scratch::Binaries).map_err(failed)?),
    };
    let name = path.file_name().expect("cargo names an executable by its file");
    let to = folder.path().join(format!("{run}-{name}"));
    fs::copy(path, &to).map_err(failed)?;
    Ok(to)
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn the_path_is_that_of_the_features() {
        let folder = TempDir::new().unwrap();
        let release = Utf8Path::from_path(folder.path()).unwrap();
        fs::create_dir(release.join("deps")).unwrap();
        let (path, own) = (release.join("can-probe"), release.join("deps/can_probe-2"));
        fs::write(release.join("deps/can_probe-1"), "other features").unwrap();
        fs::write(&own, "these").unwrap();
        fs::hard_link(&own, &path).unwrap();
        assert_eq!(of(&path), Some(own));
        fs::remove_file(&path).unwrap();
        fs::write(&path, "these").unwrap();
        assert_eq!(of(&path), None, "cargo copied it");
    }

    #[test]
    fn copies_of_two_runs_are_two_files() {
        let folder = TempDir::new().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let (path, paths, mut kept) = (root.join("app"), Paths::at(root.join("store")), None);
        let copies = ["one", "two"].map(|text| {
            fs::write(&path, text).unwrap();
            let run = usize::from(text == "two");
            keep(&path, run, &mut kept, &paths).unwrap()
        });
        assert_eq!(copies.map(|copy| fs::read_to_string(copy).unwrap()), ["one", "two"]);
    }
}
