//! The context of one layer: the image below it as a layout, the tar of the layer, and a Containerfile with the same
//! steps that `emit` writes for it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use camino::Utf8Path;

use crate::emit::{self, Contents};
use crate::engine::cached::Context;
use crate::image::{self, BuildEnv, WrittenLayer};
use crate::layer::{Removals, write_tar};
use crate::plan::Plan;
use lapstrake_oci::Layout;

/// Writes the context of a layer.
pub(super) fn write(
    plan: &Plan,
    number: usize,
    below: &[WrittenLayer],
    env: &BuildEnv<'_>,
    context: &Context,
) -> io::Result<()> {
    let (folder, name) = (context.path(), &context.name);
    // podman 4 names the image of a layout by the folder of the layout, and podman 5 by its tag.
    let tag = format!("localhost/{name}");
    layout(plan, &folder.join(name), &tag, below, env)?;
    let mut text = format!("FROM oci:{name}:{tag}\n");
    if plan.base.user.is_some() {
        text += "USER 0:0\n";
    }
    emit::layer_steps(plan, number, &mut text).map_err(io::Error::other)?;
    fs::write(folder.join("Containerfile"), text)?;
    let layer = &plan.layers[number];
    let staged = env.staged.layer(&layer.name);
    emit::write_files(&emit::files(layer), staged, &folder.join(emit::folder(number, layer)))?;
    if Contents::of(layer) == Contents::Members {
        fs::create_dir_all(folder.join(emit::TARS))?;
        let file = File::create(folder.join(emit::tar_name(number, layer)))?;
        let mut out = BufWriter::with_capacity(256 << 10, file);
        write_tar(layer, staged, Removals::Elsewhere, &mut out)?;
        out.flush()?;
    }
    Ok(())
}

fn layout(
    plan: &Plan,
    root: &Utf8Path,
    tag: &str,
    below: &[WrittenLayer],
    env: &BuildEnv<'_>,
) -> io::Result<()> {
    let layout = Layout::create_or_open(root).map_err(io::Error::other)?;
    for layer in &env.base.layers {
        layout.blobs().link_from(env.cache.blobs(), &layer.digest, layer.size)?;
    }
    for layer in below {
        layout.blobs().link_from(env.store.layout.blobs(), &layer.written.digest, layer.written.size)?;
    }
    let image = image::documents(plan, env.base, below, layout.blobs(), env.settings);
    layout.tag(tag, &image.map_err(io::Error::other)?).map_err(io::Error::other)
}
