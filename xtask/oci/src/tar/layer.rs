//! Reads one layer as a change to the tree below it (OCI image spec, layer.md). Anybody may have written a
//! layer: what is odd in it is an error that names the member.

use std::io::{self, Read};

use lapstrake::value::{ImagePath, Invalid, Mode};
use tar::EntryType;

use super::member::{Member, MemberError, Members, shown};
use super::name::{Name, hardlink_target, symlink_target};
use crate::tree::{ApplyError, CAPABILITY, ChangeError, Changes, DEPTH_MAX, Kind, Metadata, Node, Xattrs};

/// The most members of a layer.
pub const MEMBERS_MAX: usize = 8_000_000;
/// The most bytes of a path or link.
pub(super) const PATH_MAX: usize = 4095;
/// `struct vfs_cap_data` of linux/capability.h has at most 24 bytes.
const CAPABILITY_MAX: usize = 24;

/// A layer that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// It is not a tar that can be read.
    #[error(transparent)]
    Tar(#[from] MemberError),
    /// Two members of it exclude each other.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// It cannot be applied to what is below.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The content of a member cannot be read.
    #[error("member `{member}` can't be read")]
    Content { member: String, source: io::Error },
    /// A name that starts with `/`.
    #[error("member `{member}` has an absolute name")]
    Absolute { member: String },
    /// A name with `..`.
    #[error("member `{member}` climbs with `..`")]
    Climbs { member: String },
    /// A name that is not UTF-8.
    #[error("member `{member}` has a name that is not UTF-8")]
    NotUtf8 { member: String },
    /// A name that Linux cannot hold.
    #[error("member `{member}` has a name of {bytes} bytes; Linux takes at most {PATH_MAX}")]
    Long { member: String, bytes: usize },
    /// A name in too many directories.
    #[error("member `{member}` has a name of {components} components; at most {DEPTH_MAX} are supported")]
    Deep { member: String, components: usize },
    /// A name that is not a path of an image.
    #[error("member `{member}` has a name that no image can hold")]
    Name { member: String, source: Box<Invalid> },
    /// A whiteout of nothing.
    #[error("member `{member}` is not a whiteout of the OCI image spec")]
    Whiteout { member: String },
    /// A link whose target is above the root.
    #[error("member `{member}` links to `{target}`, which leads out of the root")]
    LeadsOut { member: String, target: String },
    /// A link whose target is not a path.
    #[error("member `{member}` links to `{target}`, which no image can hold")]
    Target { member: String, target: String },
    /// More members than are supported.
    #[error("member `{member}` is one too many: at most {most} are supported")]
    Many { member: String, most: usize },
}

/// Reads the tar of a layer, up to its end mark. `file` reads the content of a regular file, or as much of
/// it as it wants.
///
/// # Errors
/// When the tar is not a layer that can be applied to some tree, has more than `most` members, or `file`
/// fails.
pub fn read_layer<R: Read, F: Clone>(
    tar: R,
    most: usize,
    mut file: impl FnMut(&ImagePath, &Member, &mut Members<R>) -> io::Result<F>,
) -> Result<Changes<F>, LayerError> {
    let mut members = Members::new(tar);
    let mut changes = Changes::default();
    let mut before = "the beginning".to_owned();
    let mut count = 0;
    while let Some(member) = members.next(&before)? {
        before = shown(&member.name);
        count += 1;
        if count > most {
            return Err(LayerError::Many { member: before, most });
        }
        match Name::of(&member.name)? {
            Name::Foreign => {}
            Name::Opaque(directory) => changes.make_opaque(directory),
            Name::Whiteout(path) => changes.whiteout(path),
            Name::Path(path) => {
                let kind = match member.kind {
                    EntryType::Link => {
                        changes.link(path, hardlink_target(&member)?)?;
                        continue;
                    }
                    // A header that states more than there is fails as the end of the data.
                    EntryType::Regular => {
                        let read = file(&path, &member, &mut members);
                        let failed = |source| LayerError::Content { member: before.clone(), source };
                        Kind::File(read.map_err(failed)?)
                    }
                    EntryType::Directory => Kind::Directory,
                    EntryType::Symlink => Kind::symlink(symlink_target(&path, &member)?),
                    EntryType::Char | EntryType::Block => Kind::Device {
                        is_block: member.kind == EntryType::Block,
                        major: member.major,
                        minor: member.minor,
                    },
                    EntryType::Fifo => Kind::Fifo,
                    other => {
                        return Err(MemberError::Kind { member: before, kind: other.as_byte() }.into());
                    }
                };
                changes.insert(path, Node::new(metadata(&member), kind))?;
            }
        }
    }
    Ok(changes)
}

/// What a header says of the inode. Of the extended attributes only the capabilities of files are kept.
fn metadata(member: &Member) -> Metadata {
    let is_kept = |name: &[u8], value: &[u8]| {
        member.kind == EntryType::Regular && name == CAPABILITY.as_bytes() && value.len() <= CAPABILITY_MAX
    };
    let kept = member.xattrs.iter().find(|(name, value)| is_kept(name, value));
    let xattrs: Xattrs = kept.map(|(_, value)| (CAPABILITY.to_owned(), value.clone())).into_iter().collect();
    let mode = Mode::from_bits(member.mode & 0o7777).unwrap_or(Mode::FILE);
    Metadata { mode, uid: member.uid, gid: member.gid, xattrs }
}
