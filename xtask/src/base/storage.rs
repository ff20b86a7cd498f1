//! `containers-storage:REFERENCE`: a base in podman's storage, where `aib build` leaves its result. The
//! storage keeps no compressed blob, so what is frozen is the config and the uncompressed layers: each is
//! compressed once, always to the same bytes, and the manifest is ours.

use std::fs::File;
use std::io;

use camino::Utf8Path;
use oci_spec::image::MediaType;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cache::Cache;
use super::image::{self, Places};
use super::transport::{Refusal, ask, describe, has, lone, manifest, parse, parts, take};
use super::{BaseError, Found};
use crate::oci::{BlobError, Compression, Digest, HashingWriter, canonical};
use crate::progress::Progress;

const PODMAN: &str = "podman";
/// Records: the manifest that was made of an image, and the blob that was made of a layer.
const IMAGE: &str = "storage";
const LAYER: &str = "storage-layer";

#[derive(Clone, Serialize, Deserialize)]
struct Compressed {
    digest: Digest,
    size: u64,
}

pub(super) fn find(
    reference: &str,
    pinned: Option<&Digest>,
    cache: &Cache,
    progress: &Progress,
) -> Result<Found, BaseError> {
    let blobs = cache.blobs();
    let places = Places([blobs, blobs]);
    if !has(PODMAN) {
        // What is pinned and was read is enough.
        if let Some(known) = pinned.and_then(|pinned| image::pinned(places, pinned)) {
            return Ok(Found { manifests: lone(&known)?, blobs: blobs.clone() });
        }
        return Err(BaseError::NoProgram { program: PODMAN, place: "podman's storage" });
    }
    let id = id(reference)?;
    let key = Digest::of(format!("{id} {}", Compression::Zstd.identity()).as_bytes());
    let known = cache.recall::<Digest>(IMAGE, &key).and_then(|digest| image::pinned(places, &digest));
    if let Some(known) = known {
        return Ok(Found { manifests: lone(&known)?, blobs: blobs.clone() });
    }
    progress.status("Copying", format_args!("base containers-storage:{reference}"));
    let _working = progress.working(format!("copying base containers-storage:{reference}"));
    let folder = tempfile::tempdir().map_err(|source| BaseError::Transported { program: PODMAN, source })?;
    let dir = Utf8Path::from_path(folder.path()).unwrap_or(Utf8Path::new("."));
    ask(PODMAN, &["push", "--quiet", &id, &format!("dir:{dir}")], reference)?;
    let bytes = made(dir, cache)?;
    let writing = |source| BlobError::Write { digest: Digest::of(&bytes), source };
    let (digest, _) = blobs.put(&bytes).map_err(writing)?;
    cache.keep(IMAGE, &key, &digest)?;
    let document = parse(&bytes)?;
    Ok(Found { manifests: lone(&describe(&bytes, &document))?, blobs: blobs.clone() })
}

/// The id of an image, by which it is exported: a tag may move meanwhile.
pub(super) fn id(reference: &str) -> Result<String, BaseError> {
    let format = "{{.Id}}";
    let asked = ask(PODMAN, &["image", "inspect", "--format", format, reference], reference);
    let asked = asked.map_err(|error| match error {
        BaseError::Transport { reference, said, .. }
            if said.contains("no such image") || said.contains("not known") =>
        {
            let why = Refusal::NotInStorage { root: !is_rootless(&reference) };
            BaseError::Transport { reference, why, said }
        }
        other => other,
    })?;
    Ok(String::from_utf8_lossy(&asked).trim().to_owned())
}

/// Whose storage podman looks in.
fn is_rootless(reference: &str) -> bool {
    let said = ask(PODMAN, &["info", "--format", "{{.Host.Security.Rootless}}"], reference);
    said.is_ok_and(|said| said.starts_with(b"true"))
}

/// The manifest that we make of an image that was exported.
fn made(dir: &Utf8Path, cache: &Cache) -> Result<Vec<u8>, BaseError> {
    let exported = parse(&manifest(PODMAN, dir)?)?;
    let none = Digest::of(&[]);
    let parts = parts(&none, &exported)?;
    let Some((config, layers)) = parts.split_first() else { return Ok(Vec::new()) };
    take(PODMAN, dir, std::slice::from_ref(config), cache.blobs())?;
    let size = cache.blobs().size(config).unwrap_or_default();
    let mut described = Vec::new();
    for diff_id in layers {
        let Compressed { digest, size } = compressed(dir, diff_id, cache)?;
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
fn compressed(dir: &Utf8Path, diff_id: &Digest, cache: &Cache) -> Result<Compressed, BaseError> {
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
    io::copy(&mut tar, &mut out).map_err(writing)?;
    let (compressor, found, _) = out.finish();
    if found != *diff_id {
        return Err(BlobError::Content { digest: diff_id.clone(), found }.into());
    }
    let (digest, size) = compressor.finish().and_then(crate::oci::BlobWriter::finish).map_err(writing)?;
    let compressed = Compressed { digest, size };
    cache.keep(LAYER, &key, &compressed)?;
    Ok(compressed)
}
