//! What a secret would leave behind: every file that a build has written, each blob as the bytes that were
//! compressed, and all that was said.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::example::{Example, MARKER};

/// The parts are large, and no build writes them.
const BROUGHT: &str = "parts";

/// The files below a folder, by their path.
pub(crate) fn names(folder: &Path) -> BTreeSet<PathBuf> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            names.extend(self::names(&entry.path()));
        } else {
            names.insert(entry.path());
        }
    }
    names
}

/// Fails where the secret is.
pub(crate) fn assert_none(example: &Example) {
    let has_secret = |bytes: &[u8]| holds(bytes, MARKER.as_bytes());
    assert!(!has_secret(&example.log.bytes()), "the secret was printed");
    let mut searched = 0;
    let brought = example.project.join(BROUGHT);
    for path in
        names(&example.beside).into_iter().filter(|path| !path.starts_with(&brought) && path.is_file())
    {
        let bytes = fs::read(&path).unwrap();
        assert!(!has_secret(&bytes), "the secret is in `{}`", path.display());
        if let Some(plain) = inflated(&bytes) {
            assert!(!has_secret(&plain), "the secret is in `{}`, compressed", path.display());
            searched += 1;
        }
    }
    // The base, four own layers, and the layers before the edit.
    assert!(searched >= 5, "only {searched} compressed files were searched");
}

/// Whether the needle is there. It skips ahead, because there are gigabytes to search and tests are not optimised.
fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    let last = needle.len() - 1;
    let mut at = last;
    while at < bytes.len() {
        match needle.iter().rposition(|byte| *byte == bytes[at]) {
            None => at += needle.len(),
            Some(found) if found < last => at += last - found,
            Some(_) if &bytes[at - last..=at] == needle => return true,
            Some(_) => at += 1,
        }
    }
    false
}

#[test]
fn a_needle_is_found_wherever_it_lies() {
    for before in 0..40 {
        let hay = [&vec![b'a'; before][..], b"abcab", MARKER.as_bytes(), b"marker"].concat();
        assert!(holds(&hay, MARKER.as_bytes()), "{before}");
        assert!(!holds(&hay, b"abcabc"), "{before}");
    }
}

fn inflated(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut reader: Box<dyn Read + '_> = match bytes {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::MultiGzDecoder::new(bytes)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::new(bytes).unwrap()),
        _ => return None,
    };
    reader.read_to_end(&mut plain).ok().map(|_| plain)
}
