//! `image gc`: removes what no image of the workspace needs.

use std::num::NonZeroUsize;

use clap::Args;
use indicatif::HumanBytes;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{Format, FormatArgs, Output};
use super::report::Failed;
use super::selection::select;
use super::{print, print_json};
use crate::plan::SCHEMA;
use crate::session::{Collected, Request, Session};
use crate::support::explain::Exit;

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
    formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Gc {
    pub(super) fn run(&self, images: &[Image]) -> Result<Exit, Failed> {
        // Without an image, everything would be removed.
        select(images, &[])?;
        let progress = self.output.progress();
        let mut request = Request::default();
        request.passed.target_dir.clone_from(&self.target_dir);
        let session = Session::open(request, &progress)?;
        let keep = self.keep.get();
        let collected = if self.dry_run {
            session.find_garbage(images, keep)?
        } else {
            session.collect_garbage(images, keep)?
        };
        match self.formatted.format {
            Format::Text => print(&self.text(&collected))?,
            Format::Json => print_json(&self.document(&collected))?,
        }
        Ok(Exit::Done)
    }

    fn text(&self, Collected { files, jobs }: &Collected) -> String {
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
        text + &format!("{:>9}  {freed}\n", HumanBytes(freed_bytes(files)).to_string())
    }

    fn document(&self, Collected { files, jobs }: &Collected) -> serde_json::Value {
        let removed: Vec<_> = files
            .iter()
            .map(|(kind, amount)| json!({ "kind": kind, "count": amount.count, "bytes": amount.bytes }))
            .collect();
        json!({
            "schema": SCHEMA,
            "dry_run": self.dry_run,
            "keep": self.keep,
            "freed": freed_bytes(files),
            "removed": removed,
            "killed_jobs": jobs,
        })
    }
}

fn freed_bytes(files: &std::collections::BTreeMap<&'static str, crate::store::Amount>) -> u64 {
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
