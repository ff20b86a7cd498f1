//! Reads and writes OCI images as bytes: what the OCI image and distribution specs define, without an engine.
//!
//! | module or type | what it does |
//! |---|---|
//! | [`Digest`], [`HashingReader`], [`HashingWriter`] | names a blob by its SHA-256 |
//! | [`Blobs`], [`BlobWriter`] | keeps blobs in a directory, each under its digest |
//! | [`FileDigests`], [`FileDigest`], [`Stamp`] | remembers digests of files that have not changed |
//! | [`Descriptor`], [`Manifest`], [`Index`], [`MediaType`] | the documents of the spec as plain data |
//! | [`Layout`], [`Manifests`] | reads and writes an image layout: `index.json`, tags, blobs |
//! | [`Layout::archive`], [`import_archive`] | writes and reads `oci-archive:` files |
//! | [`Compression`], [`Compressor`], [`Decompressor`] | compresses a layer reproducibly, and decompresses any layer |
//! | [`Repository`] | pushes an image to a registry, with the feature `registry` |
//! | `signature` | signs and verifies images in a registry, with the feature `registry` |
//! | [`canonical()`] | encodes JSON reproducibly |
//! | [`regular`] | opens regular files, and never a fifo or a device |
//! | [`Budget`] | limits what the layers of an image may cost |
//! | [`mod@tar`] | reads and writes the tar of a layer |
//! | [`tree`] | the file system that layers make: overlay, symlinks, whiteouts, diff |
//!
//! All readers take bytes that anybody may have written. The documentation of each states the memory that it
//! needs at most, and errors name what was found where. The same input always gives the same bytes of output.
//!
//! The crate knows neither cargo nor descriptions of images: of [`lapstrake`] it uses the newtypes of
//! [`lapstrake::value`] only. `lapstrake-xtask` decides what an image contains.
//!
//! ```
//! use camino::Utf8Path;
//! use lapstrake_oci::{Descriptor, Layout, MediaType};
//!
//! # let scratch = tempfile::tempdir()?;
//! # let root = Utf8Path::from_path(scratch.path()).expect("the temporary directory is UTF-8");
//! // Create a layout, add a blob, and give it a tag.
//! let layout = Layout::create_or_open(root)?;
//! let (digest, size) = layout.blobs().put(br#"{"schemaVersion":2}"#)?;
//! layout.tag("latest", &Descriptor::new(MediaType::ImageManifest, size, &digest))?;
//!
//! // Read it back.
//! let layout = Layout::open(root)?;
//! let manifests = layout.manifests()?;
//! let descriptor = manifests.find(Some("latest"), None)?;
//! assert_eq!(descriptor.parse_digest()?, digest);
//! assert_eq!(layout.blobs().read(&digest, descriptor.size)?, br#"{"schemaVersion":2}"#);
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```

mod archive;
mod archive_error;
mod atomic;
mod blobs;
mod budget;
mod canonical;
mod claim;
mod compression;
mod decompress;
mod digest;
mod document;
mod file_digests;
mod layout;
mod layout_error;
mod layout_names;
mod manifests;
mod media_type;
mod registry;
pub mod regular;
mod repair;
#[cfg(feature = "registry")]
pub mod signature;
mod stamp;
pub mod tar;
pub mod tree;

pub use self::archive::import_archive;
pub use self::archive_error::ArchiveError;
pub use self::atomic::{AtomicFile, Durability};
pub use self::blobs::{BlobError, BlobWriter, Blobs};
pub use self::budget::Budget;
pub use self::canonical::canonical;
pub use self::claim::{Claim, ClaimedFolder};
pub use self::compression::{Compression, Compressor};
pub use self::decompress::Decompressor;
pub use self::digest::{Digest, DigestError, HashingReader, HashingWriter};
pub use self::document::{ANNOTATION_REF_NAME, Descriptor, Index, Manifest, Platform, SCHEMA_VERSION};
pub use self::file_digests::{FileDigest, FileDigests};
pub use self::layout::Layout;
pub use self::layout_error::LayoutError;
pub use self::manifests::Manifests;
pub use self::media_type::MediaType;
pub use self::registry::{Pushed, RegistryError, Repository};
pub use self::stamp::Stamp;
