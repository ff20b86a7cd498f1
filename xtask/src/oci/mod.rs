//! Content-addressed storage: digests, blobs, and the OCI image layout (image-spec, image-layout.md).
//! It knows what a blob is called, not what is in one.

mod archive;
mod blobs;
mod digest;
mod hashing;
mod layout;

pub(crate) use archive::{ArchiveError, import};
pub(crate) use blobs::{BlobError, BlobWriter, Blobs};
pub(crate) use digest::{Digest, DigestError};
pub(crate) use hashing::{HashingReader, HashingWriter};
pub(crate) use layout::{Layout, LayoutError, REF_NAME};
