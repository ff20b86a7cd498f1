//! Finds secrets in a file and in the members of an archive, one level deep. Memory and time are bounded.

use std::io::{Cursor, Read};

use lapstrake_oci::Decompressor;

use super::scan::{MOST, scan};
use super::{Scanned, Secret};
use crate::inputs::each_file;

/// So many bytes of an archive are unpacked at most.
const UNPACKED_MAX: u64 = 16 << 20;

/// Returns the secrets of a file: of its bytes, of its text in UTF-16, and of the members of an archive.
pub(crate) fn scan_file(bytes: &[u8]) -> Scanned {
    let Scanned { mut secrets, is_cut } = archive(bytes);
    // The bytes of a tar have what its members have.
    let known: Vec<_> = secrets.iter().map(|secret| secret.kind).collect();
    secrets.extend(scan(bytes).into_iter().filter(|secret| !known.contains(&secret.kind)));
    secrets.truncate(MOST);
    Scanned { secrets, is_cut }
}

/// Returns the secrets in the members of an archive; none for what is not an archive.
fn archive(bytes: &[u8]) -> Scanned {
    let is_tar = bytes.get(257..262) == Some(b"ustar");
    let is_compressed = bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"\x28\xb5\x2f\xfd");
    let mut scanned = Scanned::default();
    if !is_tar && !is_compressed && !bytes.starts_with(b"PK\x03\x04") {
        return scanned;
    }
    let mut members = 0_usize;
    let size = bytes.len() as u64;
    let visited = each_file(Cursor::new(bytes), size, UNPACKED_MAX, &mut |name, content| {
        members += 1;
        // A name may be a secret, too.
        let name = Some(name).filter(|name| scan(name).is_empty()).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        let found = scan(content).into_iter().take(MOST.saturating_sub(scanned.secrets.len()));
        scanned.secrets.extend(found.map(|secret| Secret { member: Some(name.clone()), ..secret }));
    });
    match visited {
        // What is compressed may be one file, even of NULs, which are the end of a tar.
        Ok(_) | Err(_) if members == 0 && is_compressed => scanned = compressed(bytes),
        Ok(is_whole) => scanned.is_cut = !is_whole,
        // A damaged archive is unpacked by nobody.
        Err(_) => {}
    }
    scanned
}

fn compressed(bytes: &[u8]) -> Scanned {
    let mut content = Vec::new();
    let read = Decompressor::new(Cursor::new(bytes))
        .and_then(|file| file.take(UNPACKED_MAX + 1).read_to_end(&mut content));
    let is_cut = read.is_ok() && content.len() as u64 > UNPACKED_MAX;
    Scanned { secrets: scan(&content), is_cut }
}
