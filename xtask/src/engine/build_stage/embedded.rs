//! Writes another image as an OCI layout, whose documents are the image's own bytes: podman finds it by its digest.

use std::fs;

use camino::Utf8Path;
use lapstrake_oci::{Blobs, Descriptor, canonical};
use serde_json::json;

use super::BuilderEnv;
use super::error::{Cause, failed};
use crate::base::Base;

/// The file that makes a directory a layout (image-layout.md).
const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// Writes an image to a folder. What its reference names is the only image of the layout, and has no name there. Of an index
/// for several architectures only this image is there.
pub(super) fn write(image: &Base, env: &BuilderEnv<'_>, to: &Utf8Path) -> Result<(), Cause> {
    let listing = image.listing(env.cache, env.offline)?;
    let blobs = Blobs::open(to).map_err(failed(to))?;
    let parts = [&listing, &image.descriptor].into_iter().chain(image.manifest.parts());
    for part in parts {
        let digest = part.parse_digest().expect("the image was read");
        blobs.link_from(env.cache.blobs(), &digest, part.size).map_err(failed(to))?;
    }
    let index = canonical(&json!({ "schemaVersion": 2, "manifests": [alone(&listing)] }));
    for (name, bytes) in
        [("oci-layout", LAYOUT.into()), ("index.json", index.map_err(Cause::CacheKey)?)] as [(_, Vec<u8>); 2]
    {
        let path = to.join(name);
        fs::write(&path, bytes).map_err(failed(&path))?;
    }
    Ok(())
}

/// Returns a descriptor without what its own list says of it.
fn alone(listing: &Descriptor) -> Descriptor {
    let digest = listing.parse_digest().expect("the image was read");
    Descriptor::new(listing.media_type.clone(), listing.size, &digest)
}
