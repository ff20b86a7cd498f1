//! `image check`: what is wrong, without building anything.

use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{Building, Format, Output, Which};
use super::report::Failed;
use super::selection::select;
use super::{Outcome, print, print_json};
use crate::finding::{Findings, draw};
use crate::pipeline::{self, Session};
use crate::plan::SCHEMA;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Check {
    pub(super) fn run(&self, images: &[Image]) -> Result<Outcome, Failed> {
        let selected = select(images, &self.which.images)?;
        let progress = self.output.progress();
        let mut session = Session::open(self.building.request(&self.output), &progress)?;
        let mut findings = pipeline::names(images);
        findings.merge(session.plan(&selected).1);
        match self.output.format {
            Format::Text => {
                print(&draw(findings.all(), &session.workspace.root, self.output.color.on_stdout()));
                if !self.output.quiet {
                    progress.status("Checked", summary(selected.len(), &findings));
                }
            }
            Format::Json => print_json(&json!({ "schema": SCHEMA, "findings": findings.all() })),
        }
        Ok(if findings.any_fatal() { Outcome::Refused } else { Outcome::Done })
    }
}

fn summary(images: usize, findings: &Findings) -> String {
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    format!("{}: {}", plural(images, "image"), plural(findings.all().len(), "finding"))
}
