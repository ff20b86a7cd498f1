//! The faults of a layer. A message names the member or the path at which the fault is.

use std::io;

use lapstrake::value::Invalid;

use super::MemberError;
use crate::tree::{ApplyError, ChangeError, DEPTH_MAX};

/// The most bytes of a path or link.
pub(super) const PATH_MAX: usize = 4095;

/// States why a layer cannot be used.
///
/// ```
/// use lapstrake_oci::Budget;
/// use lapstrake_oci::tar::{LayerError, read_layer};
///
/// let error = read_layer(&b"not a tar"[..], &Budget::largest(), |_, _, _| Ok(())).unwrap_err();
/// assert!(matches!(error, LayerError::Tar(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    Content {
        /// The escaped name of the member.
        member: String,
        /// The cause.
        source: io::Error,
    },
    /// A name with `..`.
    #[error("member `{member}` climbs with `..`")]
    Climbs {
        /// The escaped name of the member.
        member: String,
    },
    /// A name that is not UTF-8.
    #[error("member `{member}` has a name that is not UTF-8")]
    NotUtf8 {
        /// The escaped name of the member.
        member: String,
    },
    /// A name that Linux cannot hold.
    #[error("member `{member}` has a name of {bytes} bytes; Linux takes at most {PATH_MAX}")]
    Long {
        /// The escaped name of the member.
        member: String,
        /// How many it has.
        bytes: usize,
    },
    /// A name in too many directories.
    #[error("member `{member}` has a name of {components} components; at most {DEPTH_MAX} are supported")]
    Deep {
        /// The escaped name of the member.
        member: String,
        /// How many it has.
        components: usize,
    },
    /// A name that is not a path of an image.
    #[error("member `{member}` has a name that no image can hold")]
    Name {
        /// The escaped name of the member.
        member: String,
        /// The cause.
        source: Box<Invalid>,
    },
    /// A whiteout of nothing.
    #[error("member `{member}` is not a whiteout of the OCI image spec")]
    Whiteout {
        /// The escaped name of the member.
        member: String,
    },
    /// A hardlink whose target has `..`.
    #[error("member `{member}` links to `{target}`, which leads out of the root")]
    LeadsOut {
        /// The escaped name of the member.
        member: String,
        /// The escaped target.
        target: String,
    },
    /// A link whose target is not a path.
    #[error("member `{member}` links to `{target}`, which no image can hold")]
    Target {
        /// The escaped name of the member.
        member: String,
        /// The escaped target.
        target: String,
    },
    /// The layers of the image need more than its [`Budget`](crate::Budget) has.
    #[error("member `{member}` is more than an image of this size may have in members, names or content")]
    Budget {
        /// The escaped name of the member.
        member: String,
    },
}
