//! `docker://REFERENCE`: a base in a registry, brought by skopeo byte for byte. What is pinned and in the
//! cache is not asked for again, so that a build needs no network and a tag that moved changes nothing.

use lapstrake::value::{Architecture, Reference};
use lapstrake_oci::Descriptor;

use super::cache::Cache;
use super::image::{self, Places};
use super::transport::{ask, describe, folder, lone, manifest, parse, parts, platform, require, take};
use super::{BaseError, BaseRequest, Found};
use crate::support::program::Program;
use crate::support::progress::Progress;
use crate::support::transfer::Transfer;
use lapstrake_oci::{BlobError, Digest};

pub(super) fn find(
    reference: &Reference,
    demand: BaseRequest<'_>,
    cache: &Cache,
    progress: &Progress,
) -> Result<Found, BaseError> {
    let blobs = cache.blobs();
    if let Some(descriptor) = demand.pinned.and_then(|pinned| image::pinned(Places([blobs, blobs]), pinned)) {
        return Ok(Found { manifests: lone(&descriptor)?, blobs: blobs.clone() });
    }
    let repository = reference.repository();
    let asked =
        demand.pinned.map_or_else(|| reference.canonical(), |pinned| format!("{repository}@{pinned}"));
    if demand.offline {
        return Err(BaseError::Offline { reference: format!("docker://{asked}") });
    }
    require(Program::SKOPEO, "a registry")?;
    let descriptor = bring(&asked, repository, demand.architecture, Patience::Any, cache, progress)?;
    Ok(Found { manifests: lone(&descriptor)?, blobs: blobs.clone() })
}

/// How long a registry may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    Any,
    /// It must answer at once, because another way exists.
    Little,
}

impl Patience {
    /// As an option of skopeo's: to say what there is, and to send it.
    fn options(self) -> [&'static [&'static str]; 2] {
        match self {
            Self::Any => [&[], &[]],
            Self::Little => [&["--command-timeout", "5s"], &["--command-timeout", "15m"]],
        }
    }
}

/// The one image that a reference stands for, with all its blobs in the cache.
pub(super) fn bring(
    asked: &str,
    repository: &str,
    wanted: Option<Architecture>,
    patience: Patience,
    cache: &Cache,
    progress: &Progress,
) -> Result<Descriptor, BaseError> {
    let blobs = cache.blobs();
    let places = Places([blobs, blobs]);
    let [to_answer, to_send] = patience.options();
    let (digest, image) = named(asked, wanted, to_answer, cache)?;
    if let Some(known) = image::pinned(places, &image) {
        return Ok(known);
    }
    progress.status("Copying", format_args!("base docker://{asked}"));
    let size = size_of(places, &image);
    let transfer = Transfer::start(progress, "Copying", format!("base docker://{asked}"), size);
    let folder = folder(Program::SKOPEO, blobs)?;
    let dir = camino::Utf8Path::from_path(folder.path()).expect("the cache is at a path of UTF-8");
    let from = format!("docker://{repository}@{image}");
    let to = format!("dir:{dir}");
    let platform = platform(wanted);
    let mut arguments: Vec<&str> = platform.iter().map(String::as_str).collect();
    arguments.extend(to_send);
    arguments.extend(["copy", "--quiet", "--preserve-digests", &from, &to]);
    transfer.watch(dir, || ask(Program::SKOPEO, &arguments, asked))?;
    let bytes = manifest(Program::SKOPEO, dir)?;
    let found = Digest::of(&bytes);
    if found != image {
        return Err(BlobError::Content { digest: image, found }.into());
    }
    let document = parse(&bytes)?;
    take(Program::SKOPEO, dir, &parts(&digest, &document)?, blobs)?;
    put(&bytes, cache)?;
    Ok(describe(&bytes, &document))
}

/// Returns the bytes of an image's layers, if its manifest is known. That of an image for several architectures comes
/// with the copy.
fn size_of(places: Places<'_>, image: &Digest) -> Option<u64> {
    let [blobs, ..] = places.0;
    let manifest = parse(&blobs.read(image, blobs.size(image)?).ok()?).ok()?;
    manifest["layers"].as_array()?.iter().map(|layer| layer["size"].as_u64()).sum()
}

/// The digest of the one image that a reference stands for; nothing of it is brought.
pub(super) fn resolve(
    reference: &Reference,
    demand: BaseRequest<'_>,
    cache: &Cache,
) -> Result<Digest, BaseError> {
    if demand.offline {
        return Err(BaseError::Offline { reference: format!("docker://{reference}") });
    }
    require(Program::SKOPEO, "a registry")?;
    Ok(named(&reference.canonical(), demand.architecture, &[], cache)?.1)
}

/// What a registry has by a name: the digest of what it lists, and that of the image for `wanted`.
fn named(
    asked: &str,
    wanted: Option<Architecture>,
    options: &[&str],
    cache: &Cache,
) -> Result<(Digest, Digest), BaseError> {
    let source = format!("docker://{asked}");
    let raw = ask(Program::SKOPEO, &[options, &["inspect", "--raw", &source]].concat(), asked)?;
    let document = parse(&raw)?;
    let (digest, _) = put(&raw, cache)?;
    let places = Places([cache.blobs(), cache.blobs()]);
    let descriptor = image::select(places, &describe(&raw, &document), wanted, cache.progress())?;
    Ok((digest, descriptor.parse_digest().map_err(BaseError::Listed)?))
}

fn put(bytes: &[u8], cache: &Cache) -> Result<(Digest, u64), BaseError> {
    let kept = cache.blobs().put(bytes);
    Ok(kept.map_err(|source| BlobError::Write { digest: Digest::of(bytes), source })?)
}
