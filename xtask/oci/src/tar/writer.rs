//! Writes the tar of a layer in the profile on which the importers of ostree and composefs agree.
//!
//! A header is ustar, with a pax extended header (POSIX.1-2001, pax) where ustar cannot express a value. The
//! writer records no names of users and no times, because they would differ between machines.

use std::io::{self, Read, Write};

use lapstrake::value::{ImagePath, Mode};
use tar::{EntryType, Header};

use crate::tree::{Kind, Metadata};

const BLOCK: usize = 512;
/// The largest id that an octal field of ustar holds: 7 digits.
const MAX_ID: u32 = 0o7_777_777;
/// The largest size that an octal field of ustar holds: 11 digits.
const MAX_SIZE: u64 = 0o77_777_777_777;
/// The bytes of a name or link in ustar.
const MAX_NAME: usize = 100;
/// The prefix of a whiteout's file name (OCI image spec, layer.md).
const WHITEOUT: &str = ".wh.";

/// Writes a layer's tar, member by member. The bytes depend on the arguments alone.
///
/// The caller decides the order: parents before their children, and whiteouts before new members.
///
/// ```
/// use lapstrake::value::{ImagePath, Mode};
/// use lapstrake_oci::tar::TarWriter;
/// use lapstrake_oci::tree::{Kind, Metadata};
///
/// let mut tar = TarWriter::new(Vec::new());
/// tar.whiteout(&ImagePath::parse("/motd")?)?;
/// tar.member("etc", &Kind::Directory, &Metadata::of_root(Mode::PROGRAM))?;
/// tar.member("etc/motd", &Kind::File(6), &Metadata::of_root(Mode::FILE))?;
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

    /// Writes the header of `name`, which is relative to the image's root. A file has its size in bytes;
    /// [`Self::content`] must follow the header of a file that is not empty.
    ///
    /// # Errors
    ///
    /// Fails if `out` does, if the content of the member before is missing, or for a device or a fifo, which
    /// ostree's importer refuses.
    pub fn member(&mut self, name: &str, kind: &Kind<u64>, metadata: &Metadata) -> io::Result<()> {
        self.expect_no_content()?;
        match kind {
            Kind::Directory => {
                write_header(&mut self.out, EntryType::Directory, &format!("{name}/"), "", 0, metadata)
            }
            Kind::File(size) => {
                write_header(&mut self.out, EntryType::Regular, name, "", *size, metadata)?;
                self.missing = *size;
                Ok(())
            }
            Kind::Symlink { target } => {
                write_header(&mut self.out, EntryType::Symlink, name, target, 0, metadata)
            }
            Kind::Device { .. } | Kind::Fifo => {
                let message = format!("`{name}` is a {}, which is not allowed in a layer", kind.name());
                Err(io::Error::new(io::ErrorKind::InvalidInput, message))
            }
        }
    }

    /// Writes the header of another name of `target`, a file that the same layer has already written. Both
    /// are relative to the image's root.
    ///
    /// ```
    /// use lapstrake::value::Mode;
    /// use lapstrake_oci::tar::{MemberKind, TarReader, TarWriter};
    /// use lapstrake_oci::tree::{Kind, Metadata};
    ///
    /// let mut tar = TarWriter::new(Vec::new());
    /// tar.member("usr/bin/vi", &Kind::File(0), &Metadata::of_root(Mode::PROGRAM))?;
    /// tar.hardlink("usr/bin/view", "usr/bin/vi", &Metadata::of_root(Mode::PROGRAM))?;
    /// let tar = tar.finish()?;
    /// let mut tar = TarReader::new(tar.as_slice());
    /// tar.next_member()?;
    /// assert_eq!(tar.next_member()?.expect("a second member").kind, MemberKind::Hardlink);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if `out` does, or if the content of the member before is missing.
    pub fn hardlink(&mut self, name: &str, target: &str, metadata: &Metadata) -> io::Result<()> {
        self.expect_no_content()?;
        write_header(&mut self.out, EntryType::Link, name, target, 0, metadata)
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
        self.member(&name, &Kind::File(0), &Metadata::of_root(Mode::FILE))
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

fn write_header(
    out: &mut impl Write,
    kind: EntryType,
    name: &str,
    target: &str,
    size: u64,
    metadata: &Metadata,
) -> io::Result<()> {
    let mut records = pax_records(name, target, size, metadata);
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
    header.set_entry_type(kind);
    header.set_mode(metadata.mode.bits());
    put(&mut header.as_mut_bytes()[..MAX_NAME], name.as_bytes());
    put(&mut header.as_mut_bytes()[157..257], target.as_bytes());
    // The pax header holds an id that is too large for its field, and readers prefer it.
    header.set_uid(u64::from(if metadata.uid > MAX_ID { 0 } else { metadata.uid }));
    header.set_gid(u64::from(if metadata.gid > MAX_ID { 0 } else { metadata.gid }));
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

fn pax_records(name: &str, target: &str, size: u64, metadata: &Metadata) -> Vec<u8> {
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
    if metadata.uid > MAX_ID {
        record(&mut records, "uid", metadata.uid.to_string().as_bytes());
    }
    if metadata.gid > MAX_ID {
        record(&mut records, "gid", metadata.gid.to_string().as_bytes());
    }
    for (name, value) in metadata.xattrs.iter() {
        record(&mut records, &format!("SCHILY.xattr.{name}"), value);
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

    use super::{Kind, Metadata, TarWriter};

    const FILE: Kind<u64> = Kind::File(3);

    fn with_header() -> TarWriter<Vec<u8>> {
        let mut tar = TarWriter::new(Vec::new());
        tar.member("x", &FILE, &Metadata::of_root(Mode::FILE)).unwrap();
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
        let error =
            with_header().member("y", &Kind::Directory, &Metadata::of_root(Mode::PROGRAM)).unwrap_err();
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
