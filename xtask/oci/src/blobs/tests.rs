use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use camino::Utf8Path;

use super::{BlobError, Blobs};
use crate::Digest;

fn scratch() -> (tempfile::TempDir, Blobs) {
    let scratch = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
    (scratch, blobs)
}

fn files(blobs: &Blobs) -> usize {
    [&blobs.whole, &blobs.partial]
        .map(|place| place.read_dir_utf8().into_iter().flatten().count())
        .iter()
        .sum()
}

#[test]
fn a_blob_is_stored_under_its_digest_and_everyone_may_read_it() {
    let (_scratch, blobs) = scratch();
    let (digest, size) = blobs.put(b"abc").unwrap();
    assert_eq!((&digest, size), (&Digest::of(b"abc"), 3));
    assert_eq!(blobs.read(&digest, size).unwrap(), b"abc");
    assert_eq!(fs::metadata(blobs.path(&digest)).unwrap().permissions().mode() & 0o777, 0o644);
    assert!(blobs.has(&digest, 3) && !blobs.has(&digest, 4));
    assert_eq!(files(&blobs), 1);
}

#[test]
fn an_unfinished_or_unexpected_blob_leaves_no_file() {
    let (_scratch, blobs) = scratch();
    let mut writer = blobs.writer().unwrap();
    writer.write_all(b"half").unwrap();
    drop(writer);
    let mut writer = blobs.writer().unwrap();
    writer.write_all(b"other").unwrap();
    assert!(matches!(writer.finish_as(&Digest::of(b"abcde"), 5), Err(BlobError::Content { .. })));
    let mut writer = blobs.writer().unwrap();
    writer.write_all(b"abc").unwrap();
    assert!(matches!(writer.finish_as(&Digest::of(b"abc"), 4), Err(BlobError::Size { .. })));
    assert_eq!(files(&blobs), 0);
}

#[test]
fn a_damaged_blob_is_reported_and_replaced() {
    let (_scratch, blobs) = scratch();
    let (digest, size) = blobs.put(b"abc").unwrap();
    fs::write(blobs.path(&digest), "abd").unwrap();
    assert!(matches!(blobs.read(&digest, size), Err(BlobError::Content { .. })));
    fs::write(blobs.path(&digest), "ab").unwrap();
    assert!(matches!(blobs.read(&digest, size), Err(BlobError::Size { .. })));
    blobs.put(b"abc").unwrap();
    assert_eq!(blobs.read(&digest, size).unwrap(), b"abc");
    assert!(matches!(blobs.read(&Digest::of(b"x"), 1), Err(BlobError::Missing { .. })));
}

#[test]
fn a_blob_is_linked_if_possible_and_copied_if_not() {
    let ((_one, from), (_two, to)) = (scratch(), scratch());
    let (digest, size) = from.put(b"abc").unwrap();
    let inode = |blobs: &Blobs| fs::metadata(blobs.path(&digest)).unwrap().ino();
    to.link_from(&from, &digest, size).unwrap();
    to.link_from(&from, &digest, size).unwrap();
    assert_eq!(inode(&from), inode(&to));
    fs::remove_file(to.path(&digest)).unwrap();
    fs::write(to.path(&digest), "damaged").unwrap();
    to.link_from(&from, &digest, size).unwrap();
    assert_eq!(to.read(&digest, size).unwrap(), b"abc");
    assert_ne!(inode(&from), inode(&to));
    to.link_from(&from, &Digest::of(b"x"), 1).unwrap_err();
}

#[test]
fn old_partial_blobs_of_killed_processes_are_removed() {
    let (scratch, blobs) = scratch();
    let old = blobs.partial.join("old");
    fs::create_dir(&blobs.partial).unwrap();
    fs::write(&old, "").unwrap();
    fs::write(blobs.partial.join("new"), "").unwrap();
    let yesterday = std::time::SystemTime::now() - 2 * super::ABANDONED;
    fs::create_dir(blobs.partial.join("folder")).unwrap();
    for old in [&old, &blobs.partial.join("folder")] {
        fs::File::open(old).unwrap().set_modified(yesterday).unwrap();
    }
    Blobs::open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
    assert_eq!(files(&blobs), 1);
}
