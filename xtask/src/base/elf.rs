//! What the dynamic linker will read of a program or library: the machine it is for, what it needs, and
//! which symbol versions it wants or offers. A file that is not well-formed has no facts; it is never
//! an error here.

use std::collections::{BTreeMap, BTreeSet};

use std::cell::Cell;
use std::fs::File;
use std::ops::Range;

use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, ProgramHeader};
use object::read::{ReadCache, ReadRef, StringTable};
use serde::{Deserialize, Serialize};

/// The first bytes of every ELF file.
pub(crate) const MAGIC: &[u8] = b"\x7fELF";
/// A name longer than this, in bytes, is none that a linker would look for.
const NAME_MAX: usize = 4096;
/// So many names no real file has; glibc has about 50 versions.
const NAMES_MAX: usize = 1 << 16;
/// So many bytes of names no real file has.
const BYTES_MAX: usize = 1 << 20;
/// So many bytes of headers and tables are read of a file on a disk.
const READ_MAX: u64 = 16 << 20;
/// The bytes of memory that a name needs beside its own.
const NAME_COST: usize = 64;

/// The facts of an ELF file (elf(5); "Symbol Versioning" in the LSB).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Elf {
    /// `e_type`: 2 is a program at a fixed address, 3 a library or any other program.
    pub(crate) kind: u16,
    /// `EI_CLASS`: 1 is 32 bits, 2 is 64.
    pub(crate) class: u8,
    /// `EI_DATA`: 1 is little-endian, 2 is big-endian.
    pub(crate) data: u8,
    /// `e_machine`: 62 is x86-64, 183 is `AArch64`.
    pub(crate) machine: u16,
    pub(crate) interpreter: Option<String>,
    /// `DT_NEEDED`, in order.
    pub(crate) needed: Vec<String>,
    pub(crate) soname: Option<String>,
    pub(crate) rpath: Option<String>,
    pub(crate) runpath: Option<String>,
    /// Versions wanted, by the library that must define them; those left out that may be missing
    /// (`VER_FLG_WEAK`).
    pub(crate) required: BTreeMap<String, BTreeSet<String>>,
    /// Versions this library defines, its own name left out.
    pub(crate) defined: BTreeSet<String>,
}

impl Elf {
    /// Returns the facts of a well-formed ELF file.
    pub(crate) fn parse(file: &[u8]) -> Option<Self> {
        of(Tables { source: Source::Bytes(file), left: &Cell::new(u64::MAX) })
    }

    /// Returns the facts of a well-formed ELF file on a disk, of which only headers and tables are read.
    pub(super) fn read(file: File) -> Option<Self> {
        of(Tables { source: Source::Disk(&ReadCache::new(file)), left: &Cell::new(READ_MAX) })
    }

    /// Returns how many bytes of memory the facts need.
    pub(super) fn memory(&self) -> usize {
        let optional = [&self.interpreter, &self.soname, &self.rpath, &self.runpath].into_iter().flatten();
        let required = self.required.iter().flat_map(|(library, versions)| versions.iter().chain([library]));
        let names = optional.chain(&self.needed).chain(required).chain(&self.defined);
        size_of::<Self>() + names.map(|name| NAME_COST + name.len()).sum::<usize>()
    }

    /// Whether the kernel starts it or the loader maps it: object files and core dumps are data.
    pub(crate) fn is_loadable(&self) -> bool {
        matches!(self.kind, 2 | 3)
    }

    /// Whether both are for one processor in one mode, so that one process can hold both.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        (self.class, self.data, self.machine) == (other.class, other.data, other.machine)
    }
}

fn of(file: Tables<'_>) -> Option<Elf> {
    match file.read_bytes_at(4, 1).ok()? {
        [1] => facts::<elf::FileHeader32<Endianness>>(file),
        [2] => facts::<elf::FileHeader64<Endianness>>(file),
        _ => None,
    }
}

fn facts<H: FileHeader<Endian = Endianness>>(file: Tables<'_>) -> Option<Elf> {
    let header = H::parse(file).ok()?;
    let endian = header.endian().ok()?;
    let mut names = Names { left: NAMES_MAX, bytes_left: BYTES_MAX };
    let mut facts = Elf {
        kind: header.e_type(endian).0,
        class: header.e_ident().class.0,
        data: header.e_ident().data.0,
        machine: header.e_machine(endian).0,
        interpreter: None,
        needed: Vec::new(),
        soname: None,
        rpath: None,
        runpath: None,
        required: BTreeMap::new(),
        defined: BTreeSet::new(),
    };
    for segment in header.program_headers(endian, file).ok()? {
        if let Some(path) = segment.interpreter(endian, file).ok()? {
            facts.interpreter = Some(names.take(path)?);
        }
    }
    let sections = header.sections(endian, file).ok()?;
    let dynamic = sections.dynamic_table(endian, file).ok()?;
    for entry in &dynamic {
        let mut text = || names.take(dynamic.string(entry).ok()?);
        match entry.tag {
            elf::DT_NEEDED => facts.needed.push(text()?),
            elf::DT_SONAME => facts.soname = Some(text()?),
            elf::DT_RPATH => facts.rpath = Some(text()?),
            elf::DT_RUNPATH => facts.runpath = Some(text()?),
            _ => {}
        }
    }
    if let Some((mut wanted, strings)) = sections.gnu_verneed(endian, file).ok()? {
        let strings: StringTable<'_, _> = sections.strings(endian, file, strings).ok()?;
        while let Some((library, mut versions)) = wanted.next().ok()? {
            let library = names.take(library.file(endian, strings).ok()?)?;
            let required = facts.required.entry(library).or_default();
            while let Some(version) = versions.next().ok()? {
                if version.vna_flags.get(endian).contains(elf::VER_FLG_WEAK) {
                    continue;
                }
                required.insert(names.take(version.name(endian, strings).ok()?)?);
            }
        }
    }
    if let Some((mut offered, strings)) = sections.gnu_verdef(endian, file).ok()? {
        let strings: StringTable<'_, _> = sections.strings(endian, file, strings).ok()?;
        while let Some((definition, mut versions)) = offered.next().ok()? {
            // The first name is the version's own, others are those it inherits from.
            let name = versions.next().ok()??;
            let name = names.take(name.name(endian, strings).ok()?)?;
            if !definition.vd_flags.get(endian).contains(elf::VER_FLG_BASE) {
                facts.defined.insert(name);
            }
        }
    }
    Some(facts)
}

/// Bounds what a hostile file makes of its overlapping tables.
struct Names {
    left: usize,
    bytes_left: usize,
}

impl Names {
    fn take(&mut self, name: &[u8]) -> Option<String> {
        self.left = self.left.checked_sub(1)?;
        self.bytes_left = self.bytes_left.checked_sub(name.len())?;
        if name.len() > NAME_MAX {
            return None;
        }
        Some(String::from_utf8_lossy(name).into_owned())
    }
}

/// Where a file is. Both are one type, so that its reader is compiled once.
#[derive(Clone, Copy)]
enum Source<'f> {
    Bytes(&'f [u8]),
    Disk(&'f ReadCache<File>),
}

/// Bounds what is read of a file.
#[derive(Clone, Copy)]
struct Tables<'f> {
    source: Source<'f>,
    left: &'f Cell<u64>,
}

impl Tables<'_> {
    fn take(self, bytes: u64) -> Result<(), ()> {
        self.left.set(self.left.get().checked_sub(bytes).ok_or(())?);
        Ok(())
    }
}

impl<'f> ReadRef<'f> for Tables<'f> {
    fn len(self) -> Result<u64, ()> {
        match self.source {
            Source::Bytes(bytes) => Ok(bytes.len() as u64),
            Source::Disk(cache) => cache.len(),
        }
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'f [u8], ()> {
        self.take(size)?;
        match self.source {
            Source::Bytes(bytes) => bytes.read_bytes_at(offset, size),
            Source::Disk(cache) => cache.read_bytes_at(offset, size),
        }
    }

    fn read_bytes_at_until(self, range: Range<u64>, delimiter: u8) -> Result<&'f [u8], ()> {
        let found = match self.source {
            Source::Bytes(bytes) => bytes.read_bytes_at_until(range, delimiter)?,
            Source::Disk(cache) => cache.read_bytes_at_until(range, delimiter)?,
        };
        self.take(found.len() as u64)?;
        Ok(found)
    }
}
