//! `stand-in`: a base that the tool writes itself, so that a first build, a demo and a user's tests need
//! no network. It has the shape of a bootc image and what the checks ask for; it does not boot.

mod library;
mod tree;
#[cfg(any(test, feature = "__fuzz"))]
mod under;

use std::io::{self, Write};

use flate2::{Compression, GzBuilder};
use lapstrake::value::Architecture;
use lapstrake_oci::MediaType;
use serde_json::json;

use super::cache::Cache;
use super::{BaseError, Found};
use lapstrake_oci::{Digest, Manifests, canonical};

#[cfg(any(test, feature = "__fuzz"))]
pub(crate) use under::StandIn;

const REMEMBERED: &str = "stand-in";
const EPOCH: &str = "1970-01-01T00:00:00Z";

/// The stand-in for an architecture, in the cache. Made anew when the tool makes another one than the
/// a file that is there.
pub(super) fn find(wanted: Option<Architecture>, cache: &Cache) -> Result<Found, BaseError> {
    let architecture = wanted.or_else(Architecture::host).unwrap_or(Architecture::Amd64);
    let index = write(architecture, cache).map_err(BaseError::StandIn)?;
    let manifests = Manifests::parse(&index).map_err(|error| BaseError::StandIn(error.into()))?;
    Ok(Found { manifests, blobs: cache.blobs().clone() })
}

fn write(architecture: Architecture, cache: &Cache) -> io::Result<Vec<u8>> {
    let blobs = cache.blobs();
    let tar = tree::tar(architecture)?;
    let diff_id = Digest::of(&tar);
    let config = canonical(&json!({
        "architecture": architecture.as_str(),
        "os": "linux",
        "created": EPOCH,
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"],
            "Cmd": ["/sbin/init"],
            "StopSignal": "SIGRTMIN+3",
            "Labels": { "containers.bootc": "1", "ostree.bootable": "1" },
        },
        "rootfs": { "type": "layers", "diff_ids": [diff_id.to_string()] },
        "history": [{ "created": EPOCH, "created_by": "lapstrake stand-in" }],
    }))?;
    let key = Digest::of(&config);
    // The layer's blob is compressed only once; its digest is not known before.
    let remembered = cache.recall::<[(Digest, u64); 2]>(REMEMBERED, &key);
    let there = |parts: &[(Digest, u64); 2]| parts.iter().all(|(digest, size)| blobs.has(digest, *size));
    let remembered = remembered.filter(|parts| there(parts) && blobs.has(&key, config.len() as u64));
    let [(digest, size), _] = if let Some(parts) = remembered {
        parts
    } else {
        let mut layer =
            GzBuilder::new().mtime(0).operating_system(255).write(blobs.writer()?, Compression::new(6));
        layer.write_all(&tar)?;
        let layer = layer.finish()?.finish()?;
        let config = blobs.put(&config)?;
        let part = |media_type: MediaType, (digest, size): &(Digest, u64)| json!({ "mediaType": media_type.to_string(), "digest": digest, "size": size });
        let manifest = canonical(&json!({
            "schemaVersion": 2,
            "mediaType": MediaType::ImageManifest.to_string(),
            "config": part(MediaType::ImageConfig, &config),
            "layers": [part(MediaType::ImageLayerGzip, &layer)],
        }))?;
        let parts = [blobs.put(&manifest)?, layer];
        cache.keep(REMEMBERED, &key, &parts).map_err(io::Error::other)?;
        parts
    };
    Ok(canonical(&json!({
        "schemaVersion": 2,
        "manifests": [{
            "mediaType": MediaType::ImageManifest.to_string(),
            "digest": digest,
            "size": size,
            "platform": { "os": "linux", "architecture": architecture.as_str() },
        }],
    }))?)
}

#[cfg(test)]
pub(crate) use library::{Library, Wanted};

/// The only layer of the stand-in, for bases that are made of it.
#[cfg(test)]
pub(crate) fn stand_in_tar() -> Vec<u8> {
    tree::tar(Architecture::Amd64).expect("the tar is written to memory")
}

/// A library as the stand-in has it, for tests of what reads one.
#[cfg(test)]
pub(super) fn libc() -> Vec<u8> {
    let versions = library::glibc(Architecture::Amd64);
    let needed = &["ld-linux-x86-64.so.2"];
    Library { soname: "libc.so.6", needed, versions, ..Library::default() }.to_elf(Architecture::Amd64)
}
