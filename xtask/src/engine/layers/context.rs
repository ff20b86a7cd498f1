//! The context of one layer: the image below it as a layout, the tar of the layer, and a Containerfile with the same
//! steps that `emit` writes for it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};

use camino::Utf8Path;
use lapstrake::value::LabelKey;

use crate::emit::{self, Contents};
use crate::engine::cached::Context;
use crate::engine::unfinished::JOB;
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
    let image = image::documents(&of_job(plan, tag), env.base, below, layout.blobs(), env.settings);
    layout.tag(tag, &image.map_err(io::Error::other)?).map_err(io::Error::other)
}

/// Returns the plan with a label that no other job has, so that the image gets an id of its own. An engine that removes
/// the image of another job also removes the containers of all images with its id, even while they are in use.
fn of_job(plan: &Plan, name: &str) -> Plan {
    let label = LabelKey::parse(JOB).expect("the name of the label is valid");
    let mut plan = plan.clone();
    plan.labels.insert(label, name.to_owned());
    plan
}

#[cfg(test)]
mod tests {
    use lapstrake::{Base, Image, Layer};
    use lapstrake_oci::Digest;

    use super::of_job;
    use crate::image::{Epoch, Settings, documents};
    use crate::tests::workshop::Workshop;

    #[test]
    fn equal_images_of_two_jobs_have_ids_of_their_own() {
        let workshop = Workshop::stand_in();
        let image = Image::new("app", Base::stand_in()).layer(Layer::new("app").text("1\n", "/etc/app"));
        let plan = workshop.planned(&image);
        let settings = Settings { compression: lapstrake_oci::Compression::Zstd, epoch: Epoch::default() };
        let manifest = |name: &str| {
            let blobs = workshop.store.layout.blobs();
            let made = documents(&of_job(&plan, name), &workshop.base, &[], blobs, settings).unwrap();
            Digest::parse(&made.digest).unwrap()
        };
        assert_eq!(manifest("localhost/one"), manifest("localhost/one"));
        assert_ne!(manifest("localhost/one"), manifest("localhost/other"));
    }
}
