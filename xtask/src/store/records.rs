//! Keeps small results for later builds, one file each. A record is used only if its checksum is right and it
//! was written for the same kind and key; a damaged one is reported and removed, so that it is built again.

use std::fs;
use std::io::{self, BufWriter, Read, Write};

use camino::{Utf8DirEntry, Utf8Path, Utf8PathBuf};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::support::progress::Progress;
use lapstrake_oci::{AtomicFile, Claim, Durability, FileDigest, HashingWriter, Stamp, regular};

/// Identifies the format of a record's file.
const MAGIC: &[u8; 8] = b"lapstrk1";
const SUM: usize = 32;
/// The most bytes of a record: the index of the largest base.
const RECORD_MAX: u64 = 1 << 30;

/// The records in a folder: `ROOT/KIND/KEY`.
#[derive(Debug, Clone)]
pub(crate) struct Records {
    root: Utf8PathBuf,
    progress: Progress,
}

/// What a record contains, and the version of its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Grows with every change of the content. A record of another version is not used.
    pub(crate) version: u32,
}

/// The first part of a record: what it is a record of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Header<'a> {
    version: u32,
    kind: &'a str,
    key: &'a str,
}

impl Records {
    /// Returns the records below `root`, which need not exist.
    pub(crate) fn at(root: Utf8PathBuf, progress: &Progress) -> Self {
        Self { root, progress: progress.clone() }
    }

    /// Returns a record; `None` if it is missing, damaged or of another version.
    pub(crate) fn read<T: DeserializeOwned>(&self, kind: Kind, key: &str) -> Option<T> {
        let path = self.path(kind, key);
        let damaged = |reason: &str| {
            self.progress.warning(format_args!("record `{path}` {reason} and is built again"));
            // The new record replaces what can't be removed.
            drop(fs::remove_file(&path));
        };
        let bytes = match read_regular(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                damaged(&format!("can't be read ({error})"));
                return None;
            }
        };
        let content = payload(&bytes, kind, key);
        let parsed = content.and_then(|content| match content {
            Some(content) => postcard::from_bytes(content).map(Some).map_err(|_| Damaged),
            None => Ok(None),
        });
        parsed.unwrap_or_else(|Damaged| {
            damaged("was damaged");
            None
        })
    }

    /// Writes a record, and returns its file. An existing one is replaced at once.
    pub(crate) fn write<T: Serialize>(&self, kind: Kind, key: &str, content: &T) -> io::Result<FileDigest> {
        self.write_encoded(kind, key, &|to| postcard::to_io(content, to).map(drop).map_err(io::Error::other))
    }

    /// Writes a record whose content `encode` writes, each time the same.
    fn write_encoded(
        &self,
        kind: Kind,
        key: &str,
        encode: &dyn Fn(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<FileDigest> {
        let header = Header { version: kind.version, kind: kind.name, key };
        let write = |to: &mut dyn Write| {
            postcard::to_io(&header, &mut *to).map_err(io::Error::other)?;
            encode(to)
        };
        let path = self.path(kind, key);
        // The checksum is first in the file, so the content is encoded twice: its size costs no memory.
        let mut sum = HashingWriter::new(io::sink());
        write(&mut sum)?;
        let (_, sum, _) = sum.finish();
        let file = match AtomicFile::create_in(&self.partial(), &path) {
            Err(error) if self.remove_in_the_way(kind) => {
                drop(error);
                AtomicFile::create_in(&self.partial(), &path)?
            }
            created => created?,
        };
        let mut file = HashingWriter::new(BufWriter::new(file));
        file.write_all(MAGIC)?;
        file.write_all(sum.as_bytes())?;
        write(&mut file)?;
        let (file, digest, _) = file.finish();
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // A record is verified by its checksum.
        let file = file.commit(Durability::Rebuildable)?;
        Ok(FileDigest { stamp: Stamp::of(&file.metadata()?), digest })
    }

    /// Lists the keys of the records of a kind, sorted. A key may have a `/`.
    pub(crate) fn keys(&self, kind: Kind) -> Vec<String> {
        let root = self.root.join(kind.name);
        let entries = |folder: &Utf8Path| {
            let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
            entries.map(Utf8DirEntry::into_path).collect::<Vec<_>>()
        };
        let below = |path: Utf8PathBuf| if path.is_dir() { entries(&path) } else { vec![path] };
        let files = entries(&root).into_iter().flat_map(below);
        let mut keys: Vec<_> =
            files.filter_map(|path| Some(path.strip_prefix(&root).ok()?.to_string())).collect();
        keys.sort();
        keys
    }

    /// Removes the partial records of processes that were killed.
    pub(crate) fn sweep(&self) {
        Claim::sweep(&self.partial(), &[""]);
    }

    /// Removes, and reports, what has the name of a folder of records and is none. Returns whether there was any.
    fn remove_in_the_way(&self, kind: Kind) -> bool {
        let folders = [self.root.clone(), self.partial(), self.root.join(kind.name)];
        let is_in_the_way = |path: &&Utf8PathBuf| {
            path.symlink_metadata().is_ok_and(|found| !found.is_dir() && !path.is_dir())
        };
        let removed = folders.iter().filter(is_in_the_way).filter(|path| fs::remove_file(path).is_ok());
        removed
            .inspect(|path| {
                let what = "was not a folder and is made again";
                self.progress.warning(format_args!("the folder of records `{path}` {what}"));
            })
            .count()
            > 0
    }

    fn partial(&self) -> Utf8PathBuf {
        self.root.join(".partial")
    }

    /// Returns the path of a record.
    pub(crate) fn path(&self, kind: Kind, key: &str) -> Utf8PathBuf {
        self.root.join(kind.name).join(key)
    }
}

struct Damaged;

/// Returns the encoded content of a record, or `None` if it is of another version.
fn payload<'b>(bytes: &'b [u8], kind: Kind, key: &str) -> Result<Option<&'b [u8]>, Damaged> {
    let payload = bytes.strip_prefix(MAGIC).ok_or(Damaged)?;
    let (sum, payload) = payload.split_first_chunk::<SUM>().ok_or(Damaged)?;
    if *sum != checksum(payload) {
        return Err(Damaged);
    }
    let (header, content) = postcard::take_from_bytes::<Header<'_>>(payload).map_err(|_| Damaged)?;
    if (header.kind, header.key) != (kind.name, key) {
        return Err(Damaged);
    }
    if header.version != kind.version {
        return Ok(None);
    }
    Ok(Some(content))
}

fn read_regular(path: &Utf8Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = regular::open(path)?.take(RECORD_MAX + 1).read_to_end(&mut bytes)?;
    if read as u64 > RECORD_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is larger than a record can be"));
    }
    Ok(bytes)
}

fn checksum(payload: &[u8]) -> [u8; SUM] {
    Sha256::digest(payload).into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use camino::{Utf8Path, Utf8PathBuf};

    use super::{Kind, Records};
    use crate::support::progress::Progress;

    const KIND: Kind = Kind { name: "kind", version: 1 };

    fn scratch() -> (tempfile::TempDir, Records, Progress) {
        let scratch = tempfile::tempdir().unwrap();
        let progress = Progress::silent();
        let root = Utf8Path::from_path(scratch.path()).unwrap().to_owned();
        (scratch, Records::at(root, &progress), progress)
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let (_scratch, records, progress) = scratch();
        assert_eq!(records.read::<String>(KIND, "key"), None);
        records.write(KIND, "key", &"content").unwrap();
        assert_eq!(records.read::<String>(KIND, "key").as_deref(), Some("content"));
        records.write(KIND, "key", &"other").unwrap();
        assert_eq!(records.read::<String>(KIND, "key").as_deref(), Some("other"));
        assert_eq!(progress.warnings(), [""; 0]);
    }

    #[test]
    fn each_flipped_bit_of_a_record_is_reported_and_the_record_is_gone() {
        let (_scratch, records, progress) = scratch();
        records.write(KIND, "key", &"content").unwrap();
        let path = records.path(KIND, "key");
        let sound = fs::read(&path).unwrap();
        for bit in 0..8 * sound.len() {
            let mut flipped = sound.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, flipped).unwrap();
            assert_eq!(records.read::<String>(KIND, "key"), None, "bit {bit}");
            assert_eq!(progress.warnings().len(), bit + 1);
            assert!(!path.exists());
        }
        assert_eq!(progress.warnings()[0], format!("record `{path}` was damaged and is built again"));
    }

    #[test]
    fn a_record_that_is_cut_short_is_damaged() {
        let (_scratch, records, progress) = scratch();
        records.write(KIND, "key", &"content").unwrap();
        let path = records.path(KIND, "key");
        let sound = fs::read(&path).unwrap();
        for length in 0..sound.len() {
            fs::write(&path, &sound[..length]).unwrap();
            assert_eq!(records.read::<String>(KIND, "key"), None, "{length} bytes");
        }
        assert_eq!(progress.warnings().len(), sound.len());
    }

    #[test]
    fn a_record_of_another_kind_or_key_is_not_believed() {
        let (_scratch, records, progress) = scratch();
        let other = Kind { name: "other", version: 1 };
        records.write(KIND, "key", &"content").unwrap();
        records.write(other, "key", &"content").unwrap();
        fs::copy(records.path(KIND, "key"), records.path(KIND, "another")).unwrap();
        fs::copy(records.path(other, "key"), records.path(KIND, "key")).unwrap();
        assert_eq!(records.read::<String>(KIND, "another"), None);
        assert_eq!(records.read::<String>(KIND, "key"), None);
        assert_eq!(progress.warnings().len(), 2);
    }

    #[test]
    fn a_record_of_another_version_is_not_used_and_not_damaged() {
        let (_scratch, records, progress) = scratch();
        records.write(KIND, "key", &"content").unwrap();
        let newer = Kind { version: 2, ..KIND };
        assert_eq!(records.read::<String>(newer, "key"), None);
        assert_eq!(progress.warnings(), [""; 0]);
    }

    #[test]
    fn a_file_in_the_place_of_a_folder_is_reported_and_replaced() {
        for folder in ["", ".partial", "kind"] {
            let (_scratch, records, progress) = scratch();
            records.write(KIND, "key", &"content").unwrap();
            let path: Utf8PathBuf = records.root.join(folder).components().collect();
            fs::remove_dir_all(&path).unwrap();
            fs::write(&path, "").unwrap();
            records.write(KIND, "key", &"other").unwrap();
            assert_eq!(records.read::<String>(KIND, "key").as_deref(), Some("other"));
            let report = format!("the folder of records `{path}` was not a folder and is made again");
            assert_eq!(progress.warnings(), [report]);
        }
    }

    #[test]
    fn a_fifo_in_the_place_of_a_record_is_not_waited_for() {
        let (_scratch, records, progress) = scratch();
        records.write(KIND, "key", &"content").unwrap();
        let path = records.path(KIND, "key");
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(records.read::<String>(KIND, "key"), None);
        assert_eq!(progress.warnings().len(), 1);
    }
}
