//! Runs steps inside images: an engine is one file, and a row in the table of engines. An engine builds one layer
//! out of a context that this process wrote, or runs build stages for their files. Which layers need one is decided
//! elsewhere.

mod abandoned;
pub(crate) mod build_stage;
mod buildah;
mod cached;
mod commands;
mod debris;
mod error;
mod export;
mod interrupt;
mod job_name;
pub(crate) mod layers;
mod output;
mod podman;
mod policy;
mod results;
mod rewrite;
mod secrets;
mod stored;
mod unfinished;

use std::fmt::Debug;
use std::fs::File;

use camino::{Utf8Path, Utf8PathBuf};

pub(crate) use abandoned::{jobs_of_killed, sweep, sweep_storages};
pub(crate) use error::EngineError;
pub(crate) use interrupt::reraise_signal;
pub(crate) use policy::EnginePolicy;
pub(crate) use rewrite::RewriteError;
pub(crate) use secrets::{SecretError, Secrets};

use self::buildah::Buildah;
use self::podman::Podman;
use crate::image::Epoch;
use crate::support::program::ProgramError;
use crate::support::progress::Progress;

/// Every engine. Where any may be used, the first that is available is.
const ENGINES: [&dyn Engine; 2] = [&Podman, &Buildah];

/// Returns the names of all engines.
fn names(separator: &str) -> String {
    ENGINES.map(Engine::name).join(separator)
}

/// Runs steps inside images.
///
/// A signal stops the processes that an engine has started through [`output`], and the step then fails. An engine
/// removes nothing by itself: its caller does, by [`remove`](Self::remove).
pub(crate) trait Engine: Debug + Sync {
    /// Returns the name, as `--engine` has it.
    fn name(&self) -> &'static str;

    /// Fails where the engine can't be used on this machine. Starts nothing.
    fn require(&self) -> Result<(), ProgramError>;

    /// Returns the command that shows what the engine's storage holds.
    fn list_storage(&self) -> &'static str;

    /// Builds the Containerfile of a context on an image of `below` layers, and returns the tar of the one layer that
    /// it adds.
    fn build_layer(&self, job: &Job<'_>, below: usize, progress: &Progress) -> Result<File, EngineError>;

    /// Runs the stages of a Containerfile, and writes the files of the last one to a folder.
    fn run_stages(&self, job: &Job<'_>, results: &Utf8Path, progress: &Progress) -> Result<(), EngineError>;

    /// Returns the id of an image in the engine's storage, or `None` if it has no such image.
    fn image_id(&self, reference: &str) -> Result<Option<String>, EngineError>;

    /// Copies an image from its registry to the engine's storage.
    fn pull(&self, reference: &str, progress: &Progress) -> Result<(), EngineError>;

    /// Names an image of the engine's storage as the image below a job, so that containers on it have the name of
    /// the job.
    fn name_below(&self, image: &str, job: &str) -> Result<(), EngineError>;

    /// Returns the names of all images and containers of the engine's storage.
    fn stored_names(&self) -> Vec<String>;

    /// Returns the folder of the engine's storage.
    fn storage(&self) -> Option<Utf8PathBuf>;

    /// Removes an image by its id, with its containers.
    fn remove_image(&self, id: &str);

    /// Removes the images and containers of the job of that name from the engine's storage. It is not an error that
    /// there are none. An image that has other names too only loses the name of the job.
    fn remove(&self, job: &str);
}

/// A context in a folder, and how an engine builds it.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) context: &'a Utf8Path,
    /// The name of this job alone: the folder of the context that FROM names, if the image below is in the context,
    /// and a part of the names in the engine's storage.
    pub(crate) name: &'a str,
    pub(crate) network: bool,
    pub(crate) epoch: Epoch,
    pub(crate) secrets: &'a Secrets,
}

impl Job<'_> {
    /// Returns the name of the image that the job builds.
    fn built(&self) -> String {
        job_name::built(self.name)
    }

    /// Returns the name that an engine gives the image below, if that is a layout in the context.
    fn below(&self) -> String {
        job_name::below(self.name)
    }
}
