//! `oci-archive:`: an image layout in a tar file.

mod import;
mod write;

pub use self::import::import_archive;

/// The names of blobs in an archive.
const BLOBS: &str = "blobs/sha256/";
