//! The stand-in: a tiny base of the shape that bootc wants, made here, so that a first build, a demo and
//! a test need no network. It does not boot. The same bytes on every machine, for each architecture.

mod library;
mod tree;

use std::io::{self, Write};

use lapstrake::value::Architecture;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BaseError, Cache};
use crate::oci::{Digest, HashingWriter};

/// The glibc that the stand-in's libraries claim to be: that of CentOS Stream 10, and so of AutoSD.
pub(super) const GLIBC: u32 = 39;

/// Grows with every change of the stand-in.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Written {
    digest: Digest,
    size: u64,
}

/// Makes sure that the stand-in is in the cache, and gives its manifest's digest and size.
pub(super) fn write(architecture: Architecture, cache: &Cache) -> Result<(Digest, u64), BaseError> {
    let note = format!("stand-in-{FORMAT}-{architecture}");
    let blobs = cache.blobs();
    if let Some(Written { digest, size }) = cache.note(&note) {
        if blobs.has(&digest, size) {
            return Ok((digest, size));
        }
    }
    let failed = |source| BaseError::Cache { source };
    let (layer, layer_size, diff_id) = layer(architecture, cache).map_err(failed)?;
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "created": "1970-01-01T00:00:00Z",
        "config": {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Cmd": ["/sbin/init"],
            "StopSignal": "SIGRTMIN+3",
            "Labels": { "containers.bootc": "1", "org.opencontainers.image.title": "lapstrake stand-in" },
        },
        "rootfs": { "type": "layers", "diff_ids": [diff_id] },
        "history": [{ "created": "1970-01-01T00:00:00Z", "created_by": "lapstrake stand-in" }],
    });
    let (config, config_size) = blobs.put(config.to_string().as_bytes()).map_err(failed)?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": config_size,
        },
        "layers": [{
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": layer, "size": layer_size,
        }],
    });
    let (digest, size) = blobs.put(manifest.to_string().as_bytes()).map_err(failed)?;
    cache.keep_note(&note, &Written { digest: digest.clone(), size })?;
    Ok((digest, size))
}

fn layer(architecture: Architecture, cache: &Cache) -> io::Result<(Digest, u64, Digest)> {
    let blob = cache.blobs().writer()?;
    let gzip =
        flate2::GzBuilder::new().mtime(0).operating_system(255).write(blob, flate2::Compression::best());
    let mut tar = HashingWriter::new(gzip);
    tree::write(architecture, &mut tar)?;
    tar.flush()?;
    let (gzip, diff_id, _) = tar.finish();
    let (digest, size) = gzip.finish()?.finish()?;
    Ok((digest, size, diff_id))
}
