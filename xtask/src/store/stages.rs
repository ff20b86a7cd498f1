//! Keeps what build stages compiled: a folder for each cache key, with a numbered file for each result.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::Store;
use super::records::Kind;
use lapstrake_oci::{Digest, Stamp, regular};

pub(super) const STAGES: Kind = Kind { name: "stages", version: 1 };

impl Store {
    /// Returns the folder of a stage's results, if they were kept and are sound. Damaged ones are reported and
    /// removed.
    pub(crate) fn stage(&self, key: &Digest) -> Option<Utf8PathBuf> {
        let folder = self.stage_folder(key);
        let kept: Vec<Digest> = self.records.read(STAGES, &key.hex())?;
        let is_sound = |(number, digest): (usize, &Digest)| {
            let known = |path: &Utf8Path| Ok(self.files.digest(path)?.digest);
            result(&folder.join(number.to_string()), &known).is_ok_and(|found| found == *digest)
        };
        if kept.iter().enumerate().all(is_sound) {
            self.use_stage(key);
            return Some(folder);
        }
        if folder.exists() {
            self.progress.warning(format_args!(
                "what a stage compiled in `{folder}` was damaged and is compiled again"
            ));
            // A folder that can't be removed is replaced, or the rename fails.
            drop(fs::remove_dir_all(&folder));
        }
        None
    }

    /// Takes the results of a stage from a folder, and returns the folder in which they are kept.
    pub(crate) fn keep_stage(
        &self,
        key: &Digest,
        count: usize,
        results: &Utf8Path,
    ) -> io::Result<Utf8PathBuf> {
        let folder = self.stage_folder(key);
        let mut digests = Vec::new();
        for number in 0..count {
            digests.push(result(&results.join(number.to_string()), &|path| self.written(path))?);
        }
        fs::create_dir_all(self.paths.stages())?;
        if fs::rename(results, &folder).is_err() {
            // Another build may have been faster, and may use the results now.
            if let Some(folder) = self.stage(key) {
                return Ok(folder);
            }
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            fs::rename(results, &folder)?;
        }
        self.records.write(STAGES, &key.hex(), &digests)?;
        self.use_stage(key);
        Ok(folder)
    }

    /// Reads a new file, so that no later process has to.
    fn written(&self, path: &Utf8Path) -> io::Result<Digest> {
        let file = self.files.read(&regular::open(path)?)?;
        self.files.written(Stamp::of(&fs::metadata(path)?), &file.digest);
        Ok(file.digest)
    }

    fn stage_folder(&self, key: &Digest) -> Utf8PathBuf {
        self.paths.stages().join(key.hex())
    }
}

/// Returns the digest of a result: of a file, or of the names, links and files of a directory.
fn result(path: &Utf8Path, file: &dyn Fn(&Utf8Path) -> io::Result<Digest>) -> io::Result<Digest> {
    let mut lines = Vec::new();
    if !list(path, "", file, &mut lines)? {
        return file(path);
    }
    lines.sort_unstable();
    Ok(Digest::of(lines.concat().as_bytes()))
}

/// Adds a line for each name below a path, and returns whether that is a directory.
fn list(
    path: &Utf8Path,
    prefix: &str,
    file: &dyn Fn(&Utf8Path) -> io::Result<Digest>,
    lines: &mut Vec<String>,
) -> io::Result<bool> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return Ok(false);
    }
    for entry in path.read_dir_utf8()? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name());
        let metadata = fs::symlink_metadata(entry.path())?;
        let what = if metadata.is_symlink() {
            format!("-> {:?}", entry.path().read_link_utf8()?)
        } else if metadata.is_file() {
            format!("{} {:o}", file(entry.path())?, metadata.mode())
        } else {
            list(entry.path(), &format!("{name}/"), file, lines)?;
            format!("{:o}", metadata.mode())
        };
        lines.push(format!("{name:?} {what}\n"));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use camino::{Utf8Path, Utf8PathBuf};

    use super::super::{KeptDigests, Paths, Store};
    use crate::support::progress::Progress;
    use lapstrake_oci::Digest;

    struct Scratch {
        _folder: tempfile::TempDir,
        root: Utf8PathBuf,
        progress: Progress,
    }

    impl Scratch {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let root = Utf8Path::from_path(folder.path()).unwrap().to_owned();
            Self { _folder: folder, root, progress: Progress::silent() }
        }

        /// The store as a process finds it.
        fn store(&self) -> Store {
            let paths = Paths::of(&self.root, &self.root);
            let files = Arc::new(KeptDigests::of_store(&paths, &self.progress));
            Store::open(&paths, &files, &self.progress).unwrap()
        }

        fn keep(&self, store: &Store) -> Utf8PathBuf {
            let results = self.root.join("results");
            fs::create_dir_all(&results).unwrap();
            fs::write(results.join("0"), "program").unwrap();
            fs::write(results.join("1"), "library").unwrap();
            store.keep_stage(&key(), 2, &results).unwrap()
        }
    }

    fn key() -> Digest {
        Digest::of(b"key")
    }

    #[test]
    fn results_are_kept_for_later_processes_and_not_read_again() {
        let scratch = Scratch::new();
        assert_eq!(scratch.store().stage(&key()), None);
        let folder = scratch.keep(&scratch.store());
        let store = scratch.store();
        assert_eq!(store.stage(&key()), Some(folder));
        assert_eq!(store.digests().bytes_read(), 0);
        assert_eq!(store.stage(&Digest::of(b"other")), None);
        assert_eq!(scratch.progress.warnings(), [""; 0]);
    }

    #[test]
    fn damaged_results_are_reported_and_replaced() {
        for damage in [None, Some(""), Some("librarz"), Some("library2")] {
            let scratch = Scratch::new();
            let folder = scratch.keep(&scratch.store());
            match damage {
                Some(content) => fs::write(folder.join("1"), content).unwrap(),
                None => fs::remove_file(folder.join("1")).unwrap(),
            }
            let store = scratch.store();
            assert_eq!(store.stage(&key()), None, "{damage:?}");
            assert_eq!(scratch.progress.warnings().len(), 1);
            scratch.keep(&store);
            assert_eq!(store.stage(&key()), Some(folder.clone()));
            assert_eq!(fs::read_to_string(folder.join("1")).unwrap(), "library");
        }
    }

    #[test]
    fn two_builds_that_compile_the_same_keep_one_folder() {
        let scratch = Scratch::new();
        let store = scratch.store();
        assert_eq!(scratch.keep(&store), scratch.keep(&store));
        assert!(store.stage(&key()).is_some());
    }
}
