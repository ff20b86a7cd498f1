//! OCI images as bytes: digests, blobs, layouts, archives, compression and the tars of layers.
//!
//! The crate reads and writes what the OCI image spec defines. It knows neither cargo nor descriptions:
//! of [`lapstrake`] it uses the newtypes of [`lapstrake::value`] only. What an image means is decided in
//! `lapstrake-xtask`.

#![expect(
    missing_docs,
    reason = "the crate is being split out; each item gets its documentation with its own tests"
)]

mod archive;
mod blobs;
mod canonical;
mod compression;
mod decompress;
mod digest;
mod document;
mod layout;
mod media_type;
pub mod tar;
pub mod tree;

pub use self::archive::{ArchiveError, import};
pub use self::blobs::{BlobError, BlobWriter, Blobs};
pub use self::canonical::canonical;
pub use self::compression::{Compression, Compressor};
pub use self::decompress::Decompressor;
pub use self::digest::{Digest, DigestError, HashingReader, HashingWriter};
pub use self::document::{ANNOTATION_REF_NAME, Descriptor, Index, Manifest, Platform, SCHEMA_VERSION};
pub use self::layout::{Layout, LayoutError, Manifests};
pub use self::media_type::MediaType;
