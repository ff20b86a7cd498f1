//! The context of one layer: what lies below it as a layout, its own tar, and a Containerfile with the
//! very steps that `emit` writes for it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::rpm_diff;
use crate::emit::{self, Contents};
use crate::engine;
use crate::image::{self, BuildEnv, WrittenLayer};
use crate::layer::{Removals, write_tar};
use crate::plan::{Plan, Transaction};
use crate::store::Scratch;
use lapstrake_oci::Layout;

/// A context on disk, for as long as it is needed.
pub(super) struct Context {
    pub(super) folder: Utf8PathBuf,
    /// The folder of what lies below, and the job's name.
    pub(super) base: String,
    _guard: TempDir,
}

pub(super) fn write(
    plan: &Plan,
    number: usize,
    below: &[WrittenLayer],
    bench: &BuildEnv<'_>,
) -> io::Result<Context> {
    // Beside the store, so that blobs are linked and not copied.
    let guard = bench.store.paths().scratch(Scratch::EngineLayer)?;
    let folder =
        Utf8Path::from_path(guard.path()).ok_or_else(|| io::Error::other("no UTF-8 path"))?.to_owned();
    // Builds at once, in one process or several, must not take each other's image away.
    // An engine calls an image of a layout by the layout's folder (podman 4) or by its tag (podman 5), and
    // wants that to be a repository's name.
    let base = engine::name_of(&folder);
    let tag = format!("localhost/{base}");
    layout(plan, &folder.join(&base), &tag, below, bench)?;
    let mut text = format!("FROM oci:{base}:{tag}\n");
    if plan.base.user.is_some() {
        text += "USER 0:0\n";
    }
    let transaction = plan.layers.get(number).and_then(|layer| layer.transaction.as_ref());
    let installs = transaction.is_some_and(Transaction::installs);
    if installs {
        text += &rpm_diff::before();
    }
    emit::layer_steps(plan, number, &mut text).map_err(io::Error::other)?;
    if installs {
        text += &rpm_diff::after();
    }
    fs::write(folder.join("Containerfile"), text)?;
    if let Some(layer) = plan.layers.get(number) {
        let steps = folder.join(emit::folder(number, layer));
        emit::write_files(&emit::files(layer), bench.staged, &steps)?;
    }
    if let Some(layer) = plan.layers.get(number)
        && Contents::of(layer) == Contents::Members
    {
        let path = folder.join(emit::tar_name(number, layer));
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        let mut out = BufWriter::with_capacity(256 << 10, File::create(&path)?);
        write_tar(layer, bench.staged, Removals::Elsewhere, &mut out)?;
        out.flush()?;
    }
    Ok(Context { folder, base, _guard: guard })
}

fn layout(
    plan: &Plan,
    root: &Utf8Path,
    tag: &str,
    below: &[WrittenLayer],
    bench: &BuildEnv<'_>,
) -> io::Result<()> {
    let layout = Layout::create_or_open(root).map_err(io::Error::other)?;
    for layer in &bench.base.layers {
        layout.blobs().link_from(bench.cache.blobs(), &layer.digest, layer.size)?;
    }
    for layer in below {
        layout.blobs().link_from(bench.store.layout.blobs(), &layer.written.digest, layer.written.size)?;
    }
    let image = image::documents(plan, bench.base, below, layout.blobs(), bench.settings);
    layout.tag(tag, &image.map_err(io::Error::other)?).map_err(io::Error::other)
}
