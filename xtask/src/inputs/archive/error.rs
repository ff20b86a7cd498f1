//! Why an archive is not unpacked. A message names the member at which the fault is.

use std::io;

use lapstrake_oci::tar::MemberError;

use crate::support::explain::Explain;

/// An archive can't be read, or has what no tree may have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("it can't be read")]
    Read(#[source] io::Error),
    #[error("a file of it can't be kept")]
    Keep(#[source] io::Error),
    #[error("it is {what}, and not a tar or a zip")]
    Other { what: &'static str },
    #[error("it is neither a tar nor a zip")]
    None,
    #[error(transparent)]
    Tar(MemberError),
    #[error("its member `{member}` has the type `{}`, which is not supported", kind.escape_ascii())]
    Kind { member: String, kind: u8 },
    #[error("its end is not the end of a zip")]
    NoEnd,
    #[error("it is a part of a zip that has several files")]
    Parts,
    #[error("its list of members is damaged")]
    List,
    #[error("its list of members has {size} bytes; the limit is {limit}")]
    LargeList { size: u64, limit: u64 },
    #[error("its member `{member}` is encrypted")]
    Encrypted { member: String },
    #[error("its member `{member}` is compressed by method {method}, and only deflate is supported")]
    Method { member: String, method: u16 },
    #[error("its member `{member}` is not where its list of members says")]
    Misplaced { member: String },
    #[error("the content of its member `{member}` is damaged")]
    Content { member: String },
    #[error("its member `{member}` has an absolute name")]
    Absolute { member: String },
    #[error("its member `{member}` climbs with `..`")]
    Climbs { member: String },
    #[error("its member `{member}` has a name that is not UTF-8")]
    NotUtf8 { member: String },
    #[error("its member `{member}` has a name that Linux can't hold")]
    Name { member: String },
    #[error("its member `{member}` links to `{target}`, which is not a file before it")]
    Hardlink { member: String, target: String },
    #[error("its member `{member}` has a target that Linux can't hold")]
    Target { member: String },
    #[error("its member `{member}` is below `{above}`, which is not a directory")]
    Below { member: String, above: String },
    #[error("its member `{member}` is a directory, and something else, too")]
    Conflict { member: String },
    #[error("it has more than {limit} members")]
    Members { limit: usize },
    #[error("its member `{member}` makes it larger than the limit, which is 2 GiB and 32 times its size")]
    Large { member: String },
    #[error("the names and texts of its members need more memory than the limit")]
    Memory,
    #[error("it does not have the files that it had before")]
    Changed,
}

impl ArchiveError {
    /// Returns the fault of a tar; `is_first` before its first member.
    pub(super) fn of_tar(error: MemberError, is_first: bool) -> Self {
        match error {
            MemberError::Header { .. } | MemberError::Truncated { .. } if is_first => Self::None,
            MemberError::Read(source) => Self::Read(source),
            MemberError::Kind { member, kind } => Self::Kind { member, kind },
            error => Self::Tar(error),
        }
    }
}

impl Explain for ArchiveError {
    fn help(&self) -> Option<String> {
        let unpack = "unpack it in a build stage, and take the directory by `Tree::from_stage(…)`";
        match self {
            Self::Other { what: "a program" } | Self::None => {
                Some("a single file is taken by `File::fetched(…)`".to_owned())
            }
            Self::Other { .. } | Self::Kind { .. } | Self::Encrypted { .. } | Self::Method { .. } => {
                Some(unpack.to_owned())
            }
            Self::Absolute { .. }
            | Self::Climbs { .. }
            | Self::NotUtf8 { .. }
            | Self::Below { .. }
            | Self::Members { .. }
            | Self::Large { .. }
            | Self::Memory
            | Self::LargeList { .. } => Some(unpack.to_owned()),
            Self::Read(_)
            | Self::Keep(_)
            | Self::Tar(_)
            | Self::NoEnd
            | Self::Parts
            | Self::List
            | Self::Misplaced { .. }
            | Self::Content { .. }
            | Self::Name { .. }
            | Self::Hardlink { .. }
            | Self::Target { .. }
            | Self::Conflict { .. }
            | Self::Changed => None,
        }
    }
}
