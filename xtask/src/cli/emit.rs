//! `image emit`: the plan as a Containerfile and its context.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{BuildArgs, FormatArgs, Output, TargetArgs};
use super::failed::Failed;
use super::prepare::{CheckArgs, Prepared, prepare, staged};
use super::print;
use super::report::Report;
use crate::check::Checks;
use crate::engine::EnginePolicy;
use crate::plan::PlannedLayer;
use crate::support::explain::Exit;
use crate::support::shell::word;
use crate::support::small_map::SmallSet;

#[derive(Debug, Args)]
pub(super) struct Emit {
    #[command(flatten)]
    which: TargetArgs,
    /// Folder for the context; with several images, for one folder each [default: target/lapstrake/context/IMAGE]
    #[arg(short, long = "output", value_name = "DIR")]
    output_dir: Option<Utf8PathBuf>,
    #[command(flatten)]
    checking: CheckArgs,
    #[command(flatten)]
    building: BuildArgs,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Emit {
    pub(super) fn run(&self, images: &[Image], checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        let progress = report.progress.clone();
        let request = self.building.request(&self.output);
        let selection = self.checking.selection(&[]);
        let prepared = prepare(images, checks, &self.which, selection, request, &progress)?;
        if prepared.is_refused(report)? {
            return Ok(Exit::Findings);
        }
        let Prepared { mut session, planned, checks, selection, asked, .. } = prepared;
        session.save_lock()?;
        let contexts = session.paths().contexts();
        let mut written = String::new();
        let mut refused = false;
        for planned in planned {
            let ready = session.stage(planned, EnginePolicy::Any)?;
            let found =
                staged(&ready, &checks, &selection, |finding| report.findings().all().contains(finding));
            report.show(found.all(), &session.workspace.root);
            if found.any_fatal() {
                refused = true;
                continue;
            }
            let plan = &ready.plan;
            let to = match &self.output_dir {
                Some(directory) if asked == 1 => directory.clone(),
                Some(directory) => directory.join(plan.name.as_str()),
                None => contexts.join(plan.name.as_str()),
            };
            session.emit(&ready, &to)?;
            let secrets: SmallSet<_> = plan.layers.iter().flat_map(|layer| layer.secrets()).collect();
            let secrets: String = secrets.into_iter().map(|secret| format!("--secret {secret} ")).collect();
            // What steps do not reach by us, they need not reach by podman.
            let any = |is: fn(&PlannedLayer) -> bool| plan.layers.iter().any(|layer| is(layer));
            let alone = any(PlannedLayer::needs_engine) && !any(PlannedLayer::wants_network);
            let offline = if alone { "--network none " } else { "" };
            let name = &plan.name;
            progress.status(
                "Emitted",
                format_args!(
                    "{name}: `cd {} && podman build {offline}{secrets}-t localhost/{name} .`",
                    folder(&to)
                ),
            );
            report.add_image(json!({ "name": name, "context": to, "containerfile": containerfile(&to) }));
            written += &format!("{to}\n");
        }
        if !report.is_document() {
            print(&written)?;
        }
        Ok(if refused { Exit::Findings } else { Exit::Done })
    }
}

/// Returns a folder as an argument of `cd`, to which `-` is an option or the folder before.
fn folder(path: &Utf8Path) -> String {
    let here = if path.as_str().starts_with('-') { "./" } else { "" };
    word(&format!("{here}{path}"))
}

fn containerfile(context: &Utf8Path) -> Utf8PathBuf {
    context.join("Containerfile")
}
