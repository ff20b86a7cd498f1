//! The Containerfile of a plan, from the plan alone. Each layer is one ADD of its tar, under a comment
//! for every entry: a COPY of a tree would turn the base's symlinks into directories and reset the mode
//! and owner of every directory that exists.

use std::fmt::Write;

use lapstrake::value::ImagePath;

use super::escape::{comment, exec, word};
use super::packages::packages;
use super::step;
use crate::plan::{Execution, Member, Origin, Plan, PlannedLayer};
use lapstrake_oci::tree::Kind;

/// What FROM names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From<'a> {
    /// A reference that podman resolves: of a registry or of its own storage.
    Reference(&'a str),
    /// The image of that tag in the OCI layout `base/` of the context.
    Context(&'a str),
}

/// The paths of one RUN; podman reads lines of at most 64 KiB.
const MOST_BYTES_IN_A_RUN: usize = 16 << 10;

/// The Containerfile.
pub(crate) fn containerfile(plan: &Plan, from: From<'_>) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = render(plan, from, &mut out);
    out
}

fn render(plan: &Plan, from: From<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(
        out,
        "# Image {} on {}, {}.",
        comment(plan.name.as_str()),
        comment(&plan.base.reference),
        plan.base.digest
    )?;
    writeln!(out, "# Written by `cargo xtask image emit`; a later one replaces it.")?;
    match from {
        From::Reference(reference) => writeln!(out, "\nFROM {reference}")?,
        From::Context(tag) => {
            writeln!(out, "# The base is in this folder: build from within it, `podman build .`")?;
            writeln!(out, "\nFROM oci:base:{tag}")?;
        }
    }
    // What is installed or removed is root's, whoever the image runs as.
    let user = plan.base.user.as_ref().filter(|_| plan.layers.iter().any(|layer| runs(layer)));
    if user.is_some() {
        writeln!(out, "\nUSER 0:0")?;
    }
    for (index, layer) in plan.layers.iter().enumerate() {
        if !layer.continues {
            writeln!(out, "\n# Layer {}, {}", comment(layer.name.as_str()), layer.site)?;
        }
        layer_steps(plan, index, out)?;
    }
    if let Some(user) = user.filter(|_| plan.execution.user.is_none()) {
        writeln!(out, "\nUSER {user}")?;
    }
    if !plan.labels.is_empty() {
        writeln!(out)?;
    }
    for (key, value) in &plan.labels {
        writeln!(out, "LABEL {}={}", word(key.as_str()), word(value))?;
    }
    execution(&plan.execution, out)
}

/// The instructions that change only the config. They come last, so that no step sees them.
fn execution(execution: &Execution, out: &mut String) -> std::fmt::Result {
    let Execution { env, workdir, user, entrypoint, cmd, stop_signal } = execution;
    if !execution.is_empty() {
        writeln!(out, "\n# Only for containers: bootc ignores what follows")?;
    }
    for (name, value) in env {
        writeln!(out, "ENV {name}={}", word(value))?;
    }
    if let Some(path) = workdir {
        writeln!(out, "WORKDIR {}", word(path.as_str()))?;
    }
    if let Some(user) = user {
        writeln!(out, "USER {user}")?;
    }
    // ENTRYPOINT drops the base's CMD, so it comes first.
    for (name, argv) in [("ENTRYPOINT", entrypoint), ("CMD", cmd)] {
        if let Some(argv) = argv {
            writeln!(out, "{name} {}", exec(argv))?;
        }
    }
    if let Some(signal) = stop_signal {
        writeln!(out, "STOPSIGNAL {signal}")?;
    }
    Ok(())
}

/// The steps of one layer.
pub(crate) fn layer_steps(plan: &Plan, index: usize, out: &mut String) -> std::fmt::Result {
    if let Some(layer) = plan.layers.get(index) {
        packages(index, layer, out)?;
        removals(layer, out)?;
        for (path, member) in layer.described() {
            describe(path, member, out)?;
        }
        if Contents::of(layer) == Contents::Members {
            writeln!(out, "ADD {} /", tar_name(index, layer))?;
        }
        step::secret_hashes(layer, out)?;
        for run in &layer.runs {
            step::run(run, &step::folder(index, layer), out)?;
            if run.mounts_directories() {
                step::make_again(layer, out)?;
            }
        }
        step::clean(layer, out)?;
    }
    Ok(())
}

/// Whether a layer runs anything in the build.
fn runs(layer: &PlannedLayer) -> bool {
    layer.needs_engine() || !layer.removals.is_empty() || layer.secret_hashes().next().is_some()
}

/// Whether a layer has anything to ADD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contents {
    Members,
    Nothing,
}

impl Contents {
    pub(crate) fn of(layer: &PlannedLayer) -> Self {
        if layer.described().next().is_some() { Self::Members } else { Self::Nothing }
    }
}

/// The folder of the context for the tars of layers.
pub(crate) const TARS: &str = "layers";

/// Returns the name of a layer's tar in the context.
pub(crate) fn tar_name(index: usize, layer: &PlannedLayer) -> String {
    format!("{TARS}/{:02}-{}.tar", index + 1, layer.name)
}

fn removals(layer: &PlannedLayer, out: &mut String) -> std::fmt::Result {
    let mut batch: Vec<&str> = Vec::new();
    let mut bytes = 0;
    let flush = |batch: &mut Vec<&str>, out: &mut String| {
        if batch.is_empty() {
            return Ok(());
        }
        writeln!(out, "RUN {}", exec(["rm", "-rf", "--"].into_iter().chain(batch.drain(..))))
    };
    for (path, removal) in &layer.removals {
        writeln!(out, "# removed {} {}", comment(path.as_str()), removal.site)?;
    }
    for path in layer.removals.keys() {
        if bytes + path.as_str().len() > MOST_BYTES_IN_A_RUN {
            flush(&mut batch, out)?;
            bytes = 0;
        }
        bytes += path.as_str().len();
        batch.push(path.as_str());
    }
    flush(&mut batch, out)
}

fn describe(path: &ImagePath, member: &Member, out: &mut String) -> std::fmt::Result {
    let metadata = &member.metadata;
    write!(out, "# {} {}:{} {}", metadata.mode, metadata.uid, metadata.gid, comment(path.as_str()))?;
    match &member.kind {
        Kind::Directory => write!(out, " directory")?,
        Kind::Symlink { target } => write!(out, " -> {}", comment(target))?,
        Kind::File(Origin::Asset { path, .. }) => {
            write!(out, " from {}", comment(path.as_str()))?;
        }
        Kind::File(Origin::Fetched(file)) => write!(out, " from {}", comment(&file.url))?,
        Kind::File(Origin::Unpacked(file)) => {
            write!(out, " from {} in {}", comment(&file.path), comment(&file.archive.url))?;
        }
        Kind::File(Origin::Read(file)) => write!(out, " from {} below", comment(file.path.as_str()))?,
        Kind::File(Origin::Text(text)) => write!(out, " text of {} bytes", text.len())?,
        Kind::File(Origin::SecretHash(hash)) => {
            write!(out, " from {}", comment(&format!("--secret {}", hash.secret)))?;
        }
        Kind::File(Origin::Artefact(artefact)) => {
            write!(out, " binary {} of package {}", comment(&artefact.bin), comment(&artefact.package))?;
        }
        Kind::File(Origin::Compiled(built)) => {
            write!(out, " {} built in an image", comment(&built.product.to_string()))?;
        }
        Kind::Device { .. } | Kind::Fifo => write!(out, " {}", member.kind.name())?,
    }
    if let Some(first) = &member.hardlink {
        write!(out, " hardlink to {}", comment(first.as_str()))?;
    }
    if let Some(capabilities) = metadata.capabilities() {
        write!(out, " {capabilities}")?;
    }
    match member.site {
        Some(site) => writeln!(out, " {site}"),
        None => writeln!(out),
    }
}
