//! Takes files out of archives that are downloaded. What is in an archive is kept as a record, so that it is read once.

use std::collections::HashSet;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;

use lapstrake::Site;
use lapstrake_oci::{Blobs, Digest};

use super::archive::{ArchiveError, keep_members, read_archive};
use super::{FetchError, fetch};
use crate::base::Cache;
use crate::plan::{Archive, Archives, Fetched, Unpacked, Unusable, WantedArchive};
use crate::support::explain::Explain;
use crate::support::progress::Progress;
use crate::support::small_map::SmallMap;

/// The name of the records. It changes with what they hold.
const RECORD: &str = "archive-1";
const BUFFER: usize = 256 << 10;

/// Looks at the archives that a plan needs, and downloads those that are not in the cache. Returns whether there are any.
pub(crate) fn learn_archives(archives: &Archives, cache: &Cache, offline: bool, progress: &Progress) -> bool {
    let wanted = archives.take_wanted();
    let are_any = !wanted.is_empty();
    for WantedArchive { file, site } in wanted {
        cache.use_blob(&file.digest);
        let archive = match cache.recall(RECORD, &file.digest) {
            Some(archive) => Ok(archive),
            None => read(&file, site, cache, offline, progress),
        };
        let unusable = |error: FetchError| Unusable { message: message(&error), help: error.help() };
        archives.add(file, archive.map_err(unusable));
    }
    are_any
}

fn read(
    file: &Fetched,
    site: Site,
    cache: &Cache,
    offline: bool,
    progress: &Progress,
) -> Result<Archive, FetchError> {
    let (reader, size) = open(file, site, cache.blobs(), offline, progress)?;
    let failed = |source| FetchError::Archive { url: file.url.clone(), site, source };
    let archive = read_archive(reader, size).map_err(failed)?;
    // Without the record, the archive is read again.
    drop(cache.keep(RECORD, &file.digest, &archive));
    Ok(archive)
}

/// Files of an archive that are not kept yet, by their sizes and digests, and the line of one.
struct Missing {
    site: Site,
    files: HashSet<(u64, Digest)>,
}

/// Takes those files that are not kept as blobs out of their archives.
pub(crate) fn unpack<'a>(
    files: impl Iterator<Item = (&'a Unpacked, Site)>,
    blobs: &Blobs,
    offline: bool,
    progress: &Progress,
) -> Result<(), FetchError> {
    let mut archives: SmallMap<&Fetched, Missing> = SmallMap::new();
    for (file, site) in files {
        if !blobs.has(&file.digest, file.size) {
            let missing = archives.or_insert_with(&file.archive, || Missing { site, files: HashSet::new() });
            missing.files.insert((file.size, file.digest.clone()));
        }
    }
    for (archive, Missing { site, files: wanted }) in archives {
        let failed = |source| FetchError::Archive { url: archive.url.clone(), site, source };
        let (reader, size) = open(archive, site, blobs, offline, progress)?;
        keep_members(reader, size, &wanted, blobs).map_err(failed)?;
        if !wanted.iter().all(|(size, digest)| blobs.has(digest, *size)) {
            return Err(failed(ArchiveError::Changed));
        }
    }
    Ok(())
}

/// Opens an archive, whose bytes are verified, and returns its size. Downloads it, if it is not in the cache.
fn open(
    file: &Fetched,
    site: Site,
    blobs: &Blobs,
    offline: bool,
    progress: &Progress,
) -> Result<(BufReader<File>, u64), FetchError> {
    fetch([(file, site)].into_iter(), blobs, offline, progress)?;
    let size = blobs.size(&file.digest).unwrap_or(0);
    let kept = |source| FetchError::Kept { path: blobs.path(&file.digest), site, source };
    let reader = blobs.reader(&file.digest, size).map_err(kept)?;
    Ok((BufReader::with_capacity(BUFFER, reader), size))
}

/// Returns the message of an error with its causes.
fn message(error: &FetchError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !message.contains(&text) {
            message += &format!(": {text}");
        }
        cause = error.source();
    }
    message
}
