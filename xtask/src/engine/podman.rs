//! podman as an engine.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};

use super::commands::CommandLine;
use super::{Engine, EngineError, Job};
use crate::support::program::{Program, ProgramError};
use crate::support::progress::Progress;

#[derive(Debug)]
pub(super) struct Podman;

const COMMANDS: CommandLine = CommandLine {
    engine: &Podman,
    program: Program::PODMAN,
    id_format: "{{.Id}}",
    push_options: &[],
    list_images: &["images", "--all", "--format", "{{.Repository}}"],
    // Containers of a build belong to buildah's part of the storage.
    list_containers: &["ps", "--all", "--external", "--format", "{{.Names}}"],
    storage_format: "{{.Store.GraphRoot}}",
    remove_containers: &["rm", "--force"],
};

impl Engine for Podman {
    fn name(&self) -> &'static str {
        "podman"
    }

    fn require(&self) -> Result<(), ProgramError> {
        Program::PODMAN.find().map(drop)
    }

    fn list_storage(&self) -> &'static str {
        "podman system df"
    }

    fn build_layer(&self, job: &Job<'_>, below: usize, progress: &Progress) -> Result<File, EngineError> {
        COMMANDS.build_layer(job, below, progress)
    }

    fn run_stages(&self, job: &Job<'_>, results: &Utf8Path, progress: &Progress) -> Result<(), EngineError> {
        COMMANDS.run_stages(job, results, progress)
    }

    fn image_id(&self, reference: &str) -> Result<Option<String>, EngineError> {
        COMMANDS.image_id(reference)
    }

    fn pull(&self, reference: &str, progress: &Progress) -> Result<(), EngineError> {
        COMMANDS.pull(reference, progress)
    }

    fn name_below(&self, image: &str, job: &str) -> Result<(), EngineError> {
        COMMANDS.name_below(image, job)
    }

    fn stored_names(&self) -> Vec<String> {
        COMMANDS.stored_names()
    }

    fn storage(&self) -> Option<Utf8PathBuf> {
        COMMANDS.storage()
    }

    fn remove_image(&self, id: &str) {
        COMMANDS.remove_image(id);
    }

    fn remove(&self, job: &str) {
        COMMANDS.remove(job);
    }
}
