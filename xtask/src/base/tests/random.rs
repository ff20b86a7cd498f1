//! Whatever the bytes, an answer and no panic.

use proptest::prelude::*;

use super::fixture::{Tar, gzip};
use crate::base::BaseIndex;
use crate::base::elf::Elf;
use crate::base::layer;
use lapstrake_oci::{Blobs, Budget};

fn valid() -> Vec<u8> {
    Tar::new()
        .directory("usr")
        .pax(&[("path", b"usr/long"), ("SCHILY.xattr.security.capability", &[1; 20])])
        .file("usr/x", "content")
        .symlink("bin", "usr/bin")
        .hardlink("usr/y", "usr/long")
        .file("usr/.wh.gone", "")
        .file("usr/.wh..wh..opq", "")
        .member(b"n", tar::EntryType::Char, "", 0o600, b"")
        .end()
}

/// Reads a layer, and applies it to a good one.
fn read(tar: &[u8]) {
    if let Ok(tree) = layer::read_within(tar, &Budget::of_image(1).members(1000)) {
        drop(BaseIndex::of([layer::read(valid().as_slice()).unwrap(), tree], 10_000));
    }
}

/// Mends every checksum that may be one, so that mutations get past it.
fn fixed(mut tar: Vec<u8>) -> Vec<u8> {
    for block in tar.chunks_exact_mut(512) {
        if &block[257..262] == b"ustar" {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    tar
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        read(&bytes);
        drop(Elf::parse(&bytes));
    }

    #[test]
    fn a_tar_with_any_bytes_changed_is_no_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        length in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut tar = valid();
        for (at, byte) in changes {
            *at.get_mut(&mut tar) = byte;
        }
        if cut {
            tar.truncate(length.index(tar.len()));
        }
        read(&tar);
        read(&fixed(tar));
    }

    #[test]
    fn an_archive_with_any_bytes_changed_is_no_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let scratch = tempfile::tempdir().unwrap();
        let blobs = Blobs::open(camino::Utf8Path::from_path(scratch.path()).unwrap()).unwrap();
        let mut tar = Tar::new().directory("blobs").file("index.json", "{}").file("oci-layout", "{}").end();
        for (at, byte) in changes {
            *at.get_mut(&mut tar) = byte;
        }
        drop(lapstrake_oci::import_archive(fixed(tar).as_slice(), &blobs));
    }

    #[test]
    fn compressed_bytes_changed_are_no_panic(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for mut blob in [gzip(&valid()), zstd::encode_all(valid().as_slice(), 3).unwrap()] {
            *at.get_mut(&mut blob) = byte;
            if let Ok(tar) = lapstrake_oci::Decompressor::new(blob.as_slice()) {
                drop(layer::read_within(tar, &Budget::of_image(1).members(1000)));
            }
        }
    }

    #[test]
    fn an_elf_file_with_any_bytes_changed_is_no_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut library = crate::base::stand_in::libc();
        for (at, byte) in changes {
            *at.get_mut(&mut library) = byte;
        }
        drop(Elf::parse(&library));
    }
}
