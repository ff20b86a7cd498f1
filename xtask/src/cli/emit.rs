//! `image emit`: the plan as a Containerfile and its context.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{Building, Format, Output, Which};
use super::report::Failed;
use super::selection::select;
use super::{Outcome, print, print_json};
use crate::finding::draw;
use crate::pipeline::{self, Planned, Session};
use crate::plan::SCHEMA;

#[derive(Debug, Args)]
pub(super) struct Emit {
    #[command(flatten)]
    which: Which,
    /// Folder for the context; with several images, for one folder each [default: target/lapstrake/context/IMAGE]
    #[arg(short, long = "output", value_name = "DIR")]
    output_dir: Option<Utf8PathBuf>,
    #[command(flatten)]
    building: Building,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Emit {
    pub(super) fn run(&self, images: &[Image]) -> Result<Outcome, Failed> {
        let selected = select(images, &self.which.images)?;
        let progress = self.output.progress();
        let mut session = Session::open(self.building.request(&self.output), &progress)?;
        let mut findings = pipeline::names(images);
        let (planned, found) = session.plan(&selected);
        findings.merge(found);
        eprint!("{}", draw(findings.all(), &session.workspace.root, self.output.color.on_stderr()));
        if findings.any_fatal() {
            return Ok(Outcome::Refused);
        }
        session.save_lock()?;
        let contexts = session.workspace.target.join("lapstrake").join("context");
        let mut written = Vec::new();
        for planned in &planned {
            let Planned { plan, .. } = planned;
            let to = match &self.output_dir {
                Some(directory) if selected.len() == 1 => directory.clone(),
                Some(directory) => directory.join(plan.name.as_str()),
                None => contexts.join(plan.name.as_str()),
            };
            session.emit(planned, &to)?;
            progress.status(
                "Emitted",
                format_args!("{}: `cd {to} && podman build -t localhost/{} .`", plan.name, plan.name),
            );
            written.push((plan.name.clone(), to));
        }
        match self.output.format {
            Format::Text => print(&written.iter().map(|(_, to)| format!("{to}\n")).collect::<String>()),
            Format::Json => {
                let context = |(name, to): &(_, Utf8PathBuf)| json!({ "name": name, "context": to, "containerfile": containerfile(to) });
                let images: Vec<_> = written.iter().map(context).collect();
                print_json(&json!({ "schema": SCHEMA, "images": images, "findings": findings.all() }));
            }
        }
        Ok(Outcome::Done)
    }
}

fn containerfile(context: &Utf8Path) -> Utf8PathBuf {
    context.join("Containerfile")
}
