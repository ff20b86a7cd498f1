//! One tar header: ustar, with a PAX extended header (POSIX.1-2001, pax) where ustar can't say it. No
//! names of users, no times but zero: nothing of the host.

use std::io::{self, Write};

use lapstrake::value::{Capabilities, Mode};
use serde::Serialize;
use tar::{EntryType, Header};

const BLOCK: usize = 512;
/// What the octal fields of ustar hold: 7 digits of an id, 11 of a size.
const MAX_ID: u32 = 0o7_777_777;
const MAX_SIZE: u64 = 0o77_777_777_777;
const MAX_NAME: usize = 100;

/// The metadata that every inode has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Inode {
    /// The permission bits.
    pub mode: Mode,
    /// The number of the owner.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
    /// The capabilities of a program (capabilities(7)).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<Capabilities>,
}

impl Inode {
    /// Returns an inode that root owns.
    pub fn of_root(mode: Mode) -> Self {
        Self { mode, uid: 0, gid: 0, capabilities: None }
    }
}

/// What a member of a layer is.
pub enum Kind<'a> {
    Directory,
    File {
        size: u64,
    },
    Symlink {
        target: &'a str,
    },
    /// Another name of a file that stands before it in the same layer, relative to the image's root.
    Hardlink {
        target: &'a str,
    },
}

/// Writes the header of `name`, which is relative to the image's root.
pub fn write_header(out: &mut dyn Write, name: &str, kind: &Kind<'_>, inode: &Inode) -> io::Result<()> {
    let (entry_type, size, target, name) = match kind {
        Kind::Directory => (EntryType::Directory, 0, "", format!("{name}/")),
        Kind::File { size } => (EntryType::Regular, *size, "", name.to_owned()),
        Kind::Symlink { target } => (EntryType::Symlink, 0, *target, name.to_owned()),
        Kind::Hardlink { target } => (EntryType::Link, 0, *target, name.to_owned()),
    };
    let records = pax_records(&name, target, size, inode);
    if !records.is_empty() {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        put(&mut header.as_mut_bytes()[..MAX_NAME], b"pax");
        header.set_mode(0o644);
        finish(&mut header, records.len() as u64);
        out.write_all(header.as_bytes())?;
        out.write_all(&records)?;
        pad(out, records.len() as u64)?;
    }
    let mut header = Header::new_ustar();
    header.set_entry_type(entry_type);
    header.set_mode(inode.mode.bits());
    put(&mut header.as_mut_bytes()[..MAX_NAME], name.as_bytes());
    put(&mut header.as_mut_bytes()[157..257], target.as_bytes());
    // An id too large for its field is in the PAX header, and readers take that.
    header.set_uid(u64::from(if inode.uid > MAX_ID { 0 } else { inode.uid }));
    header.set_gid(u64::from(if inode.gid > MAX_ID { 0 } else { inode.gid }));
    finish(&mut header, if size > MAX_SIZE { 0 } else { size });
    out.write_all(header.as_bytes())
}

/// Fills the last block of a file's content.
pub fn pad(out: &mut dyn Write, size: u64) -> io::Result<()> {
    let rest = usize::try_from(size % BLOCK as u64).unwrap_or_default();
    if rest > 0 { out.write_all(&[0; BLOCK][rest..]) } else { Ok(()) }
}

/// The two empty blocks that end an archive.
pub fn end(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}

fn finish(header: &mut Header, size: u64) {
    header.set_size(size);
    header.set_mtime(0);
    header.set_cksum();
}

/// As much as fits; the whole is then in the PAX header.
fn put(field: &mut [u8], text: &[u8]) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text[..length]);
}

fn pax_records(name: &str, target: &str, size: u64, inode: &Inode) -> Vec<u8> {
    let mut records = Vec::new();
    // PAX says UTF-8; what ustar's own fields are encoded in, readers guess by locale.
    let fits = |text: &str| text.len() <= MAX_NAME && text.is_ascii();
    if !fits(name) {
        record(&mut records, "path", name.as_bytes());
    }
    if !fits(target) {
        record(&mut records, "linkpath", target.as_bytes());
    }
    if size > MAX_SIZE {
        record(&mut records, "size", size.to_string().as_bytes());
    }
    if inode.uid > MAX_ID {
        record(&mut records, "uid", inode.uid.to_string().as_bytes());
    }
    if inode.gid > MAX_ID {
        record(&mut records, "gid", inode.gid.to_string().as_bytes());
    }
    if let Some(capabilities) = inode.capabilities {
        record(&mut records, "SCHILY.xattr.security.capability", &capabilities.to_xattr());
    }
    records
}

/// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
fn record(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length.to_string().len() + rest != length {
        length = length.to_string().len() + rest;
    }
    out.extend_from_slice(format!("{length} {key}=").as_bytes());
    out.extend_from_slice(value);
    out.push(b'\n');
}
