//! A layer passes through memory in pieces: how large its files are does not show in what it takes.

use std::fs::{self, File};

use lapstrake::{Base, Image, Layer};

use super::workshop::Workshop;
use lapstrake_oci::Compression;

/// Bytes of the file, and the most that building it may take; other tests run beside this one.
const SIZE: u64 = 768 << 20;
const MOST: u64 = 384 << 20;

/// A line of `/proc/self/status`, in bytes.
fn status(field: &str) -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(field)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[test]
fn a_large_file_takes_no_more_memory_than_a_small_one() {
    let workshop = Workshop::stand_in();
    workshop.source("deploy/large", b"");
    File::options().write(true).open(workshop.path().join("deploy/large")).unwrap().set_len(SIZE).unwrap();
    // Starts the peak anew (proc(5), clear_refs).
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let image = Image::new("large", Base::stand_in())
        .layer(Layer::new("large").file("deploy/large", "/usr/share/large"));
    let built = workshop.build(&image, Compression::Zstd);
    let took = status("VmHWM:").saturating_sub(before);
    assert!(took < MOST, "{took} bytes for a file of {SIZE}");
    assert!(built.layers.iter().all(|layer| layer.size < SIZE / 100), "a file of zeros compresses");
}
