//! The files of the store and of the cache at one moment, to put them back.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest as _, Sha256};

/// The content of all files, by their path below a folder.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    root: Utf8PathBuf,
    pub(super) files: BTreeMap<Utf8PathBuf, Vec<u8>>,
}

impl Snapshot {
    /// Reads the files of some folders below a root.
    pub(super) fn take(root: &Utf8Path, folders: &[&str]) -> io::Result<Self> {
        let mut snapshot = Self { root: root.to_owned(), files: BTreeMap::new() };
        for folder in folders {
            snapshot.add(Utf8Path::new(folder))?;
        }
        Ok(snapshot)
    }

    fn add(&mut self, folder: &Utf8Path) -> io::Result<()> {
        for entry in self.root.join(folder).read_dir_utf8()? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let file_type = entry.file_type()?;
            if file_type.is_dir() {
                self.add(&path)?;
            } else if file_type.is_file() {
                self.files.insert(path, fs::read(entry.path())?);
            }
        }
        Ok(())
    }

    /// Puts every file back that differs, and removes new files.
    pub(super) fn restore(&self, folders: &[&str]) -> io::Result<()> {
        let now = Self::take(&self.root, folders)?;
        for path in now.files.keys().filter(|path| !self.files.contains_key(*path)) {
            fs::remove_file(self.root.join(path))?;
        }
        for (path, bytes) in &self.files {
            if now.files.get(path) != Some(bytes) {
                let path = self.root.join(path);
                fs::create_dir_all(path.with_file_name(""))?;
                // In place, because a blob of the store may be a hard link to one of the cache.
                fs::write(path, bytes)?;
            }
        }
        Ok(())
    }

    /// Finds a blob below a folder that has not the bytes of its name.
    pub(super) fn bad_blob(&self, layout: &Utf8Path) -> Option<String> {
        let blobs = layout.join("blobs/sha256");
        let blobs = self.files.iter().filter(|(path, _)| path.parent() == Some(&blobs));
        let mut names = blobs.filter_map(|(path, bytes)| {
            let name = path.file_name()?;
            let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            (name != digest).then(|| name.to_owned())
        });
        names.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_put_back() {
        let scratch = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(scratch.path()).unwrap();
        fs::create_dir_all(root.join("store/a")).unwrap();
        fs::write(root.join("store/a/x"), "x").unwrap();
        fs::write(root.join("store/y"), "y").unwrap();
        let before = Snapshot::take(root, &["store"]).unwrap();
        fs::write(root.join("store/a/x"), "damaged").unwrap();
        fs::remove_file(root.join("store/y")).unwrap();
        fs::write(root.join("store/new"), "").unwrap();
        before.restore(&["store"]).unwrap();
        assert_eq!(Snapshot::take(root, &["store"]).unwrap(), before);
    }

    #[test]
    fn a_blob_has_the_bytes_of_its_name() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let path = Utf8PathBuf::from(format!("store/oci/blobs/sha256/{empty}"));
        let of = |bytes: &[u8]| Snapshot { root: "/".into(), files: [(path.clone(), bytes.to_vec())].into() };
        assert_eq!(of(b"").bad_blob(Utf8Path::new("store/oci")), None);
        assert_eq!(of(b"x").bad_blob(Utf8Path::new("store/oci")).as_deref(), Some(empty));
    }
}
