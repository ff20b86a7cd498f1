//! Reads an archive that anybody may have written: a tar, which may be compressed, or a zip. Its first bytes decide what it
//! is. Nothing is written by the name of a member.

mod error;
mod index;
mod zip;

use std::collections::HashSet;
use std::io::{self, BufRead, Read, Seek};

use lapstrake_oci::tar::{MemberKind, TarReader};
use lapstrake_oci::{Blobs, Decompressor, Digest};

pub(crate) use self::error::ArchiveError;
use self::index::Index;
use crate::base::keep_content;
use crate::plan::Archive;

/// The first bytes of other formats than a tar and a zip, and what they are.
const OTHERS: [(&[u8], &str); 9] = [
    (b"\xfd7zXZ\0", "compressed with xz"),
    (b"BZh", "compressed with bzip2"),
    (b"LZIP", "compressed with lzip"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"!<arch>\n", "an ar archive, such as a .deb"),
    (b"\xed\xab\xee\xdb", "an RPM"),
    (b"070701", "a cpio archive"),
    (b"\x7fELF", "a program"),
];
/// The bytes that a member costs beside its content.
const HEADER: u64 = 512;
const CAPABILITY: &[u8] = b"security.capability";

/// A member of an archive, as it states itself.
struct Entry<'a> {
    name: &'a [u8],
    kind: EntryKind<'a>,
    /// The permission bits, with setuid, setgid and sticky bit, if the archive states them.
    mode: Option<u32>,
    has_capabilities: bool,
}

enum EntryKind<'a> {
    Directory,
    /// A regular file, with its size in bytes.
    File(u64),
    Symlink(&'a [u8]),
    /// Another name of a file before it.
    Hardlink(&'a [u8]),
    /// What no image can have, in words.
    Special(&'static str),
}

/// What is done with a member and its content.
type Visit<'v> = dyn FnMut(&Entry<'_>, &mut dyn Read) -> Result<(), ArchiveError> + 'v;

/// Returns what is in an archive of so many bytes.
pub(crate) fn read_archive(archive: impl BufRead + Seek, size: u64) -> Result<Archive, ArchiveError> {
    let mut index = Index::new(size);
    each(archive, size, &mut |entry, content| index.add(entry, content))?;
    index.finish()
}

/// Keeps those of the `wanted` files that an archive of so many bytes has as blobs. They are wanted by their sizes in bytes
/// and their digests.
pub(crate) fn keep_members(
    archive: impl BufRead + Seek,
    size: u64,
    wanted: &HashSet<(u64, Digest)>,
    blobs: &Blobs,
) -> Result<(), ArchiveError> {
    let sizes: HashSet<u64> = wanted.iter().map(|(size, _)| *size).collect();
    each(archive, size, &mut |entry, content| {
        if let EntryKind::File(size) = entry.kind
            && sizes.contains(&size)
        {
            let is_wanted = |digest: &Digest| wanted.contains(&(size, digest.clone()));
            keep_content(&mut content.take(size), size, is_wanted, blobs).map_err(ArchiveError::Keep)?;
        }
        Ok(())
    })
}

/// Visits the names and contents of the files of an archive, up to `most` bytes of all. It returns whether these were all.
pub(crate) fn each_file(
    archive: impl BufRead + Seek,
    size: u64,
    most: u64,
    visit: &mut dyn FnMut(&[u8], &[u8]),
) -> Result<bool, ArchiveError> {
    let mut left = most;
    let mut is_whole = true;
    let mut bytes = Vec::new();
    let done = each(archive, size, &mut |entry, content| {
        // A header costs time, too.
        left = left.saturating_sub(HEADER);
        if let EntryKind::File(size) = entry.kind {
            is_whole &= size <= left;
            bytes.clear();
            content.take(size.min(left)).read_to_end(&mut bytes).map_err(ArchiveError::Read)?;
            left -= bytes.len() as u64;
            visit(entry.name, &bytes);
        }
        if left == 0 { Err(ArchiveError::Keep(io::ErrorKind::QuotaExceeded.into())) } else { Ok(()) }
    });
    match done {
        Err(ArchiveError::Keep(_)) => Ok(false),
        Err(error) => Err(error),
        Ok(()) => Ok(is_whole),
    }
}

/// Visits the members of an archive in their order.
fn each(mut archive: impl BufRead + Seek, size: u64, visit: &mut Visit<'_>) -> Result<(), ArchiveError> {
    let start = archive.fill_buf().map_err(ArchiveError::Read)?;
    if let Some((_, what)) = OTHERS.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(ArchiveError::Other { what });
    }
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return zip::each(archive, size, visit);
    }
    let tar = Decompressor::new(archive).map_err(ArchiveError::Read)?.limited();
    each_of_tar(io::BufReader::with_capacity(256 << 10, tar), visit)
}

fn each_of_tar(tar: impl Read, visit: &mut Visit<'_>) -> Result<(), ArchiveError> {
    let mut members = TarReader::new(tar);
    let mut is_first = true;
    loop {
        let member = match members.next_member() {
            Ok(Some(member)) => member,
            Ok(None) => return Ok(()),
            Err(error) => return Err(ArchiveError::of_tar(error, is_first)),
        };
        is_first = false;
        let kind = match member.kind {
            MemberKind::Directory => EntryKind::Directory,
            MemberKind::File => EntryKind::File(member.size),
            MemberKind::Symlink => EntryKind::Symlink(&member.link),
            MemberKind::Hardlink => EntryKind::Hardlink(&member.link),
            MemberKind::Device { .. } => EntryKind::Special("a device"),
            MemberKind::Fifo => EntryKind::Special("a fifo"),
            _ => EntryKind::Special("of an unknown kind"),
        };
        let has_capabilities = member.xattrs.iter().any(|(name, _)| name == CAPABILITY);
        let entry = Entry { name: &member.name, kind, mode: Some(member.mode), has_capabilities };
        visit(&entry, &mut members)?;
    }
}

#[cfg(test)]
mod tests;
