//! What is kept of a file's content while it passes: its digest, the facts of a program, and the text of
//! the few files that a plan or a check reads.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read, Write};
use std::sync::Arc;

use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Changes;
use lapstrake_oci::{Budget, HashingReader};

use super::elf::{self, Elf};
use super::file::{File, FileFacts, forget};
use crate::support::module_signature;

/// A program larger than this, in bytes, has no facts.
pub(crate) const ELF_MAX: usize = 256 << 20;
/// A program larger than this, in bytes, is read from a temporary file: several are read at once.
const ELF_IN_MEMORY_MAX: usize = 8 << 20;
/// A text larger than this, in bytes, is not kept.
pub(crate) const TEXT_MAX: usize = 1 << 20;
/// No more than so many bytes of text are kept of the objects of one layer until their names are known.
const OBJECTS_MAX: usize = 16 << 20;
/// The bytes of memory that the record of a file needs beside its text and its facts as a program.
const FILE_COST: usize = 144;
const CHUNK: usize = 64 << 10;

const FILES: [&str; 19] = [
    "/usr/lib/os-release",
    "/etc/os-release",
    "/etc/build-info",
    "/usr/lib/ostree/prepare-root.conf",
    "/etc/ostree/prepare-root.conf",
    "/etc/fstab",
    "/etc/sudoers",
    "/etc/ssh/sshd_config",
    "/etc/nsswitch.conf",
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
const ENDING: [(&str, &str); 35] = [
    ("/usr/lib/sysusers.d/", ".conf"),
    ("/etc/sysusers.d/", ".conf"),
    ("/usr/lib/tmpfiles.d/", ".conf"),
    ("/etc/tmpfiles.d/", ".conf"),
    ("/usr/lib/sysctl.d/", ".conf"),
    ("/usr/local/lib/sysctl.d/", ".conf"),
    ("/etc/sysctl.d/", ".conf"),
    ("/usr/lib/modules-load.d/", ".conf"),
    ("/usr/local/lib/modules-load.d/", ".conf"),
    ("/etc/modules-load.d/", ".conf"),
    ("/usr/lib/udev/rules.d/", ".rules"),
    ("/usr/local/lib/udev/rules.d/", ".rules"),
    ("/etc/udev/rules.d/", ".rules"),
    ("/etc/ssh/sshd_config.d/", ".conf"),
    ("/usr/lib/environment.d/", ".conf"),
    ("/usr/local/lib/environment.d/", ".conf"),
    ("/etc/environment.d/", ".conf"),
    ("/etc/ld.so.conf.d/", ".conf"),
    ("/usr/lib/bootc/kargs.d/", ".toml"),
    ("/usr/lib/bootc/install/", ".toml"),
    ("/usr/local/lib/bootc/install/", ".toml"),
    ("/etc/bootc/install/", ".toml"),
    ("/usr/lib/binfmt.d/", ".conf"),
    ("/etc/binfmt.d/", ".conf"),
    ("/usr/lib/systemd/system-preset/", ".preset"),
    ("/usr/local/lib/systemd/system-preset/", ".preset"),
    ("/etc/systemd/system-preset/", ".preset"),
    ("/usr/lib/systemd/user-preset/", ".preset"),
    ("/usr/local/lib/systemd/user-preset/", ".preset"),
    ("/etc/systemd/user-preset/", ".preset"),
    ("/etc/sudoers.d/", ""),
    ("/usr/share/dbus-1/system.d/", ".conf"),
    ("/etc/dbus-1/system.d/", ".conf"),
    ("/usr/share/dbus-1/system-services/", ".service"),
    ("/usr/share/dbus-1/services/", ".service"),
];
/// Directories of units, and of the quadlets that podman makes units of.
const UNITS: [&str; 9] = [
    "/usr/lib/systemd/user/",
    "/usr/local/lib/systemd/user/",
    "/usr/local/lib/systemd/system/",
    "/etc/systemd/user/",
    "/usr/lib/systemd/system/",
    "/etc/systemd/system/",
    "/usr/share/containers/systemd/",
    "/etc/containers/systemd/",
    "/etc/qm/containers/systemd/",
];
const SELINUX: &str = "/etc/selinux/";
const MODULES: &str = "/usr/lib/modules/";
/// In an image that ostree made, files are hardlinks to objects that come before them: a text is here
/// before its name is known.
const OBJECTS: &str = "/sysroot/ostree/repo/objects/";

/// Keeps what is worth keeping of the files of one layer, within the budget of its image.
#[derive(Debug)]
pub(super) struct Capture<'a> {
    budget: &'a Budget,
    objects_left: usize,
    buffer: Vec<u8>,
    chunk: Box<[u8]>,
}

/// The start of a file, or all of it.
enum Held {
    /// It is in the buffer.
    Memory,
    /// A large program, in a file without a name.
    Spilled(fs::File),
    /// It was too large.
    Nothing,
}

/// The names of a file with a text.
#[derive(Default)]
struct Names {
    has_object: bool,
    has_wanted: bool,
    /// Of the text, in bytes.
    length: usize,
}

impl<'a> Capture<'a> {
    pub(super) fn new(budget: &'a Budget) -> Self {
        let chunk = vec![0; CHUNK].into_boxed_slice();
        Self { budget, objects_left: OBJECTS_MAX, buffer: Vec::new(), chunk }
    }

    /// Reads a file to its end.
    pub(super) fn file(&mut self, path: &ImagePath, size: u64, content: impl Read) -> io::Result<File> {
        let facts = self.facts(path, size, content)?;
        Ok(File::Read(Arc::new(facts)))
    }

    fn facts(&mut self, path: &ImagePath, size: u64, content: impl Read) -> io::Result<FileFacts> {
        let (wants_text, is_module) = (wants_text(path), is_module(path));
        let text_max = if wants_text {
            TEXT_MAX
        } else if is_object(path) {
            TEXT_MAX.min(self.objects_left)
        } else {
            0
        };
        let most = if is_module { ELF_IN_MEMORY_MAX } else { text_max };
        let mut reader = HashingReader::new(content);
        let held = self.hold(&mut reader, most)?;
        let digest = reader.finish();
        self.claim(FILE_COST)?;
        let lacks_signature = is_module
            && match &held {
                Held::Nothing => false,
                Held::Spilled(file) => !module_signature::is_signed(file)?,
                Held::Memory => module_signature::lacks_signature(&self.buffer),
            };
        let plain = FileFacts { size, digest, elf: None, text: None, lacks_signature };
        let elf = match held {
            Held::Nothing => return Ok(plain),
            Held::Spilled(file) => Elf::read(file),
            Held::Memory if self.buffer.starts_with(elf::MAGIC) => Elf::parse(&self.buffer),
            Held::Memory => {
                // Of objects only what is text at all; an object's name says nothing.
                let text: Option<Arc<str>> = match std::str::from_utf8(&self.buffer) {
                    Ok(text) if text_max > 0 && !text.contains('\0') => Some(text.into()),
                    _ if wants_text => Some(String::from_utf8_lossy(&self.buffer).into()),
                    _ => None,
                };
                let length = text.as_deref().map_or(0, str::len);
                if wants_text {
                    self.claim(length)?;
                } else {
                    self.objects_left -= length.min(self.objects_left);
                }
                return Ok(FileFacts { text, ..plain });
            }
        };
        if let Some(elf) = &elf {
            self.claim(elf.memory())?;
        }
        Ok(FileFacts { elf: elf.map(Box::new), ..plain })
    }

    /// Reads to the end, and holds what is of at most so many bytes, or a program.
    fn hold(&mut self, reader: &mut impl Read, most: usize) -> io::Result<Held> {
        self.buffer.clear();
        self.buffer.shrink_to(TEXT_MAX);
        let mut held = Held::Memory;
        let mut length = 0;
        loop {
            let count = match reader.read(&mut self.chunk) {
                Ok(0) => return Ok(held),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let chunk = &self.chunk[..count];
            length += count;
            match &mut held {
                Held::Nothing => {}
                Held::Spilled(file) => {
                    file.write_all(chunk)?;
                    if length > ELF_MAX {
                        held = Held::Nothing;
                    }
                }
                Held::Memory => {
                    self.buffer.extend_from_slice(chunk);
                    let is_elf = self.buffer.starts_with(elf::MAGIC) || elf::MAGIC.starts_with(&self.buffer);
                    if is_elf && length > ELF_IN_MEMORY_MAX {
                        let mut file = tempfile::tempfile()?;
                        file.write_all(&self.buffer)?;
                        held = Held::Spilled(file);
                    } else if !is_elf && length > most {
                        held = Held::Nothing;
                    }
                }
            }
        }
    }

    /// Keeps of the objects' texts those of which a name in the layer is wanted, and claims them.
    pub(super) fn finish(&self, changes: &mut Changes<File>) -> io::Result<()> {
        let mut texts: HashMap<_, Names> = HashMap::new();
        for (path, change) in changes.entries() {
            let Some(facts) = change.file().and_then(File::shared) else { continue };
            if let Some(text) = &facts.text {
                let names = texts.entry(Arc::as_ptr(facts)).or_default();
                names.has_object |= is_object(path);
                names.has_wanted |= wants_text(path);
                names.length = text.len();
            }
        }
        let of_objects = texts.values().filter(|names| names.has_object && names.has_wanted);
        self.claim(of_objects.map(|names| names.length).sum())?;
        let is_unwanted =
            |facts: &Arc<FileFacts>| texts.get(&Arc::as_ptr(facts)).is_some_and(|names| !names.has_wanted);
        forget(changes.files_mut().filter(|file| file.shared().is_some_and(is_unwanted)));
        Ok(())
    }

    fn claim(&self, bytes: usize) -> io::Result<()> {
        if self.budget.claim_memory(bytes as u64) {
            return Ok(());
        }
        let message = "the base has more texts, symbol versions and files than an image of its size may have";
        Err(io::Error::new(io::ErrorKind::QuotaExceeded, message))
    }
}

fn is_object(path: &ImagePath) -> bool {
    path.as_str().starts_with(OBJECTS)
}

/// Whether a file is a kernel module by its name, which is not compressed or in a form that can be read.
fn is_module(path: &ImagePath) -> bool {
    let path = path.as_str();
    path.starts_with(MODULES) && [".ko", ".ko.zst", ".ko.gz"].iter().any(|ending| path.ends_with(ending))
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
    // The list of the modules that are part of a kernel, and how it was configured.
    let is_of_kernel = |rest: &str| matches!(rest.split_once('/'), Some((_, "modules.builtin" | "config")));
    FILES.contains(&path)
        || UNITS.iter().find_map(below).is_some_and(is_unit)
        || ENDING.iter().any(is_read)
        || below(&MODULES).is_some_and(is_of_kernel)
        || below(&SELINUX).is_some_and(|file| file.contains("/contexts/files/file_contexts"))
}

/// systemd reads names that end so, in that case, and no directories below.
fn is_conf(file: &str) -> bool {
    file.strip_suffix(".conf").is_some() && !file.contains('/')
}
