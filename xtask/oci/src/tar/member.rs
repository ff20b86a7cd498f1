//! Members of a tar that somebody else wrote, read with bounded memory: pax (POSIX.1-2001), ustar and
//! GNU headers. The crate `tar` reads extensions of any size into memory, applies global headers that
//! podman ignores and cuts binary pax values at a newline, so only its view of one header is used.
//! What a member means in a layer is not known here.

use std::io::{self, Read};

use tar::{EntryType, Header};

const BLOCK: usize = 512;
/// Bytes that a pax header or a GNU long name may have; Linux limits a path to 4096 and an xattr to
/// 64 KiB.
const EXTENSION_MAX: u64 = 1 << 20;
/// The pax keys that say something about a member that is kept here. In a global header they would
/// mean one thing to podman and another to GNU tar.
const KEYS: [&str; 5] = ["path", "linkpath", "size", "uid", "gid"];
const XATTR: &str = "SCHILY.xattr.";

/// The members of a tar, one after the other. Reading reads the content of the last one.
#[derive(Debug)]
pub struct Members<R> {
    inner: R,
    /// Bytes of content that were not read yet, and what fills their last block.
    left: u64,
    padding: u64,
    ended: bool,
}

/// What a header, with its extensions, says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: Vec<u8>,
    pub link: Vec<u8>,
    pub kind: EntryType,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    pub major: u32,
    pub minor: u32,
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A tar that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    #[error("the tar can't be read")]
    Read(#[source] io::Error),
    #[error("the tar ends in the middle of `{member}`")]
    Truncated { member: String },
    #[error("the header after `{member}` is no tar header")]
    Header { member: String },
    #[error("member `{member}` has a header whose {field} is no number")]
    Number { member: String, field: &'static str, source: io::Error },
    #[error("member `{member}` has the {field} {value}, which Linux can't hold")]
    Range { member: String, field: &'static str, value: u64 },
    #[error("the header after `{member}` is extended by {size} bytes; at most {EXTENSION_MAX} are read")]
    Extension { member: String, size: u64 },
    #[error("the header after `{member}` has pax records that don't parse")]
    Pax { member: String },
    #[error("a global pax header sets `{key}`, which readers of tars don't agree on")]
    Global { key: &'static str },
    #[error("member `{member}` has the type `{}`, which no layer may hold", kind.escape_ascii())]
    Kind { member: String, kind: u8 },
}

/// What extended headers say about the member that follows them.
#[derive(Debug, Default)]
struct Extended {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<R: Read> Members<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, left: 0, padding: 0, ended: false }
    }

    /// The next member; what was not read of the one `before` it is passed over. None at the end, which
    /// is two empty blocks or, as Go's reader has it, the end of the data.
    pub fn next(&mut self, before: &str) -> Result<Option<Member>, MemberError> {
        self.pass_over(before)?;
        let mut extended = Extended::default();
        let mut is_extended = false;
        while !self.ended {
            let Some(header) = self.header(before, is_extended)? else { break };
            match header.entry_type() {
                EntryType::XHeader => {
                    let records = self.extension(&header, before)?;
                    extended.apply(&records).ok_or_else(|| MemberError::Pax { member: before.to_owned() })?;
                }
                EntryType::XGlobalHeader => {
                    let records = self.extension(&header, before)?;
                    let mut global = Extended::default();
                    global.apply(&records).ok_or_else(|| MemberError::Pax { member: before.to_owned() })?;
                    if let Some(key) = global.first() {
                        return Err(MemberError::Global { key });
                    }
                    continue;
                }
                EntryType::GNULongName => extended.name = Some(terminated(self.extension(&header, before)?)),
                EntryType::GNULongLink => extended.link = Some(terminated(self.extension(&header, before)?)),
                _ => return self.member(&header, extended).map(Some),
            }
            is_extended = true;
        }
        if is_extended {
            return Err(MemberError::Truncated { member: before.to_owned() });
        }
        self.ended = true;
        Ok(None)
    }

    fn member(&mut self, header: &Header, extended: Extended) -> Result<Member, MemberError> {
        let name = extended.name.unwrap_or_else(|| header.path_bytes().into_owned());
        let shown = shown(&name);
        let number = |field, value: io::Result<u64>| {
            value.map_err(|source| MemberError::Number { member: shown.clone(), field, source })
        };
        let id = |field, extended: Option<u64>, plain: io::Result<u64>| {
            let value = extended.map_or_else(|| number(field, plain), Ok)?;
            u32::try_from(value).map_err(|_| MemberError::Range { member: shown.clone(), field, value })
        };
        let plain_size = number("size", header.entry_size())?;
        // Version 7 of Unix had no type for a directory.
        let kind = match header.as_bytes()[156] {
            0 | b'0' if name.ends_with(b"/") => EntryType::Directory,
            0 => EntryType::Regular,
            byte => EntryType::new(byte),
        };
        let (mut major, mut minor, mut size) = (0, 0, 0);
        match kind {
            EntryType::Regular => {
                size = extended.size.unwrap_or(plain_size);
                self.left = size;
                self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
            }
            EntryType::Char | EntryType::Block => {
                let device =
                    |value: io::Result<Option<u32>>| value.map(|value| u64::from(value.unwrap_or_default()));
                major = id("major number", None, device(header.device_major()))?;
                minor = id("minor number", None, device(header.device_minor()))?;
            }
            // Their headers may state a size, but no content follows.
            EntryType::Directory | EntryType::Symlink | EntryType::Link | EntryType::Fifo => {}
            other => return Err(MemberError::Kind { member: shown, kind: other.as_byte() }),
        }
        let mode = number("mode", header.mode().map(u64::from))?;
        Ok(Member {
            link: extended.link.or_else(|| header.link_name_bytes().map(Into::into)).unwrap_or_default(),
            kind,
            mode: u32::try_from(mode & 0o7777).unwrap_or_default(),
            uid: id("uid", extended.uid, header.uid())?,
            gid: id("gid", extended.gid, header.gid())?,
            size,
            major,
            minor,
            xattrs: extended.xattrs,
            name,
        })
    }

    fn pass_over(&mut self, member: &str) -> Result<(), MemberError> {
        let rest = self.left.saturating_add(self.padding);
        let passed =
            io::copy(&mut (&mut self.inner).take(rest), &mut io::sink()).map_err(MemberError::Read)?;
        (self.left, self.padding) = (0, 0);
        if passed == rest { Ok(()) } else { Err(MemberError::Truncated { member: member.to_owned() }) }
    }

    fn header(&mut self, before: &str, must_follow: bool) -> Result<Option<Header>, MemberError> {
        let Some(block) = self.block(before)? else { return Ok(None) };
        if block == [0; BLOCK] {
            // One empty block and then something else is damage, not an end.
            return match self.block(before)? {
                None => Ok(None),
                Some(second) if second == block && !must_follow => Ok(None),
                Some(_) => Err(MemberError::Header { member: before.to_owned() }),
            };
        }
        let header = Header::from_byte_slice(&block).clone();
        let sum =
            block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
        if header.cksum().ok() != Some(sum.map(u32::from).sum()) {
            return Err(MemberError::Header { member: before.to_owned() });
        }
        Ok(Some(header))
    }

    fn block(&mut self, before: &str) -> Result<Option<[u8; BLOCK]>, MemberError> {
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.inner.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(None),
                Ok(0) => return Err(MemberError::Truncated { member: before.to_owned() }),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(MemberError::Read(error)),
            }
        }
        Ok(Some(block))
    }

    fn extension(&mut self, header: &Header, before: &str) -> Result<Vec<u8>, MemberError> {
        let number = |source| MemberError::Number { member: before.to_owned(), field: "size", source };
        let size = header.entry_size().map_err(number)?;
        if size > EXTENSION_MAX {
            return Err(MemberError::Extension { member: before.to_owned(), size });
        }
        let mut bytes = Vec::new();
        (&mut self.inner).take(size).read_to_end(&mut bytes).map_err(MemberError::Read)?;
        self.left = size - bytes.len() as u64;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        self.pass_over(before)?;
        Ok(bytes)
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&mut self.inner).take(self.left).read(buffer)?;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= count as u64;
        Ok(count)
    }
}

impl Extended {
    /// Takes in `LENGTH KEY=VALUE\n` records, where a value may hold any byte.
    fn apply(&mut self, mut records: &[u8]) -> Option<()> {
        while !records.is_empty() {
            let space = records.iter().take(8).position(|byte| *byte == b' ')?;
            let length: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
            let record = records.get(space + 1..length)?.strip_suffix(b"\n")?;
            records = &records[length..];
            let equals = record.iter().position(|byte| *byte == b'=')?;
            let (key, value) = (std::str::from_utf8(&record[..equals]).ok()?, &record[equals + 1..]);
            let number = || std::str::from_utf8(value).ok()?.parse::<u64>().ok();
            match key {
                "path" => self.name = Some(value.to_vec()),
                "linkpath" => self.link = Some(value.to_vec()),
                "size" => self.size = Some(number()?),
                "uid" => self.uid = Some(number()?),
                "gid" => self.gid = Some(number()?),
                _ if key.starts_with("GNU.sparse.") => return None,
                _ => {
                    if let Some(name) = key.strip_prefix(XATTR) {
                        self.xattrs.push((name.as_bytes().to_vec(), value.to_vec()));
                    }
                }
            }
        }
        Some(())
    }

    /// The first of the keys that was set.
    fn first(&self) -> Option<&'static str> {
        let set = [
            self.name.is_some(),
            self.link.is_some(),
            self.size.is_some(),
            self.uid.is_some(),
            self.gid.is_some(),
        ];
        let xattr = (!self.xattrs.is_empty()).then_some(XATTR);
        KEYS.into_iter().zip(set).find(|(_, set)| *set).map(|(key, _)| key).or(xattr)
    }
}

/// A GNU long name ends at its NUL.
fn terminated(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len()));
    bytes
}

/// A member's name for a message: escaped, and no longer than a person reads.
pub fn shown(name: &[u8]) -> String {
    const MOST: usize = 200;
    let escaped: String = String::from_utf8_lossy(&name[..name.len().min(4 * MOST)]).escape_debug().collect();
    match escaped.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}
