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
/// The bytes of memory that a member needs beside its name, its target, and what a caller keeps of its content: an
/// entry of [`Changes`], an allocation for the name, and for a capability one for a map of it.
const MEMBER_COST: usize = 256;
const CAPABILITY_COST: usize = 800;
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
                changes.insert(path, Node::new(metadata(&member), kind))?;
            }
        }
    }
    Ok(changes)
}

/// What a header says of the inode. Of the extended attributes only the capabilities of files are kept.
fn claim(member: &Member, budget: &Budget) -> Result<(), LayerError> {
    let components = member.name.split(|byte| *byte == b'/').count();
    let capability = if member.xattrs.is_empty() { 0 } else { CAPABILITY_COST };
    let memory = MEMBER_COST + capability + 2 * member.name.len() + member.link.len();
    let is_in = budget.claim_member(components)
        && budget.claim_memory(memory as u64)
        && budget.claim_content(member.size.saturating_add(BLOCK));
    if is_in { Ok(()) } else { Err(LayerError::Budget { member: escape_name(&member.name) }) }
}

fn metadata(member: &Member) -> Metadata {
    let is_kept = |name: &[u8], value: &[u8]| {
        member.kind == MemberKind::File && name == CAPABILITY.as_bytes() && value.len() <= CAPABILITY_MAX
    };
    let kept = member.xattrs.iter().find(|(name, value)| is_kept(name, value));
    let xattrs: Xattrs = kept.map(|(_, value)| (CAPABILITY.to_owned(), value.clone())).into_iter().collect();
    let mode = Mode::from_bits(member.mode & 0o7777).expect("twelve bits are a mode");
    Metadata { mode, uid: member.uid, gid: member.gid, xattrs }
}
