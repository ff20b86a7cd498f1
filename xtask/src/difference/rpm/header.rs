//! A header of a package in rpm's database: counts, an index of tags, and the data (rpm's `docs/manual/format_header.md`).

use super::Package;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCH: u32 = 1022;
const INT32: u32 = 4;
const STRING: u32 = 6;
/// The bytes of the counts, and of an entry of the index.
const COUNTS: usize = 8;
const ENTRY: usize = 16;

/// Returns the package of a header. None where the header is damaged. A package without an architecture is a key.
pub(super) fn parse(header: &[u8]) -> Option<Package> {
    let number = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?));
    let count = usize::try_from(number(0)?).ok()?;
    let start = COUNTS.checked_add(count.checked_mul(ENTRY)?)?;
    let index = header.get(COUNTS..start)?;
    let data = header.get(start..)?;
    let find = |tag: u32, kind: u32| {
        let entries = index.chunks_exact(ENTRY).map(|entry| {
            let field = |at: usize| {
                entry.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_be_bytes(*bytes))
            };
            (field(0), field(4), field(8))
        });
        let (_, _, at) = entries.into_iter().find(|(known, is, _)| (*known, *is) == (tag, kind))?;
        data.get(usize::try_from(at).ok()?..)
    };
    let text = |tag: u32| {
        let bytes = find(tag, STRING)?;
        let end = bytes.iter().position(|byte| *byte == 0)?;
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    };
    let epoch = find(EPOCH, INT32)
        .and_then(|bytes| bytes.first_chunk())
        .map_or(0, |bytes| u32::from_be_bytes(*bytes));
    let version = format!("{}-{}", text(VERSION)?, text(RELEASE)?);
    let version = if epoch == 0 { version } else { format!("{epoch}:{version}") };
    Some(Package { name: text(NAME)?, arch: text(ARCH).unwrap_or_default(), version })
}
