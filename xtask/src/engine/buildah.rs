//! buildah as an engine.

use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};

use super::commands::CommandLine;
use super::{Engine, EngineError, Job};
use crate::support::program::{Program, ProgramError};
use crate::support::progress::Progress;

#[derive(Debug)]
pub(super) struct Buildah;

const COMMANDS: CommandLine = CommandLine {
    engine: &Buildah,
    program: Program::BUILDAH,
    id_format: "{{.FromImageID}}",
    // Without it buildah compresses every layer.
    push_options: &["--disable-compression"],
    list_images: &["images", "--all", "--format", "{{.Name}}"],
    list_containers: &["containers", "--all", "--format", "{{.ContainerName}}"],
    storage_format: "{{.store.GraphRoot}}",
    remove_containers: &["rm"],
};

impl Engine for Buildah {
    fn name(&self) -> &'static str {
        "buildah"
    }

    fn require(&self) -> Result<(), ProgramError> {
        Program::BUILDAH.find().map(drop)
    }

    fn list_storage(&self) -> &'static str {
        "buildah images"
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
