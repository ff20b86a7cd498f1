//! Reads a tar that somebody else wrote, with bounded memory: pax (POSIX.1-2001), ustar and GNU headers.
//!
//! Of the crate `tar`, only the view of one header is used. Its reader reads extensions of any size into
//! memory, applies global headers that podman ignores, and cuts binary pax values at a newline.

use std::io::{self, Read};

use tar::{EntryType, Header};

use super::error::EXTENSION_MAX;
use super::extension::{Extension, up_to_nul};
use super::{Member, MemberError, MemberKind, escape_name};

const BLOCK: usize = 512;
/// Reads the members of a tar, one after the other.
///
/// As a [`Read`], it reads the content of the last member, and ends where that content ends. It fails with
/// [`io::ErrorKind::UnexpectedEof`] if the tar ends earlier.
///
/// At most 1 MiB of extended headers before each member is held in memory, and one block of 512 bytes. The
/// number and size of members is not limited.
///
/// ```
/// use std::io::Read;
///
/// use lapstrake::value::Mode;
/// use lapstrake_oci::tar::{Member, MemberKind, TarReader, TarWriter};
/// use lapstrake_oci::tree::{Kind, Metadata};
///
/// let mut tar = TarWriter::new(Vec::new());
/// tar.member("etc/motd", &Kind::File(6), &Metadata::of_root(Mode::FILE))?;
/// tar.content(&b"Hello\n"[..])?;
/// let bytes = tar.finish()?;
///
/// let mut reader = TarReader::new(bytes.as_slice());
/// let member: Member = reader.next_member()?.expect("the tar has one member");
/// assert_eq!((member.name.as_slice(), member.mode), (&b"etc/motd"[..], 0o644));
/// assert_eq!(member.kind, MemberKind::File);
/// let mut content = String::new();
/// reader.read_to_string(&mut content)?;
/// assert_eq!(content, "Hello\n");
/// assert_eq!(reader.next_member()?, None);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TarReader<R> {
    inner: R,
    /// The name of the last member, to name the place of a fault.
    last: Option<Vec<u8>>,
    /// The bytes of content that were not read yet.
    left: u64,
    /// The bytes that fill the last block of the content.
    padding: u64,
    ended: bool,
}

impl<R: Read> TarReader<R> {
    /// Returns a reader of the tar in `inner`, which is not compressed.
    pub fn new(inner: R) -> Self {
        Self { inner, last: None, left: 0, padding: 0, ended: false }
    }

    /// Reads the header of the next member, and skips what was not read of the content of the last one.
    ///
    /// Returns `None` at the end, which is two empty blocks or the end of the data, as in Go's `archive/tar`.
    ///
    /// # Errors
    ///
    /// Fails if the tar cannot be read, is cut off or damaged, or holds what no layer may hold.
    pub fn next_member(&mut self) -> Result<Option<Member>, MemberError> {
        self.skip_content()?;
        let mut extension = Extension::default();
        // The bytes of extended headers so far.
        let mut extended = 0;
        let mut is_extended = false;
        while !self.ended {
            let Some(header) = self.header(is_extended)? else { break };
            match header.entry_type() {
                EntryType::XHeader => {
                    let records = self.extension(&header, &mut extended)?;
                    extension.apply(&records).ok_or_else(|| MemberError::Pax { place: self.place() })?;
                }
                EntryType::XGlobalHeader => {
                    let records = self.extension(&header, &mut 0)?;
                    let mut global = Extension::default();
                    global.apply(&records).ok_or_else(|| MemberError::Pax { place: self.place() })?;
                    if let Some(key) = global.first_key() {
                        return Err(MemberError::Global { key });
                    }
                    continue;
                }
                EntryType::GNULongName => {
                    extension.name = Some(up_to_nul(self.extension(&header, &mut extended)?));
                }
                EntryType::GNULongLink => {
                    extension.link = Some(up_to_nul(self.extension(&header, &mut extended)?));
                }
                _ => {
                    let member = self.member(&header, extension)?;
                    self.last = Some(member.name.clone());
                    return Ok(Some(member));
                }
            }
            is_extended = true;
        }
        if is_extended {
            return Err(MemberError::Truncated { place: self.place() });
        }
        self.ended = true;
        Ok(None)
    }

    /// Returns where the reader is, to be shown in a message.
    fn place(&self) -> String {
        match &self.last {
            Some(name) => format!("after `{}`", escape_name(name)),
            None => "before its first member".to_owned(),
        }
    }

    fn member(&mut self, header: &Header, extension: Extension) -> Result<Member, MemberError> {
        let name = extension.name.unwrap_or_else(|| header.path_bytes().into_owned());
        let number = |field, value: io::Result<u64>| {
            let place = || format!("of `{}`", escape_name(&name));
            value.map_err(|source| MemberError::Number { place: place(), field, source })
        };
        let id = |field, value: u64| {
            let member = || escape_name(&name);
            u32::try_from(value).map_err(|_| MemberError::Range { member: member(), field, value })
        };
        let device = |field, value: io::Result<Option<u32>>| {
            let missing = || io::Error::new(io::ErrorKind::InvalidData, "a header of Unix 7 has no device");
            number(field, value.and_then(|value| value.map(u64::from).ok_or_else(missing)))
        };
        let plain_size = number("size", size(header))?;
        let mut content = 0;
        // A header of another kind may state a size, but no content follows it.
        let kind = match header.as_bytes()[156] {
            // Unix 7 had no type for a directory.
            0 | b'0' if name.ends_with(b"/") => MemberKind::Directory,
            0 | b'0' => {
                content = extension.size.unwrap_or(plain_size);
                MemberKind::File
            }
            b'1' => MemberKind::Hardlink,
            b'2' => MemberKind::Symlink,
            byte @ (b'3' | b'4') => MemberKind::Device {
                is_block: byte == b'4',
                major: id("major number", device("major number", header.device_major())?)?,
                minor: id("minor number", device("minor number", header.device_minor())?)?,
            },
            b'5' => MemberKind::Directory,
            b'6' => MemberKind::Fifo,
            kind => return Err(MemberError::Kind { member: escape_name(&name), kind }),
        };
        let mode = number("mode", header.mode().map(u64::from))? & 0o7777;
        let uid = extension.uid.map_or_else(|| number("uid", header.uid()), Ok)?;
        let gid = extension.gid.map_or_else(|| number("gid", header.gid()), Ok)?;
        let member = Member {
            link: extension.link.or_else(|| header.link_name_bytes().map(Into::into)).unwrap_or_default(),
            kind,
            mode: u32::try_from(mode).expect("12 bits fit"),
            uid: id("uid", uid)?,
            gid: id("gid", gid)?,
            size: content,
            xattrs: extension.xattrs,
            name,
        };
        self.set_content(content);
        Ok(member)
    }

    fn set_content(&mut self, size: u64) {
        self.left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    }

    fn skip_content(&mut self) -> Result<(), MemberError> {
        let rest = self.left.saturating_add(self.padding);
        let skipped =
            io::copy(&mut (&mut self.inner).take(rest), &mut io::sink()).map_err(MemberError::Read)?;
        (self.left, self.padding) = (0, 0);
        if skipped == rest { Ok(()) } else { Err(MemberError::Truncated { place: self.place() }) }
    }

    /// Reads a header. With `must_follow`, the end of the tar is a fault, because an extended header came
    /// before.
    fn header(&mut self, must_follow: bool) -> Result<Option<Header>, MemberError> {
        let Some(block) = self.block()? else { return Ok(None) };
        if block == [0; BLOCK] {
            // One empty block before anything else is damage, not the end.
            return match self.block()? {
                None => Ok(None),
                Some(second) if second == block && !must_follow => Ok(None),
                Some(_) => Err(MemberError::Header { place: self.place() }),
            };
        }
        let header = Header::from_byte_slice(&block).clone();
        let sum =
            block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
        if header.cksum().ok() != Some(sum.map(u32::from).sum()) {
            return Err(MemberError::Header { place: self.place() });
        }
        Ok(Some(header))
    }

    fn block(&mut self) -> Result<Option<[u8; BLOCK]>, MemberError> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.inner.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(MemberError::Truncated { place: self.place() }),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(MemberError::Read(error)),
            }
        }
        Ok(Some(block))
    }

    /// Reads the content of an extended header, and adds its size to `total`.
    fn extension(&mut self, header: &Header, total: &mut u64) -> Result<Vec<u8>, MemberError> {
        let number = |source| MemberError::Number { place: self.place(), field: "size", source };
        let size = size(header).map_err(number)?;
        *total = total.saturating_add(size);
        if *total > EXTENSION_MAX {
            return Err(MemberError::Extension { place: self.place(), size: *total });
        }
        let mut bytes = Vec::new();
        (&mut self.inner).take(size).read_to_end(&mut bytes).map_err(MemberError::Read)?;
        self.set_content(size);
        self.left -= bytes.len() as u64;
        self.skip_content()?;
        Ok(bytes)
    }
}

impl<R: Read> Read for TarReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&mut self.inner).take(self.left).read(buffer)?;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// Returns the size that a header states. The crate `tar` drops the high bytes of a binary number.
fn size(header: &Header) -> io::Result<u64> {
    let field = &header.as_old().size;
    if field[0] & 0x80 != 0 && field[..4] != [0x80, 0, 0, 0] {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the number has more than 64 bits"));
    }
    header.entry_size()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use lapstrake::value::Mode;
    use tar::{EntryType, Header};

    use crate::tar::{MemberError, TarReader, TarWriter};
    use crate::tree::{Kind, Metadata};

    /// Returns a tar of a file whose header `change` has changed.
    fn changed(change: impl Fn(&mut Header)) -> Vec<u8> {
        let mut header = Header::new_ustar();
        header.set_path("x").unwrap();
        header.set_entry_type(EntryType::Regular);
        (header.as_old_mut().mode, header.as_old_mut().uid) = (*b"0000644\0", *b"0000000\0");
        header.as_old_mut().gid = *b"0000000\0";
        header.set_size(0);
        change(&mut header);
        header.set_cksum();
        [header.as_bytes().as_slice(), &[0; 1024]].concat()
    }

    fn fault(tar: &[u8]) -> MemberError {
        let mut reader = TarReader::new(tar);
        loop {
            match reader.next_member() {
                Ok(member) => assert_ne!(member, None, "the tar has a fault"),
                Err(error) => return error,
            }
        }
    }

    #[test]
    fn a_binary_size_of_more_than_64_bits_is_refused_and_not_cut() {
        let binary = |bytes: [u8; 4]| {
            move |header: &mut Header| {
                header.as_old_mut().size = [0; 12];
                header.as_old_mut().size[..4].copy_from_slice(&bytes);
            }
        };
        TarReader::new(changed(binary([0x80, 0, 0, 0])).as_slice()).next_member().unwrap().unwrap();
        for high in [[0x80, 0, 0, 1], [0x81, 0, 0, 0], [0xff; 4]] {
            let error = fault(&changed(binary(high)));
            assert_eq!(error.to_string(), "the size in the header of `x` is not a number");
        }
    }

    #[test]
    fn the_extended_headers_of_one_member_share_one_limit() {
        let extension = |size: usize| {
            let header = changed(|header| {
                header.set_entry_type(EntryType::GNULongName);
                header.set_size(size as u64);
            });
            [&header[..512], &vec![b'a'; size.next_multiple_of(512)]].concat()
        };
        let half = extension(600_000);
        let file = changed(|_| {});
        let one_each = [&half[..], &file[..512], &half, &file].concat();
        let mut reader = TarReader::new(one_each.as_slice());
        reader.next_member().unwrap().unwrap();
        reader.next_member().unwrap().unwrap();
        let error = fault(&[&half[..], &half, &file].concat());
        assert_eq!(
            error.to_string(),
            "the extended headers before its first member have 1200000 bytes; the limit is 1048576"
        );
    }

    #[test]
    fn content_that_was_not_read_is_skipped() {
        let mut tar = TarWriter::new(Vec::new());
        for (name, size) in [("a", 1000), ("b", 3)] {
            tar.member(name, &Kind::File(size), &Metadata::of_root(Mode::FILE)).unwrap();
            tar.content(std::io::repeat(b'x').take(size)).unwrap();
        }
        let bytes = tar.finish().unwrap();
        let mut reader = TarReader::new(bytes.as_slice());
        reader.next_member().unwrap().unwrap();
        reader.read_exact(&mut [0; 10]).unwrap();
        assert_eq!(reader.next_member().unwrap().unwrap().name, b"b");
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        assert_eq!(content, b"xxx");
    }
}
