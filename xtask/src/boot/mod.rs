//! A built image, booted: flattened to a disk as whoever runs this, started in QEMU, asked one thing, and
//! switched off. The image itself is not touched: what the boot needs beside it is on the disk alone.
//!
//! It is a look at the root filesystem with its own kernel, not at a deployment: nothing is installed by
//! bootc, so it has no /sysroot, no bootloader, no SELinux label and no seal.

mod bootable;
mod command;
mod console;
mod disk;
mod error;
mod folder;
mod guest;
mod kvm;
mod machine;
mod option;
mod program;
mod record;
mod run;
#[cfg(test)]
mod tests;
mod tree;

use std::time::Duration;

use camino::Utf8PathBuf;
use lapstrake::value::{Architecture, ImageName};

pub(crate) use bootable::Bootable;
pub(crate) use command::Command;
pub(crate) use error::BootError;
pub(crate) use program::Programs;
pub(crate) use record::End;

use self::folder::Folder;
use self::tree::Layers;
use crate::base::BaseIndex;
use crate::support::progress::Progress;
use lapstrake_oci::{Blobs, Digest};

/// What is booted, and how.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) image: &'a ImageName,
    pub(crate) architecture: Architecture,
    pub(crate) bootable: &'a Bootable,
    pub(crate) programs: &'a Programs,
    pub(crate) command: &'a Command,
    pub(crate) asked: Asked,
    /// The layers of the image, lowest first, and the blobs that they are in.
    pub(crate) layers: Vec<(Digest, u64)>,
    pub(crate) blobs: &'a Blobs,
    /// The tree that the lowest of them make.
    pub(crate) below: &'a BaseIndex,
    /// How many these are.
    pub(crate) known: usize,
    /// Where the boots of this workspace are kept.
    pub(crate) kept: Utf8PathBuf,
}

/// What a user says of the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// For how long it may run.
    pub(crate) timeout: Duration,
    /// In MiB.
    pub(crate) memory: u32,
}

/// A system that came up, and what it was asked.
#[derive(Debug)]
pub(crate) struct Booted {
    /// `kvm` or `tcg`.
    pub(crate) accelerator: &'static str,
    /// From the start of the kernel to the default target, in seconds.
    pub(crate) up: f64,
    pub(crate) end: End,
    pub(crate) output: Vec<u8>,
    pub(crate) errors: Vec<u8>,
    /// More was said than is kept.
    pub(crate) cut: bool,
    pub(crate) serial_log: Utf8PathBuf,
}

/// Boots an image.
pub(crate) fn boot(job: &Job<'_>, progress: &Progress) -> Result<Booted, BootError> {
    let folder = Folder::of(&job.kept, job.image, progress)?;
    {
        progress.status("Flattening", job.image);
        let _working = progress.working(format!("flattening {}", job.image));
        flatten(job, &folder)?;
    }
    let accelerator = kvm::accelerator(job.architecture, job.programs.qemu, folder.work());
    progress.status("Booting", format_args!("{} in QEMU ({accelerator})", job.image));
    let machine = machine::Machine {
        architecture: job.architecture,
        accelerator,
        memory: job.asked.memory,
        kernel: &folder.kernel(),
        initramfs: &folder.initramfs(),
        arguments: &job.bootable.arguments,
        disk: &folder.disk(),
        record: &folder.record(),
        serial_log: &folder.serial_log(),
    };
    let record = run::run(&machine, job, &folder, progress)?;
    if record.end == End::NOT_STARTED && job.command.may_be_missing() {
        return Err(BootError::NoProgram { program: job.command.program().to_owned() });
    }
    let record::Record { up, end, output, errors, cut } = record;
    Ok(Booted { accelerator, up, end, output, errors, cut, serial_log: folder.serial_log() })
}

/// The image's tree, with the boot's own unit, as a disk; its kernel beside it.
fn flatten(job: &Job<'_>, folder: &Folder) -> Result<(), BootError> {
    let guest = guest::layer(job.command, &job.bootable.target);
    let layers = Layers { described: &job.layers, blobs: job.blobs, guest: &guest };
    let index = layers.merged_on(job.below, job.known)?;
    let root = folder.root();
    layers.unpack(&index, &folder.contents(), &root)?;
    for (path, to) in [(&job.bootable.kernel, folder.kernel()), (&job.bootable.initramfs, folder.initramfs())]
    {
        let from = root.join(path.relative());
        std::fs::hard_link(&from, &to).map_err(|source| BootError::Write { path: to, source })?;
    }
    disk::make(&index, &root, disk::Seen::best(), &folder.disk(), folder.work(), job.programs)?;
    folder.forget_tree()?;
    record::prepare(&folder.record())
}
