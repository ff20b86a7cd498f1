//! `docker://REFERENCE`: a base in a registry, brought by skopeo byte for byte. What is pinned and in the
//! cache is not asked for again, so that a build needs no network and a tag that moved changes nothing.

use lapstrake::value::Architecture;

use super::cache::Cache;
use super::image::{self, Places};
use super::transport::{ask, describe, has, lone, manifest, parse, parts, platform, take};
use super::{BaseError, Found};
use crate::oci::{BlobError, Digest};
use crate::progress::Progress;

const SKOPEO: &str = "skopeo";

pub(super) fn find(
    reference: &str,
    repository: &str,
    wanted: Option<Architecture>,
    pinned: Option<&Digest>,
    cache: &Cache,
    progress: &Progress,
) -> Result<Found, BaseError> {
    let blobs = cache.blobs();
    let places = Places([blobs, blobs]);
    if let Some(descriptor) = pinned.and_then(|pinned| image::pinned(places, pinned)) {
        return Ok(Found { manifests: lone(&descriptor)?, blobs: blobs.clone() });
    }
    let asked = pinned.map_or_else(|| reference.to_owned(), |pinned| format!("{repository}@{pinned}"));
    let (digest, image) = resolve(&asked, wanted, cache)?;
    if let Some(known) = image::pinned(places, &image) {
        return Ok(Found { manifests: lone(&known)?, blobs: blobs.clone() });
    }
    progress.status("Copying", format_args!("base docker://{asked}"));
    let _working = progress.working(format!("copying base docker://{asked}"));
    let folder = tempfile::tempdir().map_err(|source| BaseError::Transported { program: SKOPEO, source })?;
    let dir = camino::Utf8Path::from_path(folder.path()).unwrap_or(camino::Utf8Path::new("."));
    let from = format!("docker://{repository}@{image}");
    let to = format!("dir:{dir}");
    let platform = platform(wanted);
    let mut arguments: Vec<&str> = platform.iter().map(String::as_str).collect();
    arguments.extend(["copy", "--quiet", "--preserve-digests", &from, &to]);
    ask(SKOPEO, &arguments, &asked)?;
    let bytes = manifest(SKOPEO, dir)?;
    let found = Digest::of(&bytes);
    if found != image {
        return Err(BlobError::Content { digest: image, found }.into());
    }
    let document = parse(&bytes)?;
    take(SKOPEO, dir, &parts(&digest, &document)?, blobs)?;
    put(&bytes, cache)?;
    Ok(Found { manifests: lone(&describe(&bytes, &document))?, blobs: blobs.clone() })
}

/// What a reference stands for now: the digest of what it lists, and that of the image for `wanted`.
pub(super) fn resolve(
    asked: &str,
    wanted: Option<Architecture>,
    cache: &Cache,
) -> Result<(Digest, Digest), BaseError> {
    if !has(SKOPEO) {
        return Err(BaseError::NoProgram { program: SKOPEO, place: "registries" });
    }
    let raw = ask(SKOPEO, &["inspect", "--raw", &format!("docker://{asked}")], asked)?;
    let document = parse(&raw)?;
    let (digest, _) = put(&raw, cache)?;
    let places = Places([cache.blobs(), cache.blobs()]);
    let descriptor = image::select(places, &describe(&raw, &document), wanted)?;
    Ok((digest, Digest::try_from(descriptor.digest()).map_err(BaseError::Listed)?))
}

fn put(bytes: &[u8], cache: &Cache) -> Result<(Digest, u64), BaseError> {
    let kept = cache.blobs().put(bytes);
    Ok(kept.map_err(|source| BlobError::Write { digest: Digest::of(bytes), source })?)
}
