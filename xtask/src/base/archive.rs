//! `oci-archive:FILE[:TAG]`: a base in a tar. Its blobs go into the cache, because a tar can't be read from
//! the middle; what it lists is remembered for as long as the file looks the same.

use std::fs;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt;

use camino::Utf8Path;

use super::cache::Cache;
use super::{BaseError, Found};
use lapstrake_oci::{self, ArchiveError, Digest, Manifests, regular};

const REMEMBERED: &str = "archive";
const BUFFER: usize = 256 << 10;

/// What an archive lists. With `again` it is read even where it is remembered: blobs may have been
/// pruned since.
pub(super) fn find(file: &Utf8Path, cache: &Cache, again: bool) -> Result<Found, BaseError> {
    let failed = |source| BaseError::File { file: file.to_owned(), source };
    let found = fs::metadata(file).map_err(failed)?;
    let path = file.canonicalize_utf8().map_err(failed)?;
    let key = format!("{path}\0{}\0{}\0{}\0{}", found.len(), found.mtime(), found.mtime_nsec(), found.ino());
    let key = Digest::of(key.as_bytes());
    let remembered = if again { None } else { cache.recall::<Vec<u8>>(REMEMBERED, &key) };
    let index = if let Some(index) = remembered {
        index
    } else {
        let reader = BufReader::with_capacity(BUFFER, regular::open(file).map_err(failed)?);
        let imported = lapstrake_oci::import_archive(reader, cache.blobs());
        let index = imported.map_err(|source| BaseError::Archive { file: file.to_owned(), source })?;
        cache.keep(REMEMBERED, &key, &index)?;
        index
    };
    let manifests = Manifests::parse(&index).map_err(|source| {
        let source = ArchiveError::Index(source);
        BaseError::Archive { file: file.to_owned(), source }
    })?;
    Ok(Found { manifests, blobs: cache.blobs().clone() })
}
