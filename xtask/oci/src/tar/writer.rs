//! Writes the tar of a layer in the profile on which the importers of ostree and composefs agree.
//!
//! A header is ustar, with a pax extended header (POSIX.1-2001, pax) where ustar cannot express a value. The
//! writer records no names of users and no times, because they would differ between machines.

use std::io::{self, Read, Write};

use lapstrake::value::{Capabilities, ImagePath, Mode};
use serde::Serialize;
use tar::{EntryType, Header};

const BLOCK: usize = 512;
/// The largest id that an octal field of ustar holds: 7 digits.
const MAX_ID: u32 = 0o7_777_777;
/// The largest size that an octal field of ustar holds: 11 digits.
const MAX_SIZE: u64 = 0o77_777_777_777;
/// The bytes of a name or link in ustar.
const MAX_NAME: usize = 100;
/// The prefix of a whiteout's file name (OCI image spec, layer.md).
const WHITEOUT: &str = ".wh.";

/// Holds the metadata that every inode has.
///
/// ```
/// use lapstrake::value::Mode;
/// use lapstrake_oci::tar::Inode;
///
/// let of_a_service = Inode { uid: 990, gid: 990, ..Inode::of_root(Mode::FILE) };
/// assert_eq!(of_a_service.mode, Mode::FILE);
/// ```
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
    /// Returns an inode that root owns, without capabilities.
    pub fn of_root(mode: Mode) -> Self {
        Self { mode, uid: 0, gid: 0, capabilities: None }
    }
}

/// States what a member of a layer is. Devices and fifos are left out, because ostree's importer refuses
/// them.
///
/// ```
/// use lapstrake_oci::tar::Kind;
///
/// let link = Kind::Symlink { target: "../lib/os-release" };
/// assert_ne!(link, Kind::Hardlink { target: "usr/lib/os-release" });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind<'a> {
    /// A directory.
    Directory,
    /// A regular file, whose content follows.
    File {
        /// The length of the content in bytes.
        size: u64,
    },
    /// A symbolic link.
    Symlink {
        /// The path that the link holds, as it is.
        target: &'a str,
    },
    /// Another name of a file that the same layer has already written.
    Hardlink {
        /// The name of that file, relative to the image's root.
        target: &'a str,
    },
}

/// Writes a layer's tar, member by member. The bytes depend on the arguments alone.
///
/// The caller decides the order: parents before their children, and whiteouts before new members.
///
/// ```
/// use lapstrake::value::{ImagePath, Mode};
/// use lapstrake_oci::tar::{Inode, Kind, TarWriter};
///
/// let mut tar = TarWriter::new(Vec::new());
/// tar.whiteout(&ImagePath::parse("/motd")?)?;
/// tar.member("etc", &Kind::Directory, &Inode::of_root(Mode::PROGRAM))?;
/// tar.member("etc/motd", &Kind::File { size: 6 }, &Inode::of_root(Mode::FILE))?;
/// tar.content(&b"Hello\n"[..])?;
/// let bytes: Vec<u8> = tar.finish()?;
/// // Three headers, one block of content, and two empty blocks at the end.
/// assert_eq!(bytes.len(), (3 + 1 + 2) * 512);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TarWriter<W> {
    out: W,
    /// The bytes of content that the last header announces and that are not written yet.
    missing: u64,
}

impl<W: Write> TarWriter<W> {
    /// Returns a writer of a tar to `out`, which should buffer: every header is a write of 512 bytes.
    pub fn new(out: W) -> Self {
        Self { out, missing: 0 }
    }

    /// Writes the header of `name`, which is relative to the image's root. [`Self::content`] must follow the
    /// header of a file that is not empty.
    ///
    /// # Errors
    ///
    /// Fails if `out` does, or if the content of the member before is missing.
    pub fn member(&mut self, name: &str, kind: &Kind<'_>, inode: &Inode) -> io::Result<()> {
        self.expect_no_content()?;
        write_header(&mut self.out, name, kind, inode)?;
        if let Kind::File { size } = kind {
            self.missing = *size;
        }
        Ok(())
    }

    /// Writes the content of the file whose header was written last, and fills its last block.
    ///
    /// # Errors
    ///
    /// Fails if reading or writing does, or if `content` is shorter or longer than the header states: a file
    /// may change while it is read.
    pub fn content(&mut self, mut content: impl Read) -> io::Result<()> {
        let size = self.missing;
        let copied = io::copy(&mut content.by_ref().take(size), &mut self.out)?;
        self.missing -= copied;
        if self.missing > 0 {
            let message = format!("the content has {copied} bytes; its header states {size}");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        if io::copy(&mut content.take(1), &mut io::sink())? > 0 {
            let message = format!("the content has more than the {size} bytes that its header states");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        io::copy(&mut io::repeat(0).take(padding), &mut self.out)?;
        Ok(())
    }

    /// Writes a whiteout of `path`: it hides what the layers below have there (OCI image spec, layer.md).
    ///
    /// # Errors
    ///
    /// Fails if `out` does, if the content of the member before is missing, or if `path` is the root, which
    /// no whiteout can name.
    pub fn whiteout(&mut self, path: &ImagePath) -> io::Result<()> {
        let Some(parent) = path.parent() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a whiteout cannot hide the root"));
        };
        let separator = if parent.is_root() { "" } else { "/" };
        let name = format!("{}{separator}{WHITEOUT}{}", parent.relative(), path.file_name());
        self.member(&name, &Kind::File { size: 0 }, &Inode::of_root(Mode::FILE))
    }

    /// Writes the two empty blocks that end a tar, and returns `out`, which is not flushed.
    ///
    /// # Errors
    ///
    /// Fails if `out` does, or if the content of the last member is missing.
    pub fn finish(mut self) -> io::Result<W> {
        self.expect_no_content()?;
        self.out.write_all(&[0; 2 * BLOCK])?;
        Ok(self.out)
    }

    fn expect_no_content(&self) -> io::Result<()> {
        if self.missing == 0 {
            return Ok(());
        }
        let message = format!("{} bytes of content are missing", self.missing);
        Err(io::Error::new(io::ErrorKind::InvalidInput, message))
    }
}

fn write_header(out: &mut impl Write, name: &str, kind: &Kind<'_>, inode: &Inode) -> io::Result<()> {
    let (entry_type, size, target, name) = match kind {
        Kind::Directory => (EntryType::Directory, 0, "", format!("{name}/")),
        Kind::File { size } => (EntryType::Regular, *size, "", name.to_owned()),
        Kind::Symlink { target } => (EntryType::Symlink, 0, *target, name.to_owned()),
        Kind::Hardlink { target } => (EntryType::Link, 0, *target, name.to_owned()),
    };
    let mut records = pax_records(&name, target, size, inode);
    if !records.is_empty() {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::XHeader);
        put(&mut header.as_mut_bytes()[..MAX_NAME], b"pax");
        header.set_mode(0o644);
        complete(&mut header, records.len() as u64);
        out.write_all(header.as_bytes())?;
        let blocks = records.len().next_multiple_of(BLOCK);
        records.resize(blocks, 0);
        out.write_all(&records)?;
    }
    let mut header = Header::new_ustar();
    header.set_entry_type(entry_type);
    header.set_mode(inode.mode.bits());
    put(&mut header.as_mut_bytes()[..MAX_NAME], name.as_bytes());
    put(&mut header.as_mut_bytes()[157..257], target.as_bytes());
    // The pax header holds an id that is too large for its field, and readers prefer it.
    header.set_uid(u64::from(if inode.uid > MAX_ID { 0 } else { inode.uid }));
    header.set_gid(u64::from(if inode.gid > MAX_ID { 0 } else { inode.gid }));
    complete(&mut header, if size > MAX_SIZE { 0 } else { size });
    out.write_all(header.as_bytes())
}

fn complete(header: &mut Header, size: u64) {
    header.set_size(size);
    header.set_mtime(0);
    header.set_cksum();
}

/// Writes as much as fits; the pax header then holds the whole.
fn put(field: &mut [u8], text: &[u8]) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text[..length]);
}

fn pax_records(name: &str, target: &str, size: u64, inode: &Inode) -> Vec<u8> {
    let mut records = Vec::new();
    // Pax defines UTF-8. Readers guess the encoding of ustar's own fields by the locale.
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

/// Adds the record `LENGTH KEY=VALUE\n`, where the length counts its own digits.
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

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use lapstrake::value::{ImagePath, Mode};

    use super::{Inode, Kind, TarWriter};

    const FILE: Kind<'_> = Kind::File { size: 3 };

    fn with_header() -> TarWriter<Vec<u8>> {
        let mut tar = TarWriter::new(Vec::new());
        tar.member("x", &FILE, &Inode::of_root(Mode::FILE)).unwrap();
        tar
    }

    #[test]
    fn content_has_exactly_the_size_that_its_header_states() {
        with_header().content(&b"abc"[..]).unwrap();
        let error = with_header().content(&b"ab"[..]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(error.to_string(), "the content has 2 bytes; its header states 3");
        let error = with_header().content(&b"abcd"[..]).unwrap_err();
        assert_eq!(error.to_string(), "the content has more than the 3 bytes that its header states");
    }

    #[test]
    fn nothing_follows_a_header_whose_content_is_missing() {
        let error = with_header().member("y", &Kind::Directory, &Inode::of_root(Mode::PROGRAM)).unwrap_err();
        assert_eq!(error.to_string(), "3 bytes of content are missing");
        with_header().whiteout(&ImagePath::parse("/y").unwrap()).unwrap_err();
        with_header().finish().unwrap_err();
    }

    #[test]
    fn a_whiteout_is_beside_what_it_hides_and_never_of_the_root() {
        let mut tar = TarWriter::new(Vec::new());
        tar.whiteout(&ImagePath::parse("/a").unwrap()).unwrap();
        tar.whiteout(&ImagePath::parse("/etc/b").unwrap()).unwrap();
        let error = tar.whiteout(&ImagePath::root()).unwrap_err();
        assert_eq!(error.to_string(), "a whiteout cannot hide the root");
        let bytes = tar.finish().unwrap();
        let mut read = tar::Archive::new(bytes.as_slice());
        let names = read.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string());
        assert_eq!(names.collect::<Vec<_>>(), [".wh.a", "etc/.wh.b"]);
    }
}
