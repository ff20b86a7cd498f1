use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::Utf8Path;

use super::{BlobError, Blobs};
use crate::{Digest, FileDigests};

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
fn partial_blobs_of_killed_processes_are_removed_and_those_of_living_ones_are_not() {
    let (scratch, blobs) = scratch();
    let mut living = blobs.writer().unwrap();
    let folder = blobs.folder().unwrap();
    fs::write(blobs.partial.join("killed"), "").unwrap();
    fs::create_dir(blobs.partial.join("folder")).unwrap();
    Blobs::open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
    assert_eq!(fs::read_dir(&blobs.partial).unwrap().count(), 2);
    assert!(folder.path().exists());
    living.write_all(b"abc").unwrap();
    assert_eq!(living.finish().unwrap(), (Digest::of(b"abc"), 3));
}

/// Blobs as a process finds them that knows the digests of an earlier one, and the damage it reports.
fn process(
    scratch: &tempfile::TempDir,
    known: &FileDigests,
) -> (Blobs, Arc<FileDigests>, Arc<Mutex<Vec<String>>>) {
    let digests = Arc::new(FileDigests::new(known.to_keep().unwrap_or_default()));
    let damage = Arc::new(Mutex::new(Vec::new()));
    let blobs = Blobs::open(Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
    let report = Arc::clone(&damage);
    let damaged = move |error: &BlobError| report.lock().unwrap().push(error.to_string());
    (blobs.watched(&digests, damaged), digests, damage)
}

#[test]
fn a_watched_blob_is_read_once_by_all_processes() {
    let (scratch, blobs) = scratch();
    let (digest, size) = blobs.put(b"abc").unwrap();
    std::thread::sleep(Duration::from_millis(40));
    let (blobs, first, _) = process(&scratch, &FileDigests::default());
    assert!(blobs.has(&digest, size) && blobs.has(&digest, size) && blobs.reader(&digest, size).is_ok());
    assert_eq!(first.bytes_read(), 3);
    let (blobs, second, _) = process(&scratch, &first);
    assert!(blobs.has(&digest, size));
    assert_eq!(second.bytes_read(), 0);
}

#[test]
fn a_damaged_watched_blob_is_reported_once_and_removed() {
    for damage in ["abd", "ab"] {
        let (scratch, _) = scratch();
        let (blobs, first, _) = process(&scratch, &FileDigests::default());
        let (digest, size) = blobs.put(b"abc").unwrap();
        let (blobs, _, reported) = process(&scratch, &first);
        fs::write(blobs.path(&digest), damage).unwrap();
        assert!(!blobs.has(&digest, size) && !blobs.has(&digest, size));
        assert_eq!(reported.lock().unwrap().len(), 1, "{damage}");
        assert!(!blobs.path(&digest).exists());
        assert!(matches!(blobs.reader(&digest, size), Err(BlobError::Missing { .. })));
        blobs.put(b"abc").unwrap();
        assert_eq!(blobs.read(&digest, size).unwrap(), b"abc");
    }
}

#[test]
fn a_blob_that_is_written_again_replaces_a_damaged_one() {
    let (_scratch, blobs) = scratch();
    let (digest, size) = blobs.put(b"abc").unwrap();
    fs::write(blobs.path(&digest), "abd").unwrap();
    let mut writer = blobs.writer().unwrap();
    writer.write_all(b"abc").unwrap();
    writer.finish().unwrap();
    assert_eq!(blobs.read(&digest, size).unwrap(), b"abc");
}

#[test]
fn a_blob_with_two_links_is_verified_once_and_healed_twice() {
    let ((one, _), (two, _)) = (scratch(), scratch());
    let (cache, first, _) = process(&one, &FileDigests::default());
    let (digest, size) = cache.put(b"abc").unwrap();
    let (store, other, _) = process(&two, &FileDigests::default());
    store.link_from(&cache, &digest, size).unwrap();
    assert!(store.has(&digest, size) && cache.has(&digest, size));
    assert_eq!(first.bytes_read() + other.bytes_read(), 0);

    // The store of a second workspace has linked the blob, which the first finds in the cache.
    fs::hard_link(cache.path(&digest), one.path().join("link")).unwrap();
    std::thread::sleep(Duration::from_millis(40));
    let (cache, first, _) = process(&one, &first);
    let (store, other, _) = process(&two, &other);
    store.link_from(&cache, &digest, size).unwrap();
    assert!(store.has(&digest, size));
    assert_eq!((first.bytes_read(), other.bytes_read()), (3, 0));

    fs::write(store.path(&digest), "abd").unwrap();
    let (cache, _, in_cache) = process(&one, &first);
    let (store, _, in_store) = process(&two, &other);
    assert!(!cache.has(&digest, size));
    cache.put(b"abc").unwrap();
    store.link_from(&cache, &digest, size).unwrap();
    assert_eq!((in_cache.lock().unwrap().len(), in_store.lock().unwrap().len()), (1, 1));
    assert_eq!(store.read(&digest, size).unwrap(), b"abc");
    assert_eq!(cache.read(&digest, size).unwrap(), b"abc");
}

#[test]
fn a_blob_of_a_directory_that_is_not_watched_is_not_vouched_for() {
    let ((_one, from), (two, _)) = (scratch(), scratch());
    let (digest, size) = from.put(b"abc").unwrap();
    fs::write(from.path(&digest), "abd").unwrap();
    let (store, _, damage) = process(&two, &FileDigests::default());
    store.link_from(&from, &digest, size).unwrap();
    assert!(!store.has(&digest, size));
    assert_eq!(damage.lock().unwrap().len(), 1);
}
