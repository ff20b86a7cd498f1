//! `image gc`: removes what no image of the workspace needs.

use std::num::NonZeroUsize;

use clap::Args;
use indicatif::HumanBytes;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{FormatArgs, Output};
use super::failed::Failed;
use super::print;
use super::report::Report;
use super::selection::select;
use crate::session::{Collected, Request, Session};
use crate::store::Amount;
use crate::support::explain::Exit;
use crate::support::small_map::SmallMap;

#[derive(Debug, Args)]
pub(super) struct Gc {
    /// How many builds of each image are kept
    #[arg(long, value_name = "N", default_value = "1")]
    keep: NonZeroUsize,
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Directory for all that is generated
    #[arg(long, value_name = "DIRECTORY")]
    target_dir: Option<camino::Utf8PathBuf>,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Gc {
    pub(super) fn run(&self, images: &[Image], report: &mut Report) -> Result<Exit, Failed> {
        // Without an image, everything would be removed.
        select(images, &[])?;
        let progress = report.progress.clone();
        let mut request = Request::default();
        request.passed.target_dir.clone_from(&self.target_dir);
        let session = Session::open(request, &progress)?;
        let keep = self.keep.get();
        let collected = if self.dry_run {
            session.find_garbage(images, keep)?
        } else {
            session.collect_garbage(images, keep)?
        };
        if report.is_document() {
            self.describe(&collected, report);
        } else {
            print(&self.text(&collected))?;
        }
        Ok(Exit::Done)
    }

    fn text(&self, Collected { files, jobs, store, cache }: &Collected) -> String {
        let mut text = String::new();
        for (kind, amount) in files {
            text += &format!(
                "{:>9}  {} {}\n",
                HumanBytes(amount.bytes).to_string(),
                amount.count,
                plural(kind, amount.count)
            );
        }
        if !jobs.is_empty() {
            let count = jobs.len() as u64;
            text += &format!("{:>9}  {count} {} of podman or buildah\n", "", plural("killed job", count));
        }
        let freed = if self.dry_run { "would be freed" } else { "freed" };
        for (bytes, what) in [
            (freed_bytes(files), freed),
            (*store, "in the store of this workspace"),
            (*cache, "in the user's cache"),
        ] {
            text += &format!("{:>9}  {what}\n", HumanBytes(bytes).to_string());
        }
        text
    }

    fn describe(&self, Collected { files, jobs, store, cache }: &Collected, report: &mut Report) {
        let removed: Vec<_> = files
            .iter()
            .map(|(kind, amount)| json!({ "kind": kind, "count": amount.count, "bytes": amount.bytes }))
            .collect();
        report.set("dry_run", json!(self.dry_run));
        report.set("keep", json!(self.keep));
        report.set("freed", json!(freed_bytes(files)));
        report.set("removed", json!(removed));
        report.set("killed_jobs", json!(jobs));
        report.set("store", json!(store));
        report.set("cache", json!(cache));
    }
}

fn freed_bytes(files: &SmallMap<&'static str, Amount>) -> u64 {
    files.values().map(|amount| amount.bytes).sum()
}

/// Returns the name of a kind as it is written after a number.
fn plural(kind: &str, count: u64) -> String {
    match (count, kind.split_once(' ')) {
        (1, _) => kind.to_owned(),
        (_, Some((first, rest))) if rest.starts_with("of ") => format!("{} {rest}", plural(first, count)),
        (_, _) if kind.ends_with('x') => format!("{kind}es"),
        (_, _) => format!("{kind}s"),
    }
}
