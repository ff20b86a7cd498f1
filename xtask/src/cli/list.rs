//! `image list`: the images that a workspace describes. Reads nothing but the description.

use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{Format, FormatArgs, Output, TargetArgs};
use super::report::Failed;
use super::selection::select;
use super::{print, print_json};
use crate::plan::SCHEMA;
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
        let named = selected.iter().filter_map(|image| Some((image.name.get().ok()?, image)));
        match self.formatted.format {
            Format::Text => print(&named.map(|(name, _)| format!("{name}\n")).collect::<String>()),
            Format::Json => {
                let images: Vec<_> = named
                    .map(|(name, image)| {
                        let base = image.base.location.get().map(ToString::to_string).ok();
                        json!({ "name": name, "version": image.version.as_deref(), "base": base, "site": image.site })
                    })
                    .collect();
                print_json(&json!({ "schema": SCHEMA, "images": images }));
            }
        }
        Ok(Exit::Done)
    }
}
