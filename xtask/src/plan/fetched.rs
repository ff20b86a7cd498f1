//! A file that is downloaded.

use lapstrake_oci::Digest;
use serde::Serialize;

/// A file that is downloaded, and the digest that it must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Fetched {
    pub(crate) url: String,
    pub(crate) digest: Digest,
}
