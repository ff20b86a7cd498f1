//! What is in an archive: each member by its name, checked, with the digest of its content.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::Arc;

use lapstrake::value::{ImagePath, UnitName};
use lapstrake_oci::tar::escape_name;
use lapstrake_oci::tree::DEPTH_MAX;
use lapstrake_oci::{Budget, Digest, HashingReader};

use super::{ArchiveError, Entry, EntryKind};
use crate::base::wants_text;
use crate::plan::{Archive, ArchiveFile, ArchiveMember};

/// Linux takes at most so many bytes of a path.
const PATH_MAX: usize = 4095;
/// A text of more bytes is not kept.
const TEXT_MAX: u64 = 256 << 10;
/// What a member needs beside its name, in bytes of memory.
const MEMBER_COST: u64 = 400;
/// The bytes of a header, so that members without content have a cost.
const HEADER: u64 = 512;
/// The modes of members that state none.
const FILE: u32 = 0o644;
const DIRECTORY: u32 = 0o755;

/// The members so far.
pub(super) struct Index {
    budget: Budget,
    members: BTreeMap<String, ArchiveMember>,
    repeated: BTreeSet<String>,
    inodes: u32,
}

impl Index {
    /// Returns the index of an archive of so many bytes, before its first member.
    pub(super) fn new(size: u64) -> Self {
        Self {
            budget: Budget::of_image(size),
            members: BTreeMap::new(),
            repeated: BTreeSet::new(),
            inodes: 0,
        }
    }

    /// Adds a member, and reads its content.
    pub(super) fn add(&mut self, entry: &Entry<'_>, content: &mut dyn Read) -> Result<(), ArchiveError> {
        let member = || escape_name(entry.name);
        let Some(name) = checked(entry.name)? else {
            // The directory that was packed, often `./`.
            return if matches!(entry.kind, EntryKind::Directory) {
                Ok(())
            } else {
                Err(ArchiveError::Name { member: member() })
            };
        };
        if self.members.len() >= self.budget.nodes() {
            return Err(ArchiveError::Members { limit: self.budget.nodes() });
        }
        self.claim(MEMBER_COST + 2 * name.len() as u64)?;
        let found = match entry.kind {
            EntryKind::Directory => ArchiveMember::Directory { mode: entry.mode.unwrap_or(DIRECTORY) },
            EntryKind::Special(what) => ArchiveMember::Special { what: what.to_owned() },
            EntryKind::Symlink(target) => {
                self.claim(target.len() as u64)?;
                ArchiveMember::Symlink {
                    target: link(target).ok_or_else(|| ArchiveError::Target { member: member() })?,
                }
            }
            EntryKind::Hardlink(target) => self.hardlink(entry.name, target)?,
            EntryKind::File(size) => {
                if !self.budget.claim_content(size.saturating_add(HEADER)) {
                    return Err(ArchiveError::Large { member: member() });
                }
                ArchiveMember::File(self.file(entry, &name, size, content)?)
            }
        };
        let is_directory = |member: &ArchiveMember| matches!(member, ArchiveMember::Directory { .. });
        let now = is_directory(&found);
        if let Some(before) = self.members.insert(name.clone(), found) {
            if is_directory(&before) != now {
                return Err(ArchiveError::Conflict { member: member() });
            }
            if !now {
                self.repeated.insert(name);
            }
        }
        Ok(())
    }

    /// Returns the archive, once all members are in.
    pub(super) fn finish(self) -> Result<Archive, ArchiveError> {
        for name in self.members.keys() {
            let mut above = name.as_str();
            while let Some((directory, _)) = above.rsplit_once('/') {
                above = directory;
                match self.members.get(directory) {
                    None => {}
                    // What is above it is looked at with the directory itself.
                    Some(ArchiveMember::Directory { .. }) => break,
                    Some(_) => {
                        let (member, above) = (escape_name(name.as_bytes()), escape_name(above.as_bytes()));
                        return Err(ArchiveError::Below { member, above });
                    }
                }
            }
        }
        Ok(Archive { members: self.members, repeated: self.repeated })
    }

    fn file(
        &self,
        entry: &Entry<'_>,
        name: &str,
        size: u64,
        content: &mut dyn Read,
    ) -> Result<ArchiveFile, ArchiveError> {
        let damaged = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => {
                ArchiveError::Content { member: escape_name(entry.name) }
            }
            _ => ArchiveError::Read(error),
        };
        let mut content = HashingReader::new(content.take(size));
        let mut text = None;
        if size <= TEXT_MAX && may_be_config(name) {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).map_err(damaged)?;
            if let Ok(read) = String::from_utf8(bytes) {
                self.claim(read.len() as u64)?;
                text = Some(Arc::from(read));
            }
        }
        io::copy(&mut content, &mut io::sink()).map_err(damaged)?;
        let digest: Digest = content.finish();
        let (mode, has_capabilities) = (entry.mode.unwrap_or(FILE), entry.has_capabilities);
        Ok(ArchiveFile { mode, size, digest, has_capabilities, inode: None, text })
    }

    /// Returns a further name of a file, which gets an inode of its own.
    fn hardlink(&mut self, member: &[u8], target: &[u8]) -> Result<ArchiveMember, ArchiveError> {
        let missing = || ArchiveError::Hardlink { member: escape_name(member), target: escape_name(target) };
        let name = checked(target).ok().flatten().ok_or_else(missing)?;
        let Some(ArchiveMember::File(file)) = self.members.get_mut(&name) else { return Err(missing()) };
        if file.inode.is_none() {
            file.inode = Some(self.inodes);
            self.inodes += 1;
        }
        Ok(ArchiveMember::File(file.clone()))
    }

    fn claim(&self, memory: u64) -> Result<(), ArchiveError> {
        if self.budget.claim_memory(memory) { Ok(()) } else { Err(ArchiveError::Memory) }
    }
}

/// Returns a name without `.` and empty components; none for the root.
fn checked(name: &[u8]) -> Result<Option<String>, ArchiveError> {
    let member = || escape_name(name);
    let text = std::str::from_utf8(name).map_err(|_| ArchiveError::NotUtf8 { member: member() })?;
    if text.starts_with('/') {
        return Err(ArchiveError::Absolute { member: member() });
    }
    let components: Vec<_> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if components.contains(&"..") {
        return Err(ArchiveError::Climbs { member: member() });
    }
    if text.len() > PATH_MAX || text.contains('\0') || components.len() > DEPTH_MAX {
        return Err(ArchiveError::Name { member: member() });
    }
    Ok((!components.is_empty()).then(|| components.join("/")))
}

/// Returns the target of a symlink, if Linux can hold it.
fn link(target: &[u8]) -> Option<String> {
    let target = std::str::from_utf8(target).ok()?;
    let is_possible = !target.is_empty() && target.len() <= PATH_MAX && !target.contains('\0');
    is_possible.then(|| target.to_owned())
}

/// Whether the text of a file may decide what is planned, or is checked: of a unit, of a `.conf` file, or of a path that
/// ends as one whose text is read.
fn may_be_config(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let is_unit = UnitName::has_suffix(file) && UnitName::parse(file).is_ok();
    let starts = name.match_indices('/').map(|(at, _)| at + 1);
    let mut paths = std::iter::once(0).chain(starts).map(|start| format!("/{}", &name[start..]));
    is_unit
        || file.strip_suffix(".conf").is_some()
        || paths.any(|path| ImagePath::parse(&path).is_ok_and(|path| wants_text(&path)))
}
