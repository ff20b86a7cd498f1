//! Shared libraries without code: an ELF file with what a dynamic linker would look at first, so that
//! the checks of a program against its base have something to find. (gABI "Dynamic Linking"; the LSB's
//! "Symbol Versioning".)

use lapstrake::value::Architecture;

/// The glibc that the stand-in claims to have: that of `CentOS` Stream 10, and so of `AutoSD` 10.
pub(super) const GLIBC: (u32, u32) = (2, 39);

/// A library: its soname, what it needs, and the versions it defines; or a program, which has an
/// interpreter and no soname.
#[derive(Default)]
pub(crate) struct Library<'a> {
    pub(crate) soname: &'a str,
    pub(crate) needed: &'a [&'a str],
    pub(crate) versions: Vec<String>,
    pub(crate) required: &'a [Wanted<'a>],
    pub(crate) interpreter: Option<&'a str>,
    pub(crate) rpath: Option<&'a str>,
    pub(crate) runpath: Option<&'a str>,
}

/// A version that a library must define.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) library: &'a str,
    pub(crate) version: &'a str,
    /// Whether the program does without it.
    pub(crate) weak: bool,
}

/// The versions that glibc defines on an architecture, up to [`GLIBC`]. It has skipped some numbers.
pub(super) fn glibc(architecture: Architecture) -> Vec<String> {
    let early = ["2.2.5", "2.2.6", "2.3", "2.3.2", "2.3.3", "2.3.4"].map(str::to_owned);
    let (early, first) = match architecture {
        Architecture::Amd64 => (early.to_vec(), 4),
        // The port began with 2.17.
        Architecture::Arm64 => (Vec::new(), 17),
    };
    let minor = (first..=GLIBC.1)
        .filter(|minor| !(19..=21).contains(minor))
        .map(|minor| format!("{}.{minor}", GLIBC.0));
    early.into_iter().chain(minor).map(|version| format!("GLIBC_{version}")).collect()
}

/// The versions that GCC 14's runtime library defines.
pub(super) fn gcc() -> Vec<String> {
    let versions = [
        "3.0", "3.3", "3.3.1", "3.4", "3.4.2", "3.4.4", "4.0.0", "4.2.0", "4.3.0", "4.5.0", "4.7.0", "7.0.0",
        "11.0", "12.0.0", "13.0.0", "14.0.0",
    ];
    versions.map(|version| format!("GCC_{version}")).to_vec()
}

const EHDR: usize = 64;
const PHDR: usize = 56;
const SHDR: usize = 64;
const SYM: usize = 24;

/// Section types of the gABI and of GNU.
const SHT_PROGBITS: u32 = 1;
const SHT_STRTAB: u32 = 3;
const SHT_HASH: u32 = 5;
const SHT_DYNAMIC: u32 = 6;
const SHT_DYNSYM: u32 = 11;
const SHT_GNU_VERDEF: u32 = 0x6fff_fffd;
const SHT_GNU_VERNEED: u32 = 0x6fff_fffe;
const SHT_GNU_VERSYM: u32 = 0x6fff_ffff;
const SHF_ALLOC: u64 = 2;
const SHF_WRITE: u64 = 1;

struct Section {
    name: &'static str,
    kind: u32,
    flags: u64,
    link: u32,
    info: u32,
    entry: u64,
    content: Vec<u8>,
}

impl Section {
    fn new(
        name: &'static str,
        kind: u32,
        flags: u64,
        link: u32,
        info: u32,
        entry: u64,
        content: Vec<u8>,
    ) -> Self {
        Self { name, kind, flags, link, info, entry, content }
    }
}

impl Library<'_> {
    /// The file: one segment that holds all, at the address that is its offset.
    pub(crate) fn to_elf(&self, architecture: Architecture) -> Vec<u8> {
        let mut strings = Strings::default();
        let needed: Vec<_> = self.needed.iter().map(|name| strings.add(name)).collect();
        // DT_SONAME, DT_RPATH, DT_RUNPATH.
        let soname = (!self.soname.is_empty()).then_some(self.soname);
        let named: Vec<_> = [(14, soname), (15, self.rpath), (29, self.runpath)]
            .into_iter()
            .filter_map(|(tag, text)| Some((tag, u64::from(strings.add(text?)))))
            .collect();
        let verdef = self.version_definitions(&mut strings);
        let verneed = self.version_requirements(&mut strings);
        let section = Section::new;
        // One bucket, one symbol: the empty one that every table begins with.
        let hash: Vec<u8> = [1_u32, 1, 0, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
        let definitions = u32_of(self.versions.len() + 1);
        let mut sections = vec![
            section(".dynstr", SHT_STRTAB, SHF_ALLOC, 0, 0, 0, strings.bytes),
            section(".dynsym", SHT_DYNSYM, SHF_ALLOC, 1, 1, SYM as u64, vec![0; SYM]),
            section(".hash", SHT_HASH, SHF_ALLOC, 2, 0, 4, hash),
            section(".gnu.version", SHT_GNU_VERSYM, SHF_ALLOC, 2, 0, 2, vec![0; 2]),
            section(".gnu.version_d", SHT_GNU_VERDEF, SHF_ALLOC, 1, definitions, 0, verdef),
        ];
        let requirements = u32_of(self.required.len());
        if requirements > 0 {
            let kind = SHT_GNU_VERNEED;
            sections.push(section(".gnu.version_r", kind, SHF_ALLOC, 1, requirements, 0, verneed));
        }
        if let Some(path) = self.interpreter {
            let path = [path.as_bytes(), b"\0"].concat();
            sections.push(section(".interp", SHT_PROGBITS, SHF_ALLOC, 0, 0, 0, path));
        }
        let segments = 3 + usize::from(self.interpreter.is_some());
        let (mut offsets, at) = offsets(&sections, EHDR + segments * PHDR);
        let dynamic_at = at.next_multiple_of(8) as u64;
        let required = match offsets.get(5) {
            Some(at) if requirements > 0 => {
                vec![(0x6fff_fffe, *at), (0x6fff_ffff, u64::from(requirements))]
            }
            _ => Vec::new(),
        };
        let counted = (sections[0].content.len() as u64, definitions);
        let dynamic = dynamic_table(needed.into_iter().map(u64::from), named, required, &offsets, counted);
        let loaded = dynamic_at + dynamic.len() as u64;
        let dynamic_size = dynamic.len() as u64;
        sections.push(section(".dynamic", SHT_DYNAMIC, SHF_ALLOC | SHF_WRITE, 1, 0, 16, dynamic));
        offsets.push(dynamic_at);
        let mut names = Strings::default();
        let mut titles: Vec<_> = sections.iter().map(|section| names.add(section.name)).collect();
        titles.push(names.add(".shstrtab"));
        sections.push(section(".shstrtab", SHT_STRTAB, 0, 0, 0, 0, names.bytes));
        offsets.push(loaded);
        let headers_at =
            (loaded + sections.last().map_or(0, |names| names.content.len() as u64)).next_multiple_of(8);

        let mut file = Elf::default();
        file.header(architecture, headers_at, segments, sections.len() + 1);
        // PT_INTERP comes before what is loaded.
        let mut placed = sections.iter().zip(&offsets);
        if let Some((path, at)) = placed.find(|(section, _)| section.name == ".interp") {
            file.segment(3, 4, *at, path.content.len() as u64, 1);
        }
        // PT_LOAD of all but the last section, PT_DYNAMIC, PT_GNU_STACK.
        file.segment(1, 6, 0, loaded, 0x1000);
        file.segment(2, 6, dynamic_at, dynamic_size, 8);
        file.segment(0x6474_e551, 6, 0, 0, 16);
        for (section, offset) in sections.iter().zip(&offsets) {
            file.pad_to(*offset);
            file.0.extend_from_slice(&section.content);
        }
        file.pad_to(headers_at);
        file.0.extend_from_slice(&[0; SHDR]);
        for ((section, offset), name) in sections.iter().zip(&offsets).zip(titles) {
            file.section(section, *offset, name);
        }
        file.0
    }

    /// `Elf64_Verneed`, each with its one `Elf64_Vernaux`.
    fn version_requirements(&self, strings: &mut Strings) -> Vec<u8> {
        let mut file = Elf::default();
        for (number, Wanted { library, version, weak }) in self.required.iter().enumerate() {
            let is_last = number + 1 == self.required.len();
            file.halves(&[1, 1]);
            file.words(&[strings.add(library), 16, if is_last { 0 } else { 32 }, hash(version)]);
            file.halves(&[if *weak { 2 } else { 0 }, short(number + 2)]);
            file.words(&[strings.add(version), 0]);
        }
        file.0
    }

    /// `Elf64_Verdef`, each with its one `Elf64_Verdaux`; the first is the library itself.
    fn version_definitions(&self, strings: &mut Strings) -> Vec<u8> {
        let mut file = Elf::default();
        let all = [self.soname].into_iter().chain(self.versions.iter().map(String::as_str));
        for (number, name) in all.enumerate() {
            let is_last = number == self.versions.len();
            let base = u16::from(number == 0);
            let number = short(number + 1);
            file.halves(&[1, base, number, 1]);
            file.words(&[hash(name), 20, if is_last { 0 } else { 28 }, strings.add(name), 0]);
        }
        file.0
    }
}

/// Where each section is, the first at the earliest at `at`, and the end of the last.
fn offsets(sections: &[Section], mut at: usize) -> (Vec<u64>, usize) {
    let mut offsets = Vec::new();
    for section in sections {
        at = at.next_multiple_of(8);
        offsets.push(at as u64);
        at += section.content.len();
    }
    (offsets, at)
}

/// The dynamic table: needed libraries, named paths, requirements, and where the tables are that every library has.
/// The last parameter is the size of the string table and the number of version definitions.
fn dynamic_table(
    needed: impl Iterator<Item = u64>,
    named: Vec<(u64, u64)>,
    required: Vec<(u64, u64)>,
    offsets: &[u64],
    (strings, definitions): (u64, u32),
) -> Vec<u8> {
    let mut table = Elf::default();
    let needed = needed.map(|name| (1, name));
    let tables = [
        (4, offsets[2]),
        (5, offsets[0]),
        (6, offsets[1]),
        (10, strings),
        (11, SYM as u64),
        (0x6fff_fff0, offsets[3]),
        (0x6fff_fffc, offsets[4]),
        (0x6fff_fffd, u64::from(definitions)),
        (0, 0),
    ];
    let entries = needed.chain(named).chain(required).chain(tables);
    entries.for_each(|(tag, value)| table.longs(&[tag, value]));
    table.0
}

/// The hash function of the gABI.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0, |hash: u32, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(byte));
        let high = hash & 0xf000_0000;
        (hash ^ high >> 24) & !high
    })
}

/// A string table; it begins with an empty string.
struct Strings {
    bytes: Vec<u8>,
}

impl Default for Strings {
    fn default() -> Self {
        Self { bytes: vec![0] }
    }
}

impl Strings {
    fn add(&mut self, text: &str) -> u32 {
        let at = u32_of(self.bytes.len());
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(0);
        at
    }
}

fn short(count: usize) -> u16 {
    u16::try_from(count).expect("a library of the stand-in is small")
}

fn u32_of(size: usize) -> u32 {
    u32::try_from(size).expect("a library of the stand-in is small")
}

/// A 64-bit little-endian file.
#[derive(Default)]
struct Elf(Vec<u8>);

impl Elf {
    fn header(&mut self, architecture: Architecture, sections_at: u64, segments: usize, sections: usize) {
        let machine = match architecture {
            Architecture::Amd64 => 62,
            Architecture::Arm64 => 183,
        };
        // ELF, 64 bits, little-endian, version 1, System V.
        self.0.extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
        // ET_DYN.
        self.halves(&[3, machine]);
        self.words(&[1]);
        self.longs(&[0, EHDR as u64, sections_at]);
        self.words(&[0]);
        let last = short(sections - 1);
        self.halves(&[short(EHDR), short(PHDR), short(segments), short(SHDR), short(sections), last]);
    }

    fn segment(&mut self, kind: u32, flags: u32, offset: u64, size: u64, align: u64) {
        self.words(&[kind, flags]);
        self.longs(&[offset, offset, offset, size, size, align]);
    }

    fn section(&mut self, section: &Section, offset: u64, name: u32) {
        let address = if section.flags == 0 { 0 } else { offset };
        let align = if section.kind == SHT_STRTAB { 1 } else { 8 };
        self.words(&[name, section.kind]);
        self.longs(&[section.flags, address, offset, section.content.len() as u64]);
        self.words(&[section.link, section.info]);
        self.longs(&[align, section.entry]);
    }

    fn halves(&mut self, values: &[u16]) {
        self.0.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    fn words(&mut self, values: &[u32]) {
        self.0.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    fn longs(&mut self, values: &[u64]) {
        self.0.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    fn pad_to(&mut self, offset: u64) {
        self.0.resize(usize::try_from(offset).expect("a library of the stand-in is small"), 0);
    }
}
