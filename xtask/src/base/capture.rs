//! What is kept of a file's content while it passes: its digest, the facts of a program, and the text of
//! the few files that a plan or a check reads.

use std::io::{self, Read};
use std::sync::Arc;

use lapstrake::value::ImagePath;

use super::elf::{self, Elf};
use super::file::{File, FileFacts};
use lapstrake_oci::HashingReader;

/// A program larger than this, in bytes, has no facts.
pub(crate) const ELF_MAX: usize = 256 << 20;
/// A text larger than this, in bytes, is not kept; nor is more than so much text of one layer.
pub(crate) const TEXT_MAX: usize = 1 << 20;
const TEXTS_MAX: usize = 16 << 20;
const CHUNK: usize = 64 << 10;

const FILES: [&str; 14] = [
    "/usr/lib/os-release",
    "/etc/os-release",
    "/etc/build-info",
    "/usr/lib/ostree/prepare-root.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/gshadow",
    "/usr/lib/passwd",
    "/usr/lib/group",
    "/usr/lib/gshadow",
    "/etc/ld.so.conf",
    "/etc/machine-id",
    "/etc/selinux/config",
    "/usr/lib/bootc-image-builder/disk.yaml",
];
/// Directories whose files are read if they end so, and the ending.
const ENDING: [(&str, &str); 7] = [
    ("/usr/lib/sysusers.d/", ".conf"),
    ("/etc/sysusers.d/", ".conf"),
    ("/usr/lib/tmpfiles.d/", ".conf"),
    ("/etc/tmpfiles.d/", ".conf"),
    ("/etc/ld.so.conf.d/", ".conf"),
    ("/usr/lib/bootc/kargs.d/", ".toml"),
    ("/usr/lib/bootc/install/", ".toml"),
];
/// Directories of units, and of the quadlets that podman makes units of.
const UNITS: [&str; 5] = [
    "/usr/lib/systemd/system/",
    "/etc/systemd/system/",
    "/usr/share/containers/systemd/",
    "/etc/containers/systemd/",
    "/etc/qm/containers/systemd/",
];
const SELINUX: &str = "/etc/selinux/";
/// In an image that ostree made, files are hardlinks to objects that come before them: a text is here
/// before its name is known.
const OBJECTS: &str = "/sysroot/ostree/repo/objects/";

/// Keeps what is worth keeping, within bounds.
#[derive(Debug)]
pub(super) struct Capture {
    texts_left: usize,
    buffer: Vec<u8>,
    chunk: Box<[u8]>,
}

impl Default for Capture {
    fn default() -> Self {
        Self { texts_left: TEXTS_MAX, buffer: Vec::new(), chunk: vec![0; CHUNK].into_boxed_slice() }
    }
}

impl Capture {
    /// Reads a file to its end.
    pub(super) fn file(&mut self, path: &ImagePath, size: u64, content: impl Read) -> io::Result<File> {
        let facts = self.facts(path, size, content)?;
        Ok(File::Read(Arc::new(facts)))
    }

    fn facts(&mut self, path: &ImagePath, size: u64, content: impl Read) -> io::Result<FileFacts> {
        self.buffer.clear();
        let text_max = TEXT_MAX.min(self.texts_left);
        let text_max = if wants_text(path) || path.as_str().starts_with(OBJECTS) { text_max } else { 0 };
        let mut reader = HashingReader::new(content);
        let mut buffered = true;
        loop {
            let count = match reader.read(&mut self.chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if !buffered {
                continue;
            }
            self.buffer.extend_from_slice(&self.chunk[..count]);
            let is_elf = self.buffer.starts_with(elf::MAGIC) || elf::MAGIC.starts_with(&self.buffer);
            buffered = self.buffer.len() <= if is_elf { ELF_MAX } else { text_max };
        }
        let digest = reader.finish();
        if !buffered {
            return Ok(FileFacts { size, digest, elf: None, text: None });
        }
        if self.buffer.starts_with(elf::MAGIC) {
            let elf = Elf::parse(&self.buffer).map(Box::new);
            return Ok(FileFacts { size, digest, elf, text: None });
        }
        // Of objects only what is text at all; an object's name says nothing.
        let text: Option<Arc<str>> = match std::str::from_utf8(&self.buffer) {
            Ok(text) if text_max > 0 && !text.contains('\0') => Some(text.into()),
            _ if wants_text(path) => Some(String::from_utf8_lossy(&self.buffer).into()),
            _ => None,
        };
        self.texts_left -= text.as_deref().map_or(0, str::len).min(self.texts_left);
        Ok(FileFacts { size, digest, elf: None, text })
    }
}

/// Whether the text of the file at that path is kept.
pub(crate) fn wants_text(path: &ImagePath) -> bool {
    let path = path.as_str();
    let below = |directory: &&str| path.strip_prefix(directory);
    let is_unit = |rest: &str| match rest.split_once('/') {
        None => true,
        Some((directory, file)) => directory.strip_suffix(".d").is_some() && is_conf(file),
    };
    let is_read = |(directory, ending): &(&str, &str)| {
        path.strip_prefix(directory).is_some_and(|file| file.ends_with(ending) && !file.contains('/'))
    };
    FILES.contains(&path)
        || UNITS.iter().find_map(below).is_some_and(is_unit)
        || ENDING.iter().any(is_read)
        || below(&SELINUX).is_some_and(|file| file.contains("/contexts/files/file_contexts"))
}

/// systemd reads names that end so, in that case, and no directories below.
fn is_conf(file: &str) -> bool {
    file.strip_suffix(".conf").is_some() && !file.contains('/')
}
