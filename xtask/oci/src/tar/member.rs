//! One member of a tar, as its header and extended headers describe it.

/// The most characters of a name in a message.
const SHOWN_MAX: usize = 200;

/// Holds what a header and its extended headers say.
///
/// The names are bytes as the tar has them: they may be absolute, climb with `..` or not be UTF-8.
/// ```
/// # use lapstrake_oci::tar::{Member, TarReader, TarWriter};
/// # use lapstrake_oci::tree::{Kind, Metadata};
/// # let mut tar = TarWriter::new(Vec::new());
/// # tar.member("usr", &Kind::Directory, &Metadata::of_root(lapstrake::value::Mode::PROGRAM))?;
/// # let bytes = tar.finish()?;
/// # let mut reader = TarReader::new(bytes.as_slice());
/// while let Some(Member { name, uid, .. }) = reader.next_member()? {
///     assert_eq!((name.as_slice(), uid), (&b"usr/"[..], 0));
/// }
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// The name. The name of a directory may end with a slash.
    pub name: Vec<u8>,
    /// The target of a link; empty for everything else.
    pub link: Vec<u8>,
    /// What the member is.
    pub kind: MemberKind,
    /// The permission bits, with setuid, setgid and sticky bit.
    pub mode: u32,
    /// The number of the owner.
    pub uid: u32,
    /// The number of the group.
    pub gid: u32,
    /// The length of the content in bytes; 0 for everything but a file.
    pub size: u64,
    /// The extended attributes, name and value, as GNU tar and podman record them (`SCHILY.xattr.`).
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// States what a member is. The list is complete, because a reader of a layer must decide on every kind:
/// [`MemberError::Kind`](super::MemberError::Kind) refuses all others.
///
/// ```
/// use lapstrake_oci::tar::MemberKind;
///
/// let null = MemberKind::Device { is_block: false, major: 1, minor: 3 };
/// assert_ne!(null, MemberKind::Fifo);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberKind {
    /// A directory.
    Directory,
    /// A regular file, whose content [`TarReader`](super::TarReader) reads.
    File,
    /// A symbolic link to [`Member::link`].
    Symlink,
    /// Another name of the file [`Member::link`].
    Hardlink,
    /// A device node.
    Device {
        /// Whether it is a block device, not a character device.
        is_block: bool,
        /// The number of the driver.
        major: u32,
        /// The number of the device.
        minor: u32,
    },
    /// A named pipe.
    Fifo,
}

/// Returns a name of a member for a message: escaped, and cut after 200 characters.
///
/// ```
/// assert_eq!(lapstrake_oci::tar::escape_name(b"etc/\x1b[2J"), r"etc/\u{1b}[2J");
/// ```
pub fn escape_name(name: &[u8]) -> String {
    // A character has at most 4 bytes.
    let most = name.len().min(4 * SHOWN_MAX);
    let escaped: String = String::from_utf8_lossy(&name[..most]).escape_debug().collect();
    match escaped.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}
