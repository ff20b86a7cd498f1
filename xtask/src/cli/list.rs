//! `image list`: the images that a workspace describes. Reads nothing but the description.

use camino::Utf8PathBuf;
use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{FormatArgs, Output, TargetArgs};
use super::failed::Failed;
use super::print;
use super::report::Report;
use super::selection::select;
use crate::project::workspace::Workspace;
use crate::session::names;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    which: TargetArgs,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl List {
    pub(super) fn run(&self, images: &[Image], report: &mut Report) -> Result<Exit, Failed> {
        let selected = select(images, &self.which.images)?;
        let findings = names(images, &selected);
        if !findings.all().is_empty() {
            // The list itself needs no workspace; the user's own lines do.
            let root =
                Workspace::read(None).map_or_else(|_| Utf8PathBuf::from("."), |workspace| workspace.root);
            report.show(findings.all(), &root);
        }
        let named = selected.iter().filter_map(|image| Some((image.name.get().ok()?, image)));
        let mut text = String::new();
        for (name, image) in named {
            let base = image.base.location.get().map(ToString::to_string).ok();
            report.add_image(
                json!({ "name": name, "version": image.version.as_deref(), "base": base, "site": image.site }),
            );
            text += &format!("{name}\n");
        }
        if !report.is_document() {
            print(&text)?;
        }
        Ok(if findings.any_fatal() { Exit::Findings } else { Exit::Done })
    }
}
