//! A damaged store or cache: each flipped bit is noticed with one line, the image is the same, and the next
//! build finds nothing to repair.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use lapstrake::{Base, Image, Layer};

use super::workshop::Workshop;
use lapstrake_oci::Compression;

const ELF: &str = "fuzz/corpus/elf/library";

fn image() -> Image {
    Image::new("app", Base::stand_in())
        .layer(Layer::new("program").file("program", "/usr/bin/program"))
        .layer(Layer::new("config").text("key = 1\n", "/etc/app.conf"))
}

fn sources(workshop: &Workshop) {
    let program = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(ELF)).unwrap();
    workshop.source("program", &program);
}

/// Checks and builds, and returns the digest of the image.
fn build(workshop: &Workshop) -> String {
    workshop.check(&image());
    workshop.build(&image(), Compression::Zstd).descriptor.digest
}

/// All files of the store and the cache. A lock has no bytes that could be damaged.
fn files(workshop: &Workshop) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![workshop.path().join("cache"), workshop.path().join("target")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if fs::metadata(&path).unwrap().len() > 0 {
                found.insert(path);
            }
        }
    }
    found
}

/// Flips a bit in the middle, as a disk does: the inode stays, and so do all its links.
fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(file, bytes).unwrap();
}

/// Whether a file is the inputs of a layer, which explain a change.
fn explains(file: &Path) -> bool {
    file.parent().is_some_and(|folder| folder.ends_with("records/inputs"))
}

fn each_damaged_file_is_noticed_and_replaced(make: fn() -> Workshop) {
    let mut workshop = make();
    sources(&workshop);
    let sound = build(&workshop);
    workshop = workshop.next_process();
    assert_eq!(build(&workshop), sound);
    assert_eq!(workshop.progress.warnings(), [""; 0]);
    let all = files(&workshop);
    assert!(all.len() >= 14, "{all:#?}");
    for file in &all {
        let links = fs::metadata(file).unwrap().nlink();
        flip(file);
        workshop = workshop.next_process();
        assert_eq!(build(&workshop), sound, "{}", file.display());
        let warnings = workshop.progress.warnings();
        assert!(!warnings.is_empty() && warnings.len() as u64 <= links, "{}: {warnings:#?}", file.display());
        assert!(warnings.iter().all(|line| line.contains("damaged")), "{warnings:#?}");
        workshop = workshop.next_process();
        assert!(file.exists(), "{} was not built again", file.display());
        assert_eq!(build(&workshop), sound);
        assert_eq!(workshop.progress.warnings(), [""; 0], "after {}", file.display());
    }
}

#[test]
fn each_damaged_file_is_noticed_and_replaced_on_the_stand_in() {
    each_damaged_file_is_noticed_and_replaced(Workshop::stand_in);
}

#[test]
fn each_damaged_file_is_noticed_and_replaced_on_a_layout() {
    each_damaged_file_is_noticed_and_replaced(Workshop::hostile);
}

#[test]
fn damaged_inputs_of_an_earlier_build_leave_the_reason_open() {
    let mut workshop = Workshop::stand_in();
    sources(&workshop);
    build(&workshop);
    let all = files(&workshop);
    all.iter().filter(|file| explains(file)).for_each(|file| flip(file));
    workshop.source("program", b"edited");
    workshop = workshop.next_process();
    let built = workshop.build(&image(), Compression::Zstd);
    let reasons: Vec<_> =
        built.layers.iter().filter(|layer| !layer.reused).map(|layer| &layer.reason).collect();
    assert_eq!(reasons, ["its inputs changed"]);
    assert_eq!(workshop.progress.warnings().len(), 2, "one for each layer");
}

#[test]
fn a_blob_that_is_damaged_between_two_builds_of_one_process_is_noticed() {
    let workshop = Workshop::stand_in();
    sources(&workshop);
    let built = workshop.build(&image(), Compression::Zstd);
    let layer = built.layers.last().unwrap();
    flip(workshop.store.layout.root().join("blobs/sha256").join(&layer.digest[7..]).as_std_path());
    let again = workshop.build(&image(), Compression::Zstd);
    assert_eq!(again.descriptor.digest, built.descriptor.digest);
    assert_eq!(workshop.progress.warnings().len(), 1);
    assert_eq!(again.layers.last().unwrap().reason, "its blob is gone from the store");
}

#[test]
fn a_build_in_which_nothing_changed_reads_no_file_again() {
    let mut workshop = Workshop::hostile();
    sources(&workshop);
    workshop.source("large", &vec![7; 1 << 20]);
    let image = || image().layer(Layer::new("large").file("large", "/usr/share/large"));
    std::thread::sleep(std::time::Duration::from_millis(40));
    workshop.build(&image(), Compression::Zstd);
    assert!(workshop.files.bytes_read() > 1 << 20);
    workshop = workshop.next_process();
    workshop.build(&image(), Compression::Zstd);
    assert_eq!((workshop.files.bytes_read(), workshop.cache.bytes_read()), (0, 0));
}
