//! `image lock`: pins every base that the images stand on.

use clap::Args;
use lapstrake::Image;

use super::arguments::{BuildArgs, Output};
use super::report::{Failed, to_stderr};
use crate::finding::draw;
use crate::session::Session;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct Lock {
    /// Pin what each reference stands for now, not what it was pinned to; packages are resolved anew by
    /// the next build
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    building: BuildArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Lock {
    pub(super) fn run(&self, images: &[Image]) -> Result<Exit, Failed> {
        let progress = self.output.progress();
        let mut request = self.building.request(&self.output);
        request.update = self.update;
        let mut session = Session::open(request, &progress)?;
        let findings = session.open_bases(images);
        to_stderr(&draw(findings.all(), &session.workspace.root, self.output.color.on_stderr()));
        if findings.any_fatal() {
            return Ok(Exit::Findings);
        }
        session.prune_lock(images);
        if self.update {
            session.forget_packages();
        }
        session.save_lock()?;
        progress.status("Locked", session.pins());
        Ok(Exit::Done)
    }
}
