//! Reads one layer as a change to the tree below it (OCI image spec, layer.md). Anybody may have written a
//! layer: what is odd in it is an error that names the member.

use std::io::{self, Read};

use lapstrake::value::{ImagePath, Mode};

use super::name::{Name, hardlink_target, symlink_target};
use super::{LayerError, Member, MemberKind, TarReader, escape_name};
use crate::Budget;
use crate::tree::{CAPABILITY, Changes, Kind, Metadata, Node, Xattrs};

/// `struct vfs_cap_data` of linux/capability.h has at most 24 bytes.
const CAPABILITY_MAX: usize = 24;
/// The most bytes of a value, and of all names with a NUL after each (linux/limits.h, `XATTR_SIZE_MAX` and
/// `XATTR_LIST_MAX`).
const VALUE_MAX: usize = 64 << 10;
const NAMES_MAX: usize = 64 << 10;
/// The bytes of memory that a member needs beside its name, its target, and what a caller keeps of its content: an
/// entry of [`Changes`], an allocation for the name, and for extended attributes a map of them.
const MEMBER_COST: usize = 256;
const XATTRS_COST: usize = 800;
/// The bytes of memory that an extended attribute needs beside its name and its value.
const XATTR_COST: usize = 80;
/// The bytes of a header.
const BLOCK: u64 = 512;

/// Reads the tar of a layer, up to its end mark. `file` reads the content of a regular file, or as much of
/// it as it wants.
///
/// ```
/// use lapstrake::value::{ImagePath, Mode};
/// use lapstrake_oci::Budget;
/// use lapstrake_oci::tar::{LayerError, TarWriter, read_layer};
/// use lapstrake_oci::tree::{Kind, Metadata};
///
/// let mut tar = TarWriter::new(Vec::new());
/// tar.whiteout(&ImagePath::parse("/etc/issue")?)?;
/// tar.member("etc/motd", &Kind::File(0), &Metadata::of_root(Mode::FILE))?;
/// let tar = tar.finish()?;
/// let layer = read_layer(tar.as_slice(), &Budget::largest(), |_, member, _| Ok(member.size))?;
/// assert_eq!((layer.entries().len(), layer.whiteouts().len()), (1, 1));
///
/// let error = read_layer(tar.as_slice(), &Budget::largest().members(1), |_, _, _| Ok(())).unwrap_err();
/// assert!(matches!(error, LayerError::Budget { .. }));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the tar is not a layer that can be applied to some tree, needs more than the budget has, or `file`
/// fails.
pub fn read_layer<R: Read, F: Clone>(
    tar: R,
    budget: &Budget,
    mut file: impl FnMut(&ImagePath, &Member, &mut TarReader<R>) -> io::Result<F>,
) -> Result<Changes<F>, LayerError> {
    let mut members = TarReader::new(tar);
    let mut changes = Changes::default();
    while let Some(member) = members.next_member()? {
        claim(&member, budget)?;
        match Name::of(&member.name)? {
            Name::Foreign => {}
            Name::Opaque(directory) => changes.make_opaque(directory),
            Name::Whiteout(path) => changes.whiteout(path),
            Name::Path(path) => {
                let kind = match member.kind {
                    MemberKind::Hardlink => {
                        changes.link(path, hardlink_target(&member)?)?;
                        continue;
                    }
                    // A header that states more than there is fails as the end of the data.
                    MemberKind::File => {
                        let read = file(&path, &member, &mut members);
                        let name = || escape_name(&member.name);
                        let failed = |source| LayerError::Content { member: name(), source };
                        Kind::File(read.map_err(failed)?)
                    }
                    MemberKind::Directory => Kind::Directory,
                    MemberKind::Symlink => Kind::symlink(symlink_target(&member)?),
                    MemberKind::Device { is_block, major, minor } => Kind::Device { is_block, major, minor },
                    MemberKind::Fifo => Kind::Fifo,
                };
                changes.insert(path, Node::new(metadata(&member, budget)?, kind))?;
            }
        }
    }
    Ok(changes)
}

/// Takes from the budget what the member needs, but for its extended attributes.
fn claim(member: &Member, budget: &Budget) -> Result<(), LayerError> {
    let components = member.name.split(|byte| *byte == b'/').count();
    let xattrs = if member.xattrs.is_empty() { 0 } else { XATTRS_COST };
    let memory = MEMBER_COST + xattrs + 2 * member.name.len() + member.link.len();
    let is_in = budget.claim_member(components)
        && budget.claim_memory(memory as u64)
        && budget.claim_content(member.size.saturating_add(BLOCK));
    if is_in { Ok(()) } else { Err(LayerError::Budget { member: escape_name(&member.name) }) }
}

/// Returns what a header says of the inode.
fn metadata(member: &Member, budget: &Budget) -> Result<Metadata, LayerError> {
    let mode = Mode::from_bits(member.mode & 0o7777).expect("twelve bits are a mode");
    let xattrs = xattrs(member);
    let memory: usize = xattrs.iter().map(|(name, value)| XATTR_COST + name.len() + value.len()).sum();
    if !budget.claim_memory(memory as u64) {
        return Err(LayerError::Budget { member: escape_name(&member.name) });
    }
    Ok(Metadata { mode, uid: member.uid, gid: member.gid, xattrs })
}

/// Returns the extended attributes that container engines keep of a file or a directory: the capabilities of a file, and
/// those in the namespace of users.
fn xattrs(member: &Member) -> Xattrs {
    let is_kept = |name: &str, value: &[u8]| match (member.kind, name) {
        (MemberKind::File, CAPABILITY) => value.len() <= CAPABILITY_MAX,
        (MemberKind::File | MemberKind::Directory, name) => {
            // Overlayfs has marks of its own there (Documentation/filesystems/overlayfs.rst, `userxattr`).
            name.starts_with("user.") && !name.starts_with("user.overlay.") && value.len() <= VALUE_MAX
        }
        _ => false,
    };
    let text = |(name, value): &(Vec<u8>, Vec<u8>)| {
        let name =
            std::str::from_utf8(name).ok().filter(|name| is_kept(name, value) && !name.contains('\0'))?;
        Some((name.to_owned(), value.clone()))
    };
    let names: usize = member.xattrs.iter().map(|(name, _)| name.len() + 1).sum();
    // No inode can have more.
    let is_possible = |(name, _): &(String, Vec<u8>)| names <= NAMES_MAX || name == CAPABILITY;
    member.xattrs.iter().filter_map(text).filter(is_possible).collect()
}
