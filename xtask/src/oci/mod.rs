//! Content-addressed storage and image layouts, as the OCI image spec defines them. It knows documents
//! and bytes; what an image means is decided elsewhere.

mod archive;
mod blobs;
mod canonical;
mod compression;
mod digest;
mod layout;
pub(crate) mod member;

pub(crate) use archive::{ArchiveError, import};
pub(crate) use blobs::{BlobError, BlobWriter, Blobs};
pub(crate) use canonical::canonical;
pub(crate) use compression::Compression;
pub(crate) use digest::{Digest, DigestError, HashingReader, HashingWriter};
pub(crate) use layout::{Layout, LayoutError, Manifests};
