//! The commands of podman and buildah, which differ in a few words only.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use camino::{Utf8Path, Utf8PathBuf};

use super::error::Log;
use super::export::EXPORTED;
use super::output::{self, Ended};
use super::{Engine, EngineError, Job, Secrets, export, job_name};
use crate::support::diagnosis::Diagnosis;
use crate::support::folder::{PREFIX, TempFolder};
use crate::support::program::Program;
use crate::support::progress::Progress;
use lapstrake_oci::Claim;

/// A program of the family.
pub(super) struct CommandLine {
    pub(super) engine: &'static dyn Engine,
    pub(super) program: Program,
    /// The template of `inspect` for the id of an image.
    pub(super) id_format: &'static str,
    /// The options of `push` for layers that are plain tars.
    pub(super) push_options: &'static [&'static str],
    /// The commands that print the names of all images and containers, a line each.
    pub(super) list_images: &'static [&'static str],
    pub(super) list_containers: &'static [&'static str],
    /// The template of `info` for the folder of the storage.
    pub(super) storage_format: &'static str,
    pub(super) remove_containers: &'static [&'static str],
}

impl CommandLine {
    pub(super) fn build_layer(
        &self,
        job: &Job<'_>,
        below: usize,
        progress: &Progress,
    ) -> Result<File, EngineError> {
        let output = self.output_folder(job)?;
        self.build(job, None, output.path(), progress)?;
        self.export(job, output.path())?;
        export::last_layer(self.engine, output.path(), below)
    }

    pub(super) fn run_stages(
        &self,
        job: &Job<'_>,
        results: &Utf8Path,
        progress: &Progress,
    ) -> Result<(), EngineError> {
        let output = self.output_folder(job)?;
        self.build(job, Some(results), output.path(), progress)
    }

    /// Creates the folder for the files that an engine writes during a job: in `$TMPDIR`, else in the context, which
    /// is on the disk of the result, because a whole image may be large.
    fn output_folder(&self, job: &Job<'_>) -> Result<TempFolder, EngineError> {
        let not_utf8 = || io::Error::new(io::ErrorKind::InvalidInput, "`TMPDIR` is not UTF-8");
        let chosen = match std::env::var_os("TMPDIR") {
            None => Ok(job.context.to_owned()),
            Some(chosen) => Utf8PathBuf::from_path_buf(chosen.into()).map_err(|_| not_utf8()),
        };
        let folder = chosen.and_then(|folder| {
            Claim::sweep(&folder, &[PREFIX]);
            TempFolder::create_in(&folder, PREFIX)
        });
        folder.map_err(|source| EngineError::Output { engine: self.program.name(), source })
    }

    /// Builds a context: an image of one more layer, or the files of the last stage.
    fn build(
        &self,
        job: &Job<'_>,
        results: Option<&Utf8Path>,
        temporary: &Utf8Path,
        progress: &Progress,
    ) -> Result<(), EngineError> {
        let mut command = self.program.command()?;
        command.current_dir(job.context);
        command.args(["build", "--layers=false", "--force-rm", "--no-cache", "--pull=never", "--timestamp"]);
        command.arg(job.epoch.seconds().to_string());
        command.arg("--tag").arg(job.built());
        // The files of an engine that was killed are removed with this folder.
        command.env("TMPDIR", temporary);
        if !job.network {
            command.args(["--network", "none"]);
        }
        if let Some(folder) = results {
            command.arg("--output").arg(format!("type=local,dest={folder}"));
        }
        job.secrets.give(&mut command);
        command.arg(".");
        let Ended { succeeded, lines } = self.run(&mut command, job.secrets, progress)?;
        match Diagnosis::of_build(&lines, succeeded) {
            None => Ok(()),
            Some(diagnosis) => Err(self.failed(diagnosis, &lines)),
        }
    }

    fn failed(&self, diagnosis: Diagnosis, lines: &[String]) -> EngineError {
        EngineError::Failed { engine: self.engine, diagnosis, log: Log(output::last(lines)) }
    }

    pub(super) fn image_id(&self, reference: &str) -> Result<Option<String>, EngineError> {
        let inspect = ["inspect", "--type", "image", "--format", self.id_format, reference];
        let output = self.program.output(inspect)?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok((output.status.success() && !id.is_empty()).then_some(id))
    }

    pub(super) fn pull(&self, reference: &str, progress: &Progress) -> Result<(), EngineError> {
        let mut command = self.program.command()?;
        command.args(["pull", reference]);
        let Ended { succeeded, lines } = self.run(&mut command, &Secrets::none(), progress)?;
        if succeeded {
            return Ok(());
        }
        let (reference, diagnosis) = (reference.to_owned(), Diagnosis::of_copy(&lines.join("\n")));
        Err(EngineError::Pull { reference, diagnosis, log: Log(output::last(&lines)) })
    }

    /// Writes the image of a job to a folder, its layers as plain tars (containers-transports(5), `dir:`).
    fn export(&self, job: &Job<'_>, output: &Utf8Path) -> Result<(), EngineError> {
        let mut command = self.program.command()?;
        command.args(["push", "--quiet"]).args(self.push_options).arg(job.built());
        command.arg(format!("dir:{}", output.join(EXPORTED)));
        let Ended { succeeded, lines } = self.run(&mut command, &Secrets::none(), &Progress::silent())?;
        match Diagnosis::of_build(&lines, succeeded) {
            None => Ok(()),
            Some(diagnosis) => Err(self.failed(diagnosis, &lines)),
        }
    }

    pub(super) fn name_below(&self, image: &str, job: &str) -> Result<(), EngineError> {
        let mut command = self.program.command()?;
        command.args(["tag", image, &job_name::below(job)]);
        let Ended { succeeded, lines } = self.run(&mut command, &Secrets::none(), &Progress::silent())?;
        match Diagnosis::of_build(&lines, succeeded) {
            None => Ok(()),
            Some(diagnosis) => Err(self.failed(diagnosis, &lines)),
        }
    }

    pub(super) fn stored_names(&self) -> Vec<String> {
        let list = |words: &[&str]| {
            // What can't be listed can't be removed either. The build that follows reports why.
            self.program.output(words).map(|output| output.stdout).unwrap_or_default()
        };
        let listed = [self.list_images, self.list_containers].map(list).concat();
        String::from_utf8_lossy(&listed).lines().map(str::to_owned).collect()
    }

    pub(super) fn storage(&self) -> Option<Utf8PathBuf> {
        let output = self.program.output(["info", "--format", self.storage_format]).ok()?;
        let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (output.status.success() && !path.is_empty()).then(|| path.into())
    }

    pub(super) fn remove_image(&self, id: &str) {
        self.clean_up(&["rmi", "--force"], &[id.to_owned()]);
    }

    pub(super) fn remove(&self, job: &str) {
        // By their names, because the user may have images of the same ids. Those of other jobs have ids of their own.
        let images = [job_name::built(job), job_name::below(job), job_name::results(job)];
        let container =
            |image: &String| format!("{}-working-container", image.trim_start_matches("localhost/"));
        self.clean_up(self.remove_containers, &images.each_ref().map(container));
        self.clean_up(&["rmi", "--force"], &images);
    }

    fn clean_up(&self, words: &[&str], names: &[String]) {
        let Ok(mut command) = self.program.command() else { return };
        // Ctrl-C is not meant for the cleanup.
        command.args(words).args(names).stdin(Stdio::null()).process_group(0);
        drop(command.output());
    }

    fn run(
        &self,
        command: &mut Command,
        secrets: &Secrets,
        progress: &Progress,
    ) -> Result<Ended, EngineError> {
        Ok(output::run(command, secrets, progress).map_err(self.program.not_started())?)
    }
}
