//! `image list`: the images that a workspace describes. Reads nothing but the description.

use camino::Utf8PathBuf;
use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{Format, FormatArgs, Output, TargetArgs};
use super::report::{Failed, to_stderr};
use super::selection::select;
use super::{print, print_json};
use crate::finding::draw;
use crate::plan::SCHEMA;
use crate::project::workspace::Workspace;
use crate::session::names;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    which: TargetArgs,
    #[command(flatten)]
    formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl List {
    pub(super) fn run(&self, images: &[Image]) -> Result<Exit, Failed> {
        let selected = select(images, &self.which.images)?;
        let findings = names(images, &selected);
        if !findings.all().is_empty() {
            // The list itself needs no workspace; the user's own lines do.
            let root =
                Workspace::read(None).map_or_else(|_| Utf8PathBuf::from("."), |workspace| workspace.root);
            to_stderr(&draw(findings.all(), &root, self.output.color.on_stderr()));
        }
        let named = selected.iter().filter_map(|image| Some((image.name.get().ok()?, image)));
        match self.formatted.format {
            Format::Text => print(&named.map(|(name, _)| format!("{name}\n")).collect::<String>())?,
            Format::Json => {
                let images: Vec<_> = named
                    .map(|(name, image)| {
                        let base = image.base.location.get().map(ToString::to_string).ok();
                        json!({ "name": name, "version": image.version.as_deref(), "base": base, "site": image.site })
                    })
                    .collect();
                print_json(&json!({ "schema": SCHEMA, "images": images, "findings": findings.all() }))?;
            }
        }
        Ok(if findings.any_fatal() { Exit::Findings } else { Exit::Done })
    }
}
