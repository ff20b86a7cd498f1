//! Writes one tar header: ustar, with a PAX extended header (POSIX.1-2001, pax) where ustar cannot hold a
//! value. It writes no user names and no times but zero, because those come from the host.

use std::io::{self, Write};

use tar::{EntryType, Header};

use crate::tree::{CAPABILITY, Kind, Metadata};

const BLOCK: usize = 512;
/// What the octal fields of ustar hold: 7 digits of an id, 11 of a size.
const MAX_ID: u32 = 0o7_777_777;
const MAX_SIZE: u64 = 0o77_777_777_777;
const MAX_NAME: usize = 100;

/// Writes the header of `name`, which is relative to the image's root. A file has its size, in bytes.
///
/// # Errors
/// When `out` fails, and for a device or a fifo: no layer may hold one, because ostree's importer refuses
/// it.
pub fn write_header(
    out: &mut dyn Write,
    name: &str,
    kind: &Kind<u64>,
    metadata: &Metadata,
) -> io::Result<()> {
    match kind {
        Kind::Directory => write(out, EntryType::Directory, &format!("{name}/"), "", 0, metadata),
        Kind::File(size) => write(out, EntryType::Regular, name, "", *size, metadata),
        Kind::Symlink { target } => write(out, EntryType::Symlink, name, target, 0, metadata),
        Kind::Device { .. } | Kind::Fifo => {
            Err(io::Error::other(format!("`{name}` is a {}, which no layer may hold", kind.name())))
        }
    }
}

/// Writes the header of another name of `target`, a file that is before it in the same tar; both are
/// relative to the image's root.
///
/// # Errors
/// When `out` fails.
pub fn write_hardlink(out: &mut dyn Write, name: &str, target: &str, metadata: &Metadata) -> io::Result<()> {
    write(out, EntryType::Link, name, target, 0, metadata)
}

fn write(
    out: &mut dyn Write,
    kind: EntryType,
    name: &str,
    target: &str,
    size: u64,
    metadata: &Metadata,
) -> io::Result<()> {
    let records = pax_records(name, target, size, metadata);
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
    header.set_entry_type(kind);
    header.set_mode(metadata.mode.bits());
    put(&mut header.as_mut_bytes()[..MAX_NAME], name.as_bytes());
    put(&mut header.as_mut_bytes()[157..257], target.as_bytes());
    // An id too large for its field is in the PAX header, and readers take that.
    header.set_uid(u64::from(if metadata.uid > MAX_ID { 0 } else { metadata.uid }));
    header.set_gid(u64::from(if metadata.gid > MAX_ID { 0 } else { metadata.gid }));
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

fn pax_records(name: &str, target: &str, size: u64, metadata: &Metadata) -> Vec<u8> {
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
    if metadata.uid > MAX_ID {
        record(&mut records, "uid", metadata.uid.to_string().as_bytes());
    }
    if metadata.gid > MAX_ID {
        record(&mut records, "gid", metadata.gid.to_string().as_bytes());
    }
    if let Some(capabilities) = metadata.xattrs.get(CAPABILITY) {
        record(&mut records, "SCHILY.xattr.security.capability", capabilities);
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
