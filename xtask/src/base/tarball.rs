//! Reads a base's tar, block by block: a stranger's bytes, of which nothing is believed. It gives
//! members one by one and writes nothing anywhere.

use std::io::{self, Read};

use lapstrake::value::{ImagePath, Mode};
use tar::{EntryType, Header, PaxExtensions};

const BLOCK: usize = 512;
/// The most that an extended header may hold: two paths and some attributes are far less.
const MOST_EXTENDED: u64 = 1 << 20;
/// Deeper than any real tree, and shallow enough to be walked.
const MOST_COMPONENTS: usize = 256;

/// What is wrong with a tar.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TarError {
    #[error("it can't be read")]
    Read(#[from] io::Error),
    #[error("it ends in the middle of `{member}`")]
    Truncated { member: String },
    #[error("a header at byte {at} has a wrong checksum or number")]
    Header { at: u64 },
    #[error("`{member}` is named by an absolute path")]
    Absolute { member: String },
    #[error("`{member}` has a `..` in its name")]
    Climbs { member: String },
    #[error("`{member}` is no name that a Linux system could have")]
    Name { member: String },
    #[error("`{member}` is not named in UTF-8")]
    NotUtf8 { member: String },
    #[error("`{member}` is nested {depth} deep; at most {MOST_COMPONENTS} is believable")]
    Deep { member: String, depth: usize },
    #[error("`{member}` links to `{target}`, which leads out of the image")]
    LeadsOut { member: String, target: String },
    #[error("`{member}` links to `{target}`, which no member before it is")]
    NoTarget { member: String, target: String },
    #[error("`{member}` states {size} bytes of extended header; at most {MOST_EXTENDED} is believable")]
    Extended { member: String, size: u64 },
    #[error("`{member}` is of a type `{kind}` that no layer holds")]
    Kind { member: String, kind: char },
    #[error("it has more than {most} members")]
    TooMany { most: usize },
}

/// A member's metadata; its content is read by the caller.
#[derive(Debug)]
pub(super) struct Member {
    /// Where it is; a whiteout's own name is in `kind`.
    pub(super) path: ImagePath,
    pub(super) mode: Mode,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    pub(super) capability: Option<Vec<u8>>,
    pub(super) kind: MemberKind,
}

#[derive(Debug)]
pub(super) enum MemberKind {
    Directory,
    File,
    Hardlink {
        target: ImagePath,
    },
    Symlink {
        target: String,
    },
    Device {
        block: bool,
        major: u32,
        minor: u32,
    },
    Fifo,
    /// `.wh.NAME`: `path` is the path that it hides.
    Whiteout,
    /// `.wh..wh..opq`: `path` is the directory whose lower content it hides.
    Opaque,
}

/// The members of a tar, in their order.
pub(super) struct Members<R> {
    reader: R,
    at: u64,
    /// What is left of the current member's content, and its padding.
    content: u64,
    padding: u64,
    current: String,
}

/// What extended headers say of the member after them.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
    uid: Option<u64>,
    gid: Option<u64>,
    capability: Option<Vec<u8>>,
}

impl<R: Read> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, at: 0, content: 0, padding: 0, current: String::new() }
    }

    /// The next member; none at the end. What is left of the last one's content is passed over.
    pub(super) fn next(&mut self) -> Result<Option<Member>, TarError> {
        let mut extended = Extended::default();
        loop {
            self.skip()?;
            let Some(header) = self.header()? else { return Ok(None) };
            let size = header.entry_size().map_err(|_| TarError::Header { at: self.at })?;
            match header.entry_type() {
                EntryType::XHeader => read_pax(&self.extension(&header, size)?, &mut extended),
                EntryType::XGlobalHeader => drop(self.extension(&header, size)?),
                EntryType::GNULongName => extended.path = Some(nul_ended(self.extension(&header, size)?)),
                EntryType::GNULongLink => extended.link = Some(nul_ended(self.extension(&header, size)?)),
                _ => match self.member(&header, size, extended)? {
                    Some(member) => return Ok(Some(member)),
                    None => extended = Extended::default(),
                },
            }
        }
    }

    fn header(&mut self) -> Result<Option<Header>, TarError> {
        let mut header = Header::new_old();
        self.current = format!("a header at byte {}", self.at);
        // An archive may end without its two empty blocks, but not inside of one.
        if !self.fill(header.as_mut_bytes())? || header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum: u32 =
            header.as_bytes()[..148].iter().chain(&header.as_bytes()[156..]).map(|b| u32::from(*b)).sum();
        if header.cksum().ok() != Some(sum + 8 * u32::from(b' ')) {
            return Err(TarError::Header { at: self.at - BLOCK as u64 });
        }
        Ok(Some(header))
    }

    /// Fills a block; false at the end of the stream.
    fn fill(&mut self, block: &mut [u8]) -> Result<bool, TarError> {
        let mut filled = 0;
        while filled < block.len() {
            match self.reader.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(TarError::Truncated { member: self.current.clone() }),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.at += block.len() as u64;
        Ok(true)
    }

    fn extension(&mut self, header: &Header, size: u64) -> Result<Vec<u8>, TarError> {
        self.current = shown(&header.path_bytes());
        if size > MOST_EXTENDED {
            return Err(TarError::Extended { member: self.current.clone(), size });
        }
        self.begin(size);
        let mut bytes = Vec::new();
        self.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn begin(&mut self, size: u64) {
        self.content = size;
        self.padding = size.next_multiple_of(BLOCK as u64) - size;
    }

    fn skip(&mut self) -> Result<(), TarError> {
        let left = self.content + self.padding;
        let skipped = io::copy(&mut (&mut self.reader).take(left), &mut io::sink())?;
        if skipped != left {
            return Err(TarError::Truncated { member: self.current.clone() });
        }
        self.at += left;
        (self.content, self.padding) = (0, 0);
        Ok(())
    }

    /// The member of a header; none for the root and what is of no account.
    fn member(&mut self, header: &Header, size: u64, extended: Extended) -> Result<Option<Member>, TarError> {
        let name = extended.path.unwrap_or_else(|| header.path_bytes().into_owned());
        self.current = shown(&name);
        let bad = || TarError::Header { at: self.at - BLOCK as u64 };
        let entry_type = header.entry_type();
        let has_content = matches!(entry_type, EntryType::Regular | EntryType::Continuous);
        let size = if has_content { extended.size.unwrap_or(size) } else { size };
        if size > i64::MAX as u64 {
            return Err(bad());
        }
        let id = |wide: Option<u64>, own: io::Result<u64>| {
            let id = wide.map_or_else(|| own.map_err(|_| bad()), Ok)?;
            u32::try_from(id).map_err(|_| bad())
        };
        let mode =
            Mode::try_from(format!("{:o}", header.mode().map_err(|_| bad())? & 0o7777)).map_err(|_| bad())?;
        let (uid, gid) = (id(extended.uid, header.uid())?, id(extended.gid, header.gid())?);
        let link = extended.link.or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
        let device =
            |number: io::Result<Option<u32>>| number.map(Option::unwrap_or_default).map_err(|_| bad());
        let kind = match entry_type {
            EntryType::Directory => Some(MemberKind::Directory),
            EntryType::Regular | EntryType::Continuous => Some(MemberKind::File),
            EntryType::Symlink | EntryType::Link => None,
            EntryType::Fifo => Some(MemberKind::Fifo),
            EntryType::Char | EntryType::Block => Some(MemberKind::Device {
                block: entry_type == EntryType::Block,
                major: device(header.device_major())?,
                minor: device(header.device_minor())?,
            }),
            other => {
                return Err(TarError::Kind { member: self.current.clone(), kind: other.as_byte().into() });
            }
        };
        self.begin(size);
        let Some((path, whiteout)) = self.path(&name)? else { return Ok(None) };
        let kind = match (whiteout, kind) {
            (Some(whiteout), _) => whiteout,
            (None, Some(kind)) => kind,
            (None, None) if entry_type == EntryType::Symlink => {
                self.symlink(&path, link.unwrap_or_default())?
            }
            (None, None) => self.hardlink(&link.unwrap_or_default())?,
        };
        Ok(Some(Member { path, mode, uid, gid, size, capability: extended.capability, kind }))
    }

    /// The path that a name means, and the whiteout that it is. None for the root itself.
    fn path(&self, name: &[u8]) -> Result<Option<(ImagePath, Option<MemberKind>)>, TarError> {
        let member = || self.current.clone();
        let Ok(name) = std::str::from_utf8(name) else { return Err(TarError::NotUtf8 { member: member() }) };
        if name.starts_with('/') {
            return Err(TarError::Absolute { member: member() });
        }
        let components: Vec<_> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if components.contains(&"..") {
            return Err(TarError::Climbs { member: member() });
        }
        if components.len() > MOST_COMPONENTS {
            return Err(TarError::Deep { member: member(), depth: components.len() });
        }
        let Some((last, parents)) = components.split_last() else { return Ok(None) };
        let parse = |components: &[&str]| {
            ImagePath::parse(&format!("/{}", components.join("/")))
                .map_err(|_| TarError::Name { member: member() })
        };
        let (path, whiteout) = match last.strip_prefix(".wh.") {
            Some(".wh..opq") => (parse(parents)?, Some(MemberKind::Opaque)),
            // aufs kept its own books under such names; no image has them.
            Some(name) if name.starts_with(".wh.") => return Ok(None),
            Some(hidden) => (parse(&[parents, &[hidden]].concat())?, Some(MemberKind::Whiteout)),
            None => (parse(&components)?, None),
        };
        Ok(Some((path, whiteout)))
    }

    fn symlink(&self, path: &ImagePath, target: Vec<u8>) -> Result<MemberKind, TarError> {
        let member = || self.current.clone();
        let target = String::from_utf8(target).map_err(|_| TarError::NotUtf8 { member: member() })?;
        // Where the link is, counted in directories; an absolute target starts at the root.
        let mut depth = if target.starts_with('/') { 0 } else { path.components().count() - 1 };
        for component in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if component == ".." {
                let Some(above) = depth.checked_sub(1) else {
                    return Err(TarError::LeadsOut { member: member(), target });
                };
                depth = above;
            } else {
                depth += 1;
            }
        }
        Ok(MemberKind::Symlink { target })
    }

    fn hardlink(&self, target: &[u8]) -> Result<MemberKind, TarError> {
        let member = || self.current.clone();
        match self.path(target) {
            Ok(Some((target, None))) => Ok(MemberKind::Hardlink { target }),
            _ => Err(TarError::LeadsOut { member: member(), target: shown(target) }),
        }
    }
}

/// The content of the current member.
impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.content).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let read = self.reader.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(io::Error::other(TarError::Truncated { member: self.current.clone() }));
        }
        self.content -= read as u64;
        self.at += read as u64;
        Ok(read)
    }
}

fn read_pax(bytes: &[u8], extended: &mut Extended) {
    for record in PaxExtensions::new(bytes).flatten() {
        let value = || record.value_bytes().to_vec();
        let number = || record.value().ok().and_then(|text| text.parse().ok());
        match record.key() {
            Ok("path") => extended.path = Some(value()),
            Ok("linkpath") => extended.link = Some(value()),
            Ok("size") => extended.size = number(),
            Ok("uid") => extended.uid = number(),
            Ok("gid") => extended.gid = number(),
            Ok("SCHILY.xattr.security.capability") => extended.capability = Some(value()),
            _ => {}
        }
    }
}

fn nul_ended(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    bytes
}

/// A name that may hold anything, for an error.
fn shown(name: &[u8]) -> String {
    const MOST: usize = 200;
    let cut = &name[..name.len().min(MOST)];
    format!("{}{}", cut.escape_ascii(), if cut.len() < name.len() { "…" } else { "" })
}
