//! The image without layers on which an engine collects the results of a job. A container of `scratch` would have the
//! name `working-container`, by which nobody can find its job after a kill.

use std::io;

use camino::Utf8Path;
use lapstrake::value::Architecture;
use lapstrake_oci::{Descriptor, Layout, Manifest, MediaType, canonical};
use serde_json::json;

use super::job_name;
use super::unfinished::JOB;

/// Writes the image to a context, and returns the name that FROM takes.
pub(super) fn write_empty_image(job: &str, context: &Utf8Path) -> io::Result<String> {
    let (folder, tag) = (folder(job), job_name::results(job));
    let layout = Layout::create_or_open(&context.join(&folder)).map_err(io::Error::other)?;
    // The label gives the image of each job an id of its own. The removal of an image also removes the containers of
    // all images with its id.
    let config = json!({
        "architecture": Architecture::host().map(Architecture::as_str),
        "os": "linux",
        "config": { "Labels": { JOB: job } },
        "rootfs": { "type": "layers", "diff_ids": [] },
    });
    let config = put(&layout, MediaType::ImageConfig, &config)?;
    let manifest = Manifest::new(config, Vec::new());
    let manifest = put(&layout, MediaType::ImageManifest, &serde_json::to_value(manifest)?)?;
    layout.tag(&tag, &manifest).map_err(io::Error::other)?;
    Ok(format!("oci:{folder}:{tag}"))
}

fn put(layout: &Layout, media_type: MediaType, document: &serde_json::Value) -> io::Result<Descriptor> {
    let (digest, size) = layout.blobs().put(&canonical(document)?)?;
    Ok(Descriptor::new(media_type, size, &digest))
}

/// podman 4 names the image of a layout by the folder of the layout, and podman 5 by its tag.
fn folder(job: &str) -> String {
    job_name::results(job).trim_start_matches("localhost/").to_owned()
}
