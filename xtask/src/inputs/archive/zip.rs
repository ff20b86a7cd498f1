//! Reads a zip by its central directory (PKWARE, APPNOTE.TXT 6.3.10), with bounded memory: deflated and stored members,
//! and the modes and symlinks of Unix. A zip that readers understand differently is refused.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use lapstrake_oci::tar::escape_name;

use super::{ArchiveError, Entry, EntryKind, Visit};

/// The most bytes of the central directory, which is read into memory.
const LIST_MAX: u64 = 64 << 20;
const END: u64 = 22;
const COMMENT_MAX: u64 = 0xffff;
const LOCATOR: u64 = 20;
/// The most bytes of the target of a symlink.
const TARGET_MAX: u64 = 4095;
/// The systems whose attributes are a mode of Unix.
const UNIX: [u8; 2] = [3, 19];
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// A field of 32 bits whose value is in the extra field.
const IN_EXTRA: u64 = 0xffff_ffff;
/// The id of the extra field with sizes of 64 bits.
const ZIP64: u16 = 1;
/// The bits of a mode that state the kind (inode(7)).
const KIND: u32 = 0o170_000;

/// Where the central directory is.
struct List {
    start: u64,
    size: u64,
    members: u64,
    /// Whether it is of one file, and not of one of several parts.
    is_whole: bool,
}

/// A member, as the central directory has it.
struct Central<'a> {
    name: &'a [u8],
    host: u8,
    flags: u16,
    method: u16,
    crc: u32,
    compressed: u64,
    size: u64,
    attributes: u32,
    start: u64,
}

/// Little-endian fields.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    fn number<const N: usize>(&mut self) -> Option<u64> {
        let mut bytes = [0; 8];
        bytes[..N].copy_from_slice(self.take(N)?);
        Some(u64::from_le_bytes(bytes))
    }

    fn u16(&mut self) -> Option<u16> {
        u16::try_from(self.number::<2>()?).ok()
    }

    fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.number::<4>()?).ok()
    }

    fn is(&mut self, signature: [u8; 4]) -> Option<()> {
        (self.take(4)? == signature.as_slice()).then_some(())
    }
}

/// Visits the members in the order of the central directory.
pub(super) fn each(mut zip: impl Read + Seek, size: u64, visit: &mut Visit<'_>) -> Result<(), ArchiveError> {
    let list = find(&mut zip, size)?;
    if list.size > LIST_MAX {
        return Err(ArchiveError::LargeList { size: list.size, limit: LIST_MAX });
    }
    let bytes = bytes_at(&mut zip, list.start, list.size)?;
    let mut fields = Fields(&bytes);
    for _ in 0..list.members {
        let central = Central::read(&mut fields).ok_or(ArchiveError::List)?;
        member(&mut zip, &list, &central, visit)?;
    }
    if fields.0.is_empty() { Ok(()) } else { Err(ArchiveError::List) }
}

fn bytes_at(zip: &mut (impl Read + Seek), start: u64, size: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    zip.seek(SeekFrom::Start(start)).map_err(ArchiveError::Read)?;
    zip.take(size).read_to_end(&mut bytes).map_err(ArchiveError::Read)?;
    if bytes.len() as u64 == size { Ok(bytes) } else { Err(ArchiveError::List) }
}

/// Finds the central directory by the end of the zip (4.3.14 to 4.3.16). It must be just before its end records, so that
/// no reader finds another.
fn find(zip: &mut (impl Read + Seek), size: u64) -> Result<List, ArchiveError> {
    let tail_start = size.saturating_sub(END + COMMENT_MAX);
    let tail = bytes_at(zip, tail_start, size - tail_start)?;
    let end =
        (0..tail.len()).rev().find(|at| is_end(&tail[*at..]) == Some(true)).ok_or(ArchiveError::NoEnd)?;
    let end_start = tail_start + end as u64;
    let locator = match end_start.checked_sub(LOCATOR) {
        Some(start) => bytes_at(zip, start, LOCATOR)?,
        None => Vec::new(),
    };
    let mut locator = Fields(&locator);
    let (list, end_start) = if locator.is(*b"PK\x06\x07").is_some() {
        locator.take(4).ok_or(ArchiveError::NoEnd)?;
        let start = locator.number::<8>().ok_or(ArchiveError::NoEnd)?;
        (large_end(&bytes_at(zip, start, 56)?).ok_or(ArchiveError::NoEnd)?, start)
    } else {
        (small_end(&tail[end..]).ok_or(ArchiveError::NoEnd)?, end_start)
    };
    if !list.is_whole {
        return Err(ArchiveError::Parts);
    }
    let is_before = list.start.checked_add(list.size) == Some(end_start);
    if is_before { Ok(list) } else { Err(ArchiveError::NoEnd) }
}

/// Whether an end record is here, with a comment that ends with the zip.
fn is_end(bytes: &[u8]) -> Option<bool> {
    let mut fields = Fields(bytes);
    fields.is(*b"PK\x05\x06")?;
    fields.take(16)?;
    Some(usize::from(fields.u16()?) == fields.0.len())
}

/// Reads the end record.
fn small_end(bytes: &[u8]) -> Option<List> {
    let mut fields = Fields(bytes);
    fields.is(*b"PK\x05\x06")?;
    let (disk, first_disk) = (fields.u16()?, fields.u16()?);
    let (here, members) = (fields.number::<2>()?, fields.number::<2>()?);
    let (size, start) = (fields.number::<4>()?, fields.number::<4>()?);
    let is_whole = (disk, first_disk) == (0, 0) && here == members;
    Some(List { start, size, members, is_whole })
}

/// Reads the end record of a zip with sizes of 64 bits.
fn large_end(bytes: &[u8]) -> Option<List> {
    let mut fields = Fields(bytes);
    fields.is(*b"PK\x06\x06")?;
    fields.take(12)?;
    let (disk, first_disk) = (fields.u32()?, fields.u32()?);
    let (here, members) = (fields.number::<8>()?, fields.number::<8>()?);
    let (size, start) = (fields.number::<8>()?, fields.number::<8>()?);
    let is_whole = (disk, first_disk) == (0, 0) && here == members;
    Some(List { start, size, members, is_whole })
}

impl<'a> Central<'a> {
    /// Reads the next entry of the central directory (4.3.12).
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        fields.is(*b"PK\x01\x02")?;
        let [_, host] = *fields.take(2)?.first_chunk()?;
        fields.take(2)?;
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.take(4)?;
        let crc = fields.u32()?;
        let (mut compressed, mut size) = (fields.number::<4>()?, fields.number::<4>()?);
        let [name, extra, comment] = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
        fields.take(4)?;
        let attributes = fields.u32()?;
        let mut start = fields.number::<4>()?;
        let (name, mut extra) = (fields.take(name)?, Fields(fields.take(extra)?));
        fields.take(comment)?;
        // Of equal fields, readers take different ones.
        let mut is_known = false;
        while !extra.0.is_empty() {
            let (id, length) = (extra.u16()?, usize::from(extra.u16()?));
            let mut content = Fields(extra.take(length)?);
            if id == ZIP64 {
                if is_known {
                    return None;
                }
                is_known = true;
                for field in [&mut size, &mut compressed, &mut start] {
                    if *field == IN_EXTRA {
                        *field = content.number::<8>()?;
                    }
                }
            }
        }
        Some(Self { name, host, flags, method, crc, compressed, size, attributes, start })
    }

    fn member(&self) -> String {
        escape_name(self.name)
    }

    /// The mode with the kind, if the zip has them.
    fn mode(&self) -> Option<u32> {
        let mode = self.attributes >> 16;
        (UNIX.contains(&self.host) && mode != 0).then_some(mode)
    }
}

fn member(
    zip: &mut (impl Read + Seek),
    list: &List,
    central: &Central<'_>,
    visit: &mut Visit<'_>,
) -> Result<(), ArchiveError> {
    if central.flags & ENCRYPTED != 0 {
        return Err(ArchiveError::Encrypted { member: central.member() });
    }
    to_content(zip, list, central)?;
    let taken = BufReader::new(zip.take(central.compressed));
    match central.method {
        0 if central.compressed != central.size => Err(ArchiveError::Content { member: central.member() }),
        0 => content(central, taken, visit),
        8 => content(central, DeflateDecoder::new(taken), visit),
        method => Err(ArchiveError::Method { member: central.member(), method }),
    }
}

/// Goes to the content of a member, whose local header (4.3.7) must have the same name.
fn to_content(zip: &mut (impl Read + Seek), list: &List, central: &Central<'_>) -> Result<(), ArchiveError> {
    const HEADER: u64 = 30;
    let misplaced = || ArchiveError::Misplaced { member: central.member() };
    let header = bytes_at(zip, central.start, HEADER).map_err(|_| misplaced())?;
    let mut fields = Fields(&header);
    fields.is(*b"PK\x03\x04").ok_or_else(misplaced)?;
    fields.take(22).ok_or_else(misplaced)?;
    let mut length = || fields.number::<2>().ok_or_else(misplaced);
    let (name, extra) = (length()?, length()?);
    let found = bytes_at(zip, central.start + HEADER, name).map_err(|_| misplaced())?;
    let start = central.start + HEADER + name + extra;
    let is_before = start.checked_add(central.compressed).is_some_and(|end| end <= list.start);
    if found != central.name || !is_before {
        return Err(misplaced());
    }
    zip.seek(SeekFrom::Start(start)).map_err(ArchiveError::Read)?;
    Ok(())
}

/// Visits a member, and then verifies its size and its checksum.
fn content(central: &Central<'_>, inner: impl Read, visit: &mut Visit<'_>) -> Result<(), ArchiveError> {
    let damaged = || ArchiveError::Content { member: central.member() };
    let mut content = Content { inner, left: central.size, crc: Crc::new() };
    let mode = central.mode();
    let mut target = Vec::new();
    let kind = match mode.map_or(0, |mode| mode & KIND) {
        0o120_000 => {
            if central.size > TARGET_MAX {
                return Err(ArchiveError::Target { member: central.member() });
            }
            content.read_to_end(&mut target).map_err(|_| damaged())?;
            EntryKind::Symlink(&target)
        }
        0 | 0o040_000 | 0o100_000 if central.name.ends_with(b"/") => EntryKind::Directory,
        0o040_000 => EntryKind::Directory,
        0 | 0o100_000 => EntryKind::File(central.size),
        0o060_000 | 0o020_000 => EntryKind::Special("a device"),
        0o010_000 => EntryKind::Special("a fifo"),
        _ => EntryKind::Special("of an unknown kind"),
    };
    let mode = mode.map(|mode| mode & 0o7777).filter(|mode| *mode != 0);
    visit(&Entry { name: central.name, kind, mode, has_capabilities: false }, &mut content)?;
    io::copy(&mut content, &mut io::sink()).map_err(|_| damaged())?;
    let is_at_end = content.inner.read(&mut [0]).map_err(|_| damaged())? == 0;
    if is_at_end && content.crc.sum() == central.crc { Ok(()) } else { Err(damaged()) }
}

/// The content of a member, which ends where the central directory says.
struct Content<R> {
    inner: R,
    left: u64,
    crc: Crc,
}

impl<R: Read> Read for Content<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&mut self.inner).take(self.left).read(buffer)?;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}
