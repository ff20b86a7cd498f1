//! A file that changes while the image is built is an error, even if its stamp does not show it.

use std::fs;
use std::io::{self, Read};
use std::sync::{Arc, LazyLock};
use std::thread::sleep;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake_oci::{Blobs, Digest, FileDigests, Stamp};

use super::{Artefacts, Files, InputFile, read_all};
use crate::plan::{Artefact, Origin};
use crate::support::small_map::SmallMap;

struct Scratch {
    _folder: tempfile::TempDir,
    file: Utf8PathBuf,
    files: Arc<FileDigests>,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = Utf8Path::from_path(folder.path()).unwrap().join("file");
        fs::write(&file, "abc").unwrap();
        sleep(Duration::from_millis(40));
        Self { _folder: folder, file, files: Arc::default() }
    }

    fn stamp(&self) -> Stamp {
        Stamp::of(&fs::metadata(&self.file).unwrap())
    }

    fn input(&self) -> InputFile {
        let artefact = Artefact { package: "p".to_owned(), bin: "b".to_owned(), invocation: 0 };
        let paths = SmallMap::from([(artefact.clone(), self.file.clone())]);
        let artefacts = Artefacts { paths, ..Artefacts::default() };
        let origin = Origin::Artefact(artefact);
        let read = read_all(1, [(0, &origin)], &artefacts, files(&self.files)).unwrap();
        read[0].get(&origin).unwrap().clone()
    }
}

fn read(input: &InputFile) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let result = input.read_into(&mut |content: &mut dyn Read| content.read_to_end(&mut bytes).map(drop));
    result.map(|()| bytes).map_err(|error| error.to_string())
}

#[test]
fn the_bytes_are_those_whose_digest_was_taken() {
    let scratch = Scratch::new();
    assert_eq!(read(&scratch.input()).unwrap(), b"abc");
    // An `out` that reads nothing does not hide a change.
    assert!(scratch.input().read_into(&mut |_| Ok(())).is_ok());
}

#[test]
fn a_file_that_changed_since_is_an_error_that_names_it() {
    let scratch = Scratch::new();
    let input = scratch.input();
    fs::write(&scratch.file, "abd").unwrap();
    let changed = format!("`{}` changed while the image was built", scratch.file);
    assert_eq!(read(&input).unwrap_err(), changed);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let scratch = Scratch::new();
    let changes = |content: &mut dyn Read| -> io::Result<()> {
        let mut first = [0];
        content.read_exact(&mut first)?;
        fs::write(&scratch.file, "xyz")
    };
    let mut changes = changes;
    let error = scratch.input().read_into(&mut changes).unwrap_err();
    assert!(error.to_string().contains("changed while the image was built"), "{error}");
}

/// A write through a memory map to a dirty page leaves the stamp as it is. The same state without a map: the
/// file has another content than the one that was seen under this stamp.
#[test]
fn other_bytes_under_the_same_stamp_are_an_error_once_and_are_read_again() {
    let scratch = Scratch::new();
    scratch.files.written(scratch.stamp(), &Digest::of(b"before"));
    let torn = scratch.input();
    assert!(read(&torn).unwrap_err().contains("changed while the image was built"));
    assert_eq!(read(&scratch.input()).unwrap(), b"abc", "the digest was forgotten");
}

#[test]
fn a_fifo_in_the_place_of_a_file_is_not_waited_for() {
    let scratch = Scratch::new();
    let input = scratch.input();
    fs::remove_file(&scratch.file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&scratch.file).status().unwrap().success());
    read(&input).unwrap_err();
}

#[test]
fn a_file_is_read_once_however_often_it_is_an_input() {
    let scratch = Scratch::new();
    scratch.input();
    scratch.input();
    assert_eq!(scratch.files.bytes_read(), 3);
}

/// `scan` looked at it when it was a file of the workspace.
#[test]
fn a_source_that_becomes_a_symlink_or_a_fifo_is_an_error() {
    let scratch = Scratch::new();
    let host = scratch.file.canonicalize_utf8().unwrap();
    let origin = Origin::Asset { path: "file".into(), host: host.clone() };
    let taken = || read_all(1, [(0, &origin)], &Artefacts::default(), files(&scratch.files));
    assert_eq!(read(taken().unwrap()[0].get(&origin).unwrap()).unwrap(), b"abc");

    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::remove_file(&host).unwrap();
    std::os::unix::fs::symlink(outside.path(), &host).unwrap();
    let cause = |error: &dyn std::error::Error| error.source().unwrap().to_string();
    assert_eq!(cause(&taken().unwrap_err()), "a part of its path is a symlink now");
    fs::remove_file(&host).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&host).status().unwrap().success());
    assert_eq!(cause(&taken().unwrap_err()), "it is not a regular file");
}

fn files(digests: &Arc<FileDigests>) -> Files<'_> {
    static NONE: LazyLock<Blobs> = LazyLock::new(|| Blobs::at("/nonexistent".into()));
    Files { digests, read: &NONE, root: Utf8Path::new("/") }
}
