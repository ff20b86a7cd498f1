//! A part of the rig: made beside its place and moved into it when it is whole, and kept for as long as its
//! recipe stays the same. The packages that it is made of may have newer versions by then; that alone makes
//! nothing again.

use std::fs::{self, File};
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

use super::error::RigError;
use super::layout::hex;

/// How one part is made.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// The text of all that decides it.
    pub(super) recipe: &'static [&'static str],
    /// Makes it in a folder that is empty.
    pub(super) make: fn(&Utf8Path) -> Result<(), RigError>,
}

impl Part {
    fn key(&self) -> String {
        let mut key = Sha256::new();
        for text in self.recipe {
            key.update(Sha256::digest(text));
        }
        hex(&key.finalize())
    }
}

/// Where the parts are.
pub(super) struct Place {
    pub(super) root: Utf8PathBuf,
}

impl Place {
    /// In a target directory.
    pub(super) fn in_target(target: &Utf8Path) -> Self {
        Self { root: target.join("rig") }
    }

    /// Where a part is.
    pub(super) fn of(&self, name: &str) -> Utf8PathBuf {
        self.root.join(name)
    }

    /// Waits for any other run, and keeps out the next until what it gives is dropped.
    pub(super) fn lock(&self) -> Result<File, RigError> {
        fs::create_dir_all(&self.root).map_err(at(&self.root))?;
        let path = self.root.join("lock");
        let lock = File::create(&path).map_err(at(&path))?;
        lock.lock().map_err(at(&path))?;
        Ok(lock)
    }

    /// Whether a part is there as its recipe says.
    pub(super) fn has(&self, part: &Part) -> bool {
        fs::read_to_string(self.record(part)).is_ok_and(|key| key == part.key())
    }

    /// Makes a part, in the stead of what is there.
    pub(super) fn make(&self, part: &Part) -> Result<(), RigError> {
        let (record, place) = (self.record(part), self.of(part.name));
        let work = self.root.join("making");
        let fresh = work.join(part.name);
        remove(&work)?;
        fs::create_dir_all(&fresh).map_err(at(&fresh))?;
        (part.make)(&fresh)?;
        // Without its record the part is not there, whatever else is.
        remove(&record)?;
        remove(&place)?;
        fs::rename(&fresh, &place).map_err(at(&place))?;
        fs::write(&record, part.key()).map_err(at(&record))?;
        remove(&work)
    }

    fn record(&self, part: &Part) -> Utf8PathBuf {
        self.root.join(format!("{}.recipe", part.name))
    }
}

/// A place beside a part that is being made, for what is not of it. It is gone when the part is there.
pub(super) fn scratch(part: &Utf8Path, name: &str) -> Utf8PathBuf {
    part.with_extension(name)
}

fn remove(path: &Utf8Path) -> Result<(), RigError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    };
    removed.map_err(at(path))
}

/// What an error of the file system was about.
pub(super) fn at(path: &Utf8Path) -> impl FnOnce(io::Error) -> RigError {
    let path = path.to_owned();
    |source| RigError::File { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(recipe: &'static [&'static str], make: fn(&Utf8Path) -> Result<(), RigError>) -> Part {
        Part { name: "part", recipe, make }
    }

    fn fails(into: &Utf8Path) -> Result<(), RigError> {
        fs::write(into.join("half"), "").unwrap();
        Err(RigError::NoArchive)
    }

    fn works(into: &Utf8Path) -> Result<(), RigError> {
        fs::write(scratch(into, "tree"), "").unwrap();
        fs::write(into.join("whole"), "").map_err(at(into))
    }

    fn names(place: &Place, name: &str) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(place.root.join(name))
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_part_is_whole_or_not_there() {
        let target = tempfile::tempdir().unwrap();
        let place = Place::in_target(Utf8Path::from_path(target.path()).unwrap());
        let _lock = place.lock().unwrap();
        let (good, bad) = (part(&["a"], works), part(&["b"], fails));
        place.make(&good).unwrap();
        assert!(place.has(&good));
        assert_eq!(names(&place, "part"), ["whole"]);
        place.make(&bad).unwrap_err();
        assert!(!place.has(&bad), "what failed is not there");
        assert!(place.has(&good), "what was there still is");
        assert_eq!(names(&place, "part"), ["whole"]);
        place.make(&good).unwrap();
        assert_eq!(names(&place, ""), ["lock", "part", "part.recipe"], "nothing is left beside it");
    }

    #[test]
    fn another_recipe_is_another_part() {
        let key = |recipe| part(recipe, works).key();
        assert_eq!(key(&["a", "b"]), key(&["a", "b"]));
        assert_ne!(key(&["a", "b"]), key(&["ab"]));
        assert_ne!(key(&["a", "b"]), key(&["b", "a"]));
    }
}
