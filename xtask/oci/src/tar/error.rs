//! The faults of a tar. A message names the member at which the fault is, because tars have no line numbers.

use std::io;

/// The most bytes that the extended headers before one member have in all. Linux limits a path to 4096 bytes
/// and an xattr to 64 KiB.
pub(super) const EXTENSION_MAX: u64 = 1 << 20;

/// States why a tar cannot be read.
///
/// ```
/// use lapstrake_oci::tar::{MemberError, TarReader};
///
/// let error = TarReader::new(&b"not a tar"[..]).next_member().unwrap_err();
/// assert!(matches!(error, MemberError::Truncated { .. }));
/// assert_eq!(error.to_string(), "the tar is cut off before its first member");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemberError {
    /// Reading failed.
    #[error("the tar can't be read")]
    Read(#[source] io::Error),
    /// The tar ends within a header or the content of a member.
    #[error("the tar is cut off {place}")]
    Truncated {
        /// Where the fault is, in words: after which member.
        place: String,
    },
    /// A block has a wrong checksum, or only one empty block ends the tar.
    #[error("the block {place} is not a tar header")]
    Header {
        /// Where the fault is, in words: after which member.
        place: String,
    },
    /// A field of a header is not a number.
    #[error("the {field} in the header {place} is not a number")]
    Number {
        /// Where the fault is, in words: of or after which member.
        place: String,
        /// The name of the field.
        field: &'static str,
        /// The cause.
        source: io::Error,
    },
    /// A number is too large for Linux.
    #[error("member `{member}` has the {field} {value}; the largest in Linux is {}", u32::MAX)]
    Range {
        /// The escaped name of the member.
        member: String,
        /// The name of the field.
        field: &'static str,
        /// The number.
        value: u64,
    },
    /// The extended headers of a member are too large.
    #[error("the extended headers {place} have {size} bytes; the limit is {EXTENSION_MAX}")]
    Extension {
        /// Where the fault is, in words: after which member.
        place: String,
        /// The size up to and including the header that is too large.
        size: u64,
    },
    /// A pax header does not parse, or describes a sparse file.
    #[error("the extended header {place} has invalid pax records")]
    Pax {
        /// Where the fault is, in words: after which member.
        place: String,
    },
    /// A global pax header sets a value that podman ignores and GNU tar applies.
    #[error("a global pax header sets `{key}`, which readers interpret differently")]
    Global {
        /// The key.
        key: &'static str,
    },
    /// A member is not of a kind that [`MemberKind`](super::MemberKind) lists.
    #[error("member `{member}` has the type `{}`, which is not allowed in a layer", kind.escape_ascii())]
    Kind {
        /// The escaped name of the member.
        member: String,
        /// The byte in the header.
        kind: u8,
    },
}
