//! Boots a built image and runs a command in it. Finds what prevents that before anything is built, if it can.

use super::{Failure, Planned, Ready, Session};
use crate::boot::{self, Asked, Bootable, Booted, Command, Programs};
use crate::image::{self, Built};
use crate::store::Store;
use lapstrake_oci::Digest;

impl Session<'_> {
    /// Turns an image into a disk, boots it, and runs a command in the system.
    pub(crate) fn boot(
        &self,
        (ready, built): (&Ready, &Built),
        store: &Store,
        command: Command,
        asked: Asked,
    ) -> Result<Booted, Failure> {
        let failed = |source| Failure::Boot { image: ready.plan.name.clone(), source: Box::new(source) };
        let architecture = ready.plan.base.architecture;
        let programs = Programs::find(architecture).map_err(|error| failed(error.into()))?;
        let subject = ready.subject();
        let bootable = Bootable::of(subject.tree(), architecture).map_err(|error| failed(error.into()))?;
        let command = command.found_in(subject.tree()).map_err(failed)?;
        let digest = |layer: &image::BuiltLayer| Some((Digest::parse(&layer.digest).ok()?, layer.size));
        let job = boot::Job {
            image: &ready.plan.name,
            architecture,
            bootable: &bootable,
            programs: &programs,
            command: &command,
            asked,
            layers: built.layers.iter().filter_map(digest).collect(),
            blobs: store.layout.blobs(),
            below: &ready.lower.below.index,
            known: ready.base.layers.len() + ready.plan.whole_layers(ready.lower.parts.len()),
            kept: store.paths().boot(),
        };
        boot::boot(&job, self.progress).map_err(failed)
    }
}

impl Planned {
    /// Fails if the plan shows already that the image can't be booted here or has no such program.
    pub(crate) fn can_boot(&self, command: &Command) -> Result<(), Failure> {
        let failed = |source| Failure::Boot { image: self.plan.name.clone(), source: Box::new(source) };
        let architecture = self.plan.base.architecture;
        let subject = self.subject();
        // A step or a package may install a kernel or a program.
        if !subject.runs_unseen() {
            Bootable::of(subject.tree(), architecture).map_err(|error| failed(error.into()))?;
            command.clone().found_in(subject.tree()).map_err(failed)?;
        }
        Programs::find(architecture).map(drop).map_err(|error| failed(error.into()))
    }
}
