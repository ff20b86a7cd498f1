//! `containers-storage:REFERENCE`: a base in podman's storage, where `aib build` leaves its result. The
//! storage keeps no compressed blob, so what is frozen is the config and the uncompressed layers: each is
//! compressed once, always to the same bytes, and the manifest is ours. Where the image came from a
//! registry that still has it, the registry's own manifest and blobs are taken instead.

use std::fs::File;
use std::io;

use camino::Utf8Path;
use lapstrake::value::Reference;
use lapstrake_oci::{Descriptor, MediaType};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cache::Cache;
use super::image::{self, Places};
use super::repo_digest::RepoDigests;
use super::transport::{ask, describe, folder, lone, manifest, parse, parts, require, take};
use super::{BaseError, BaseRequest, Found};
use crate::support::diagnosis::Diagnosis;
use crate::support::program::Program;
use crate::support::progress::Progress;
use crate::support::transfer::Transfer;
use lapstrake_oci::{BlobError, Compression, Digest, HashingWriter, canonical};

const PODMAN: Program = Program::PODMAN;
/// Records: the manifest that was made of an image, and the blob that was made of a layer.
const IMAGE: &str = "storage";
const LAYER: &str = "storage-layer";

#[derive(Clone, Serialize, Deserialize)]
struct Compressed {
    digest: Digest,
    size: u64,
}

/// An image as podman knows it.
struct Stored {
    /// The digest of its config. By it an image is exported: a tag may move meanwhile.
    id: String,
    /// Where it came from.
    repo_digests: Vec<String>,
}

pub(super) fn find(
    reference: &Reference,
    demand: BaseRequest<'_>,
    cache: &Cache,
    progress: &Progress,
) -> Result<Found, BaseError> {
    let blobs = cache.blobs();
    let places = Places([blobs, blobs]);
    let found = |descriptor: &Descriptor| Ok(Found { manifests: lone(descriptor)?, blobs: blobs.clone() });
    // What is pinned and was read is enough: neither podman nor a registry need have it any more.
    if let Some(kept) = demand.pinned.and_then(|pinned| image::pinned(places, pinned)) {
        if PODMAN.is_installed()
            && stored(&reference.canonical()).is_ok_and(|stored| !is_of(&kept, &stored, cache))
        {
            progress
                .status("Pinned", format_args!("{reference} to {}; podman's is another now", kept.digest));
        }
        return found(&kept);
    }
    require(PODMAN, "podman's storage")?;
    let stored = stored(&reference.canonical())?;
    // What an image was taken for once, it is for good: what a registry does meanwhile moves no digest.
    let key = Digest::of(format!("{} {}", stored.id, Compression::Zstd.identity()).as_bytes());
    let known = cache.recall::<Digest>(IMAGE, &key).and_then(|digest| image::pinned(places, &digest));
    let is_wanted =
        |image: &Descriptor| demand.pinned.is_none_or(|pinned| image.digest == pinned.to_string());
    if let Some(known) = known.filter(is_wanted) {
        return found(&known);
    }
    let keep = |image: Descriptor| {
        let digest = image.parse_digest().map_err(BaseError::Listed)?;
        cache.keep(IMAGE, &key, &digest)?;
        found(&image)
    };
    let registries = RepoDigests::of(reference, &stored.repo_digests, demand.offline);
    let mut refused = None;
    let mut ask = || {
        let asked =
            registries.ask(demand.architecture, cache, progress, |image| is_of(image, &stored, cache));
        asked.unwrap_or_else(|error| {
            refused = Some(error);
            None
        })
    };
    // A pin that no registry gave need not be asked for.
    let is_first = demand.pinned.is_none_or(|pinned| registries.name(pinned));
    if let Some(image) = is_first.then(&mut ask).flatten().filter(is_wanted) {
        return keep(image);
    }
    progress.status("Copying", format_args!("base containers-storage:{reference}"));
    let own = own(&reference.canonical(), &stored, cache, progress)?;
    if is_wanted(&own) {
        return keep(own);
    }
    if let Some(image) = (!is_first).then(&mut ask).flatten().filter(is_wanted) {
        return keep(image);
    }
    // That a registry could not be asked explains more than that we have another.
    refused.map_or_else(|| found(&own), Err)
}

/// Whether a manifest in the cache is of that image.
fn is_of(image: &Descriptor, stored: &Stored, cache: &Cache) -> bool {
    let manifest = || {
        let digest = image.parse_digest().ok()?;
        let document = parse(&cache.blobs().read(&digest, image.size).ok()?).ok()?;
        Some(parts(&digest, &document).ok()?.first()?.hex() == stored.id)
    };
    manifest().unwrap_or(false)
}

/// The image with layers that we compressed.
fn own(
    reference: &str,
    stored: &Stored,
    cache: &Cache,
    progress: &Progress,
) -> Result<Descriptor, BaseError> {
    let what = format!("base containers-storage:{reference}");
    let transfer = Transfer::start(progress, "Copying", what.clone(), None);
    let folder = folder(PODMAN, cache.blobs())?;
    let dir = Utf8Path::from_path(folder.path()).expect("the cache is at a path of UTF-8");
    transfer
        .watch(dir, || ask(PODMAN, &["push", "--quiet", &stored.id, &format!("dir:{dir}")], reference))?;
    let size = transfer.done();
    drop(transfer);
    let bytes = made(dir, cache, &Transfer::start(progress, "Compressing", what, Some(size)))?;
    let writing = |source| BlobError::Write { digest: Digest::of(&bytes), source };
    cache.blobs().put(&bytes).map_err(writing)?;
    Ok(describe(&bytes, &parse(&bytes)?))
}

/// The digest of an image's config, by which podman knows it.
pub(super) fn id(reference: &str) -> Result<Digest, BaseError> {
    let id = stored(reference)?.id;
    Digest::parse(&format!("sha256:{}", id.trim_start_matches("sha256:"))).map_err(BaseError::Listed)
}

fn stored(reference: &str) -> Result<Stored, BaseError> {
    let format = "{{.Id}}{{range .RepoDigests}} {{.}}{{end}}";
    let asked = ask(PODMAN, &["image", "inspect", "--format", format, reference], reference);
    let asked = asked.map_err(|error| match error {
        BaseError::Transport { reference, said, .. }
            if said.contains("no such image") || said.contains("not known") =>
        {
            let why = Diagnosis::NotInStorage { is_root: !is_rootless(&reference) };
            BaseError::Transport { reference, why, said }
        }
        other => other,
    })?;
    let asked = String::from_utf8_lossy(&asked);
    let mut words = asked.split_whitespace().map(str::to_owned);
    let id = words.next().ok_or_else(|| BaseError::Transported {
        program: PODMAN,
        source: io::Error::new(io::ErrorKind::InvalidData, "it printed no id of the image"),
    })?;
    Ok(Stored { id, repo_digests: words.collect() })
}

/// Whose storage podman looks in.
fn is_rootless(reference: &str) -> bool {
    let said = ask(PODMAN, &["info", "--format", "{{.Host.Security.Rootless}}"], reference);
    said.is_ok_and(|said| said.starts_with(b"true"))
}

/// The manifest that we make of an image that was exported.
fn made(dir: &Utf8Path, cache: &Cache, transfer: &Transfer) -> Result<Vec<u8>, BaseError> {
    let exported = parse(&manifest(PODMAN, dir)?)?;
    let none = Digest::of(&[]);
    let parts = parts(&none, &exported)?;
    let Some((config, layers)) = parts.split_first() else { return Ok(Vec::new()) };
    take(PODMAN, dir, std::slice::from_ref(config), cache.blobs())?;
    let size = cache.blobs().size(config).expect("the config has just been written to the cache");
    let mut described = Vec::new();
    for diff_id in layers {
        let Compressed { digest, size } = compressed(dir, diff_id, cache, transfer)?;
        let media_type = Compression::Zstd.media_type().to_string();
        described.push(json!({ "mediaType": media_type, "digest": digest, "size": size }));
    }
    let document = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::ImageManifest.to_string(),
        "config": { "mediaType": MediaType::ImageConfig.to_string(), "digest": config, "size": size },
        "layers": described,
    });
    canonical(&document).map_err(|source| BaseError::Document { digest: none, source })
}

/// A layer as a blob. That the tar is what the config says it is, is verified where the base is read.
fn compressed(
    dir: &Utf8Path,
    diff_id: &Digest,
    cache: &Cache,
    transfer: &Transfer,
) -> Result<Compressed, BaseError> {
    let key = Digest::of(format!("{diff_id} {}", Compression::Zstd.identity()).as_bytes());
    if let Some(known) = cache.recall::<Compressed>(LAYER, &key)
        && cache.blobs().has(&known.digest, known.size)
    {
        return Ok(known);
    }
    let writing = |source| BlobError::Write { digest: diff_id.clone(), source };
    let reading = |source| BaseError::Transported { program: PODMAN, source };
    let mut tar = File::open(dir.join(diff_id.hex())).map_err(reading)?;
    let blob = cache.blobs().writer().map_err(writing)?;
    let mut out = HashingWriter::new(Compression::Zstd.writer(blob).map_err(writing)?);
    io::copy(&mut transfer.count(&mut tar), &mut out).map_err(writing)?;
    let (compressor, found, _) = out.finish();
    if found != *diff_id {
        return Err(BlobError::Content { digest: diff_id.clone(), found }.into());
    }
    let (digest, size) = compressor.finish().and_then(lapstrake_oci::BlobWriter::finish).map_err(writing)?;
    let compressed = Compressed { digest, size };
    cache.keep(LAYER, &key, &compressed)?;
    Ok(compressed)
}
