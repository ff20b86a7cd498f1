//! The damage that is done to a file, and the kinds of files.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

/// How many files of one kind are damaged.
const FILES: usize = 2;

/// One way to damage a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Damage {
    /// One bit, after this many quarters of the file: a record holds several values.
    Flip {
        quarters: usize,
    },
    Truncate,
    Extend,
}

impl Damage {
    pub(super) const ALL: [Self; 5] = [
        Self::Flip { quarters: 1 },
        Self::Flip { quarters: 2 },
        Self::Flip { quarters: 3 },
        Self::Truncate,
        Self::Extend,
    ];

    /// Returns the damaged bytes of a file that is not empty.
    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut damaged = bytes.to_vec();
        let middle = bytes.len() / 2;
        match self {
            Self::Flip { quarters } => damaged[bytes.len() * quarters / 4] ^= 1,
            Self::Truncate => damaged.truncate(middle),
            Self::Extend => damaged.extend_from_slice(&bytes[middle..]),
        }
        damaged
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flip { quarters: 1 } => "one bit flipped in its first half",
            Self::Flip { quarters: 2 } => "one bit flipped in its middle",
            Self::Flip { .. } => "one bit flipped in its second half",
            Self::Truncate => "truncated",
            Self::Extend => "extended",
        })
    }
}

/// Returns the kind of a file: its folder with every digest replaced, and for a blob what the blob is.
pub(super) fn kind(path: &Utf8Path, bytes: &[u8]) -> String {
    let is_digest = |part: &str| part.len() >= 16 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let parts = path.components().map(|part| if is_digest(part.as_str()) { "*" } else { part.as_str() });
    let shown: Utf8PathBuf = parts.collect();
    let is_blob = path.parent().is_some_and(|parent| parent.ends_with("blobs/sha256"));
    if !is_blob {
        return shown.into_string();
    }
    let document: Option<Value> = serde_json::from_slice(bytes).ok();
    let has = |key: &str| document.as_ref().is_some_and(|document| document.get(key).is_some());
    let what = match () {
        () if has("layers") => "manifest",
        () if has("rootfs") => "config",
        () => "layer",
    };
    format!("{shown} ({what})")
}

/// Selects the files to damage: a few of each kind, in the order of their paths.
pub(super) fn select<'a>(
    files: impl Iterator<Item = (&'a Utf8PathBuf, &'a Vec<u8>)>,
) -> Vec<(String, &'a Utf8PathBuf)> {
    let mut selected: Vec<(String, &Utf8PathBuf)> = Vec::new();
    // An empty file has nothing to damage: it is a lock.
    for (path, bytes) in files.filter(|(_, bytes)| !bytes.is_empty()) {
        let kind = kind(path, bytes);
        if selected.iter().filter(|(other, _)| *other == kind).count() < FILES {
            selected.push((kind, path));
        }
    }
    selected.sort();
    selected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_damage_changes_the_bytes() {
        for bytes in [&b"a"[..], b"ab", b"abc"] {
            for damage in Damage::ALL {
                assert_ne!(damage.of(bytes), bytes, "{damage} {bytes:?}");
            }
        }
        assert_eq!(Damage::Flip { quarters: 2 }.of(b"abc"), b"acc");
    }

    #[test]
    fn a_kind_is_a_folder_and_what_a_blob_is() {
        let hex = "0123456789abcdef".repeat(4);
        for (path, bytes, expected) in [
            (
                format!("store/oci/blobs/sha256/{hex}"),
                r#"{"layers":[]}"#,
                "store/oci/blobs/sha256/* (manifest)",
            ),
            (format!("store/oci/blobs/sha256/{hex}"), "\u{1f}", "store/oci/blobs/sha256/* (layer)"),
            (format!("store/stages/{hex}/0"), "x", "store/stages/*/0"),
            ("store/oci/index.json".to_owned(), "{}", "store/oci/index.json"),
        ] {
            assert_eq!(kind(Utf8Path::new(&path), bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn a_few_files_of_each_kind_are_selected() {
        let file = |digit: &str| (Utf8PathBuf::from(format!("store/layer/{}", digit.repeat(64))), vec![1]);
        let mut files = vec![file("a"), file("b"), file("c"), ("store/lock".into(), Vec::new())];
        files.push(("store/index.json".into(), vec![1]));
        let selected = select(files.iter().map(|(path, bytes)| (path, bytes)));
        let kinds: Vec<_> = selected.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["store/index.json", "store/layer/*", "store/layer/*"]);
    }
}
