//! `image lock`: pins every base that the images stand on.

use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{BuildArgs, FormatArgs, Output};
use super::failed::Failed;
use super::report::Report;
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
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Lock {
    pub(super) fn run(&self, images: &[Image], report: &mut Report) -> Result<Exit, Failed> {
        let progress = report.progress.clone();
        let mut request = self.building.request(&self.output);
        request.update = self.update;
        let mut session = Session::open(request, &progress)?;
        let findings = session.open_bases(images);
        report.show(findings.all(), &session.workspace.root);
        if findings.any_fatal() {
            return Ok(Exit::Findings);
        }
        session.prune_lock(images);
        if self.update {
            session.forget_packages();
        }
        session.save_lock()?;
        report.set("pins", json!(session.pins().all()));
        progress.status("Locked", session.pins());
        Ok(Exit::Done)
    }
}
