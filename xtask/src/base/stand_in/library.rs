//! Shared libraries without code: an ELF file with what a dynamic linker would look at first, so that
//! the checks of a program against its base have something to find. (gABI "Dynamic Linking"; the LSB's
//! "Symbol Versioning".)

use lapstrake::value::Architecture;

/// The glibc that the stand-in claims to have: that of `CentOS` Stream 10, and so of `AutoSD` 10.
pub(super) const GLIBC: (u32, u32) = (2, 39);

/// A library: its soname, what it needs, and the versions it defines.
pub(super) struct Library<'a> {
    pub(super) soname: &'a str,
    pub(super) needed: &'a [&'a str],
    pub(super) versions: Vec<String>,
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
const SHT_STRTAB: u32 = 3;
const SHT_HASH: u32 = 5;
const SHT_DYNAMIC: u32 = 6;
const SHT_DYNSYM: u32 = 11;
const SHT_GNU_VERDEF: u32 = 0x6fff_fffd;
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

impl Library<'_> {
    /// The file: one segment that holds all, at the address that is its offset.
    pub(super) fn to_elf(&self, architecture: Architecture) -> Vec<u8> {
        let mut strings = Strings::default();
        let needed: Vec<_> = self.needed.iter().map(|name| strings.add(name)).collect();
        let soname = strings.add(self.soname);
        let verdef = self.version_definitions(&mut strings);
        let section = |name, kind, flags, link, info, entry, content| Section {
            name,
            kind,
            flags,
            link,
            info,
            entry,
            content,
        };
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
        let segments = 3;
        let mut at = EHDR + segments * PHDR;
        let mut offsets = Vec::new();
        for section in &sections {
            at = at.next_multiple_of(8);
            offsets.push(at as u64);
            at += section.content.len();
        }
        let dynamic_at = at.next_multiple_of(8) as u64;
        let dynamic: Vec<(u64, u64)> = needed
            .into_iter()
            .map(|name| (1, u64::from(name)))
            .chain([
                (14, u64::from(soname)),
                (4, offsets[2]),
                (5, offsets[0]),
                (6, offsets[1]),
                (10, sections[0].content.len() as u64),
                (11, SYM as u64),
                (0x6fff_fff0, offsets[3]),
                (0x6fff_fffc, offsets[4]),
                (0x6fff_fffd, u64::from(definitions)),
                (0, 0),
            ])
            .collect();
        let dynamic: Vec<u8> = dynamic
            .iter()
            .flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()])
            .flatten()
            .collect();
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
            let address = if section.flags == 0 { 0 } else { *offset };
            let align = if section.kind == SHT_STRTAB { 1 } else { 8 };
            file.words(&[name, section.kind]);
            file.longs(&[section.flags, address, *offset, section.content.len() as u64]);
            file.words(&[section.link, section.info]);
            file.longs(&[align, section.entry]);
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
            let number = u16::try_from(number + 1).unwrap_or(u16::MAX);
            file.halves(&[1, base, number, 1]);
            file.words(&[hash(name), 20, if is_last { 0 } else { 28 }, strings.add(name), 0]);
        }
        file.0
    }
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

fn u32_of(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
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
        let short = |count| u16::try_from(count).unwrap_or(u16::MAX);
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
        self.0.resize(usize::try_from(offset).unwrap_or(self.0.len()), 0);
    }
}
