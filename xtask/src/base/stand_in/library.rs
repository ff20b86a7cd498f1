//! A shared library with no code: a name, and the symbol versions that it claims to define. Enough for
//! whoever asks what a base's libraries offer, readelf included.

use lapstrake::value::Architecture;

const ELF_HEADER: usize = 64;
const PROGRAM_HEADER: usize = 56;
const SECTION_HEADER: usize = 64;
/// `Elf64_Verdef` and the one `Elf64_Verdaux` after it.
const VERDEF: usize = 20;
const VERDAUX: usize = 8;

/// The bytes of a library of that `DT_SONAME`.
pub(super) fn library(architecture: Architecture, soname: &str, versions: &[String]) -> Vec<u8> {
    let machine: u16 = match architecture {
        Architecture::Amd64 => 62,
        Architecture::Arm64 => 183,
    };
    let mut strings = Strings::new();
    let soname_at = strings.add(soname);
    let definitions = definitions(soname, soname_at, versions, &mut strings);
    let strings = strings.0;

    let dynstr_at = ELF_HEADER + 2 * PROGRAM_HEADER;
    let dynsym_at = (dynstr_at + strings.len()).next_multiple_of(8);
    let versym_at = dynsym_at + 24;
    let verdef_at = (versym_at + 2).next_multiple_of(8);
    let dynamic_at = (verdef_at + definitions.len()).next_multiple_of(8);
    let count = versions.len() as u64 + 1;
    let dynamic: Vec<u64> = [
        (14, u64::from(soname_at)),
        (5, dynstr_at as u64),
        (10, strings.len() as u64),
        (6, dynsym_at as u64),
        (11, 24),
        (0x6fff_fff0, versym_at as u64),
        (0x6fff_fffc, verdef_at as u64),
        (0x6fff_fffd, count),
        (0, 0),
    ]
    .into_iter()
    .flat_map(|(tag, value)| [tag, value])
    .collect();
    let names_at = dynamic_at + dynamic.len() * 8;
    let names = b"\0.dynstr\0.dynsym\0.gnu.version\0.gnu.version_d\0.dynamic\0.shstrtab\0";
    let sections_at = (names_at + names.len()).next_multiple_of(8);

    let mut out = Vec::new();
    // ELF64, little-endian, ET_DYN.
    out.extend_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for half in [3_u16, machine] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    out.extend_from_slice(&1_u32.to_le_bytes());
    for word in [0_u64, ELF_HEADER as u64, sections_at as u64] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&0_u32.to_le_bytes());
    for half in [ELF_HEADER, PROGRAM_HEADER, 2, SECTION_HEADER, 7, 6] {
        out.extend_from_slice(&(half as u16).to_le_bytes());
    }
    // PT_LOAD of all that is loaded, PT_DYNAMIC.
    for (kind, at, size) in [(1_u32, 0, names_at), (2, dynamic_at, dynamic.len() * 8)] {
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&4_u32.to_le_bytes());
        for word in [at, at, at, size, size, 8] {
            out.extend_from_slice(&(word as u64).to_le_bytes());
        }
    }
    out.extend_from_slice(&strings);
    out.resize(versym_at, 0);
    out.extend_from_slice(&1_u16.to_le_bytes());
    out.resize(verdef_at, 0);
    out.extend_from_slice(&definitions);
    out.resize(dynamic_at, 0);
    out.extend(dynamic.iter().flat_map(|word| word.to_le_bytes()));
    out.extend_from_slice(names);
    out.resize(sections_at, 0);
    let sections: [[usize; 8]; 7] = [
        // name, type, address, size, link, info, align, entry size
        [0, 0, 0, 0, 0, 0, 0, 0],
        [1, 3, dynstr_at, strings.len(), 0, 0, 1, 0],
        [9, 11, dynsym_at, 24, 1, 1, 8, 24],
        [17, 0x6fff_ffff, versym_at, 2, 2, 0, 2, 2],
        [30, 0x6fff_fffd, verdef_at, definitions.len(), 1, versions.len() + 1, 8, 0],
        [45, 6, dynamic_at, dynamic.len() * 8, 1, 0, 8, 16],
        [54, 3, names_at, names.len(), 0, 0, 1, 0],
    ];
    for [name, kind, at, size, link, info, align, entry] in sections {
        // SHF_ALLOC for what is loaded.
        let flags = u64::from(kind != 0 && at != names_at) * 2;
        out.extend_from_slice(&(name as u32).to_le_bytes());
        out.extend_from_slice(&(kind as u32).to_le_bytes());
        for word in [flags, if flags == 0 { 0 } else { at as u64 }, at as u64, size as u64] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for word in [link as u32, info as u32] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        for word in [align as u64, entry as u64] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }
    out
}

/// The section `.gnu.version_d`: the library itself first, then each version.
fn definitions(soname: &str, soname_at: u32, versions: &[String], strings: &mut Strings) -> Vec<u8> {
    let mut out = Vec::new();
    let first = (1_u16, soname, soname_at);
    let named: Vec<_> = versions.iter().map(|name| (0_u16, name.as_str(), strings.add(name))).collect();
    for (index, (flags, name, at)) in std::iter::once(first).chain(named).enumerate() {
        let next = if index == versions.len() { 0 } else { (VERDEF + VERDAUX) as u32 };
        for half in [1, flags, index as u16 + 1, 1] {
            out.extend_from_slice(&half.to_le_bytes());
        }
        for word in [hash(name), VERDEF as u32, next, at, 0] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }
    out
}

/// The hash of the System V ABI.
fn hash(name: &str) -> u32 {
    name.bytes().fold(0_u32, |hash, byte| {
        let hash = (hash << 4).wrapping_add(u32::from(byte));
        let high = hash & 0xf000_0000;
        (hash ^ (high >> 24)) & !high
    })
}

/// A string table.
struct Strings(Vec<u8>);

impl Strings {
    fn new() -> Self {
        Self(vec![0])
    }

    fn add(&mut self, text: &str) -> u32 {
        let at = self.0.len() as u32;
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
        at
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use lapstrake::value::Architecture;

    use super::super::super::elf::Elf;
    use super::library;

    #[test]
    fn readelf_and_we_see_the_name_and_the_versions() {
        let versions = ["GLIBC_2.17".to_owned(), "GLIBC_2.39".to_owned()];
        for architecture in [Architecture::Amd64, Architecture::Arm64] {
            let bytes = library(architecture, "libc.so.6", &versions);
            let elf = Elf::parse(&bytes).unwrap();
            assert_eq!(elf.soname.as_deref(), Some("libc.so.6"));
            assert_eq!(elf.defined.iter().collect::<Vec<_>>(), versions.iter().collect::<Vec<_>>());
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();
            let Ok(read) =
                Command::new("readelf").args(["--version-info", "--dynamic"]).arg(file.path()).output()
            else {
                assert!(std::env::var_os("CI").is_none(), "under CI readelf must be there");
                continue;
            };
            let text = String::from_utf8_lossy(&read.stdout).into_owned();
            assert!(read.stderr.is_empty(), "{}", String::from_utf8_lossy(&read.stderr));
            for word in ["Library soname: [libc.so.6]", "Name: GLIBC_2.17", "Name: GLIBC_2.39", "Flags: BASE"]
            {
                assert!(text.contains(word), "{word} is not in\n{text}");
            }
        }
    }
}
