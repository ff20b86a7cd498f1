//! `image diff`: what changes between two images, and what a device with the old one downloads for the new one.

mod document;
mod markdown;
mod target;
mod text;
mod words;

use clap::{ArgAction, Args, ValueEnum};
use lapstrake::{Image, Site};

use self::target::targets;
use super::arguments::Output;
use super::failed::Failed;
use super::print;
use super::report::Report;
use crate::difference::{Difference, Limit, Size, violations};
use crate::finding::Finding;
use crate::session::{Request, Session};
use crate::support::columns::Columns;
use crate::support::explain::Exit;

/// How an image is named, as `--help` shows it.
const NAMES: &str = "\
An image is the name of one of the description, which is its last build, `NAME~1` for the build before \
that one, up to `NAME~4`, or a reference: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, \
`containers-storage:REFERENCE` or `docker://REFERENCE`.";

#[derive(Debug, Args)]
#[command(after_help = NAMES)]
pub(super) struct Diff {
    /// What devices have; left out, the build before NEW
    #[arg(value_name = "OLD")]
    first: Option<String>,
    /// What they get; may be left out where there is one image
    #[arg(value_name = "NEW")]
    second: Option<String>,
    /// Every line of lists that are long
    #[arg(long)]
    all: bool,
    /// End with 1 if there is a change of these kinds, separated by commas
    #[arg(long, value_name = "KIND", value_delimiter = ',', action = ArgAction::Append)]
    fail_on: Vec<Limit>,
    /// End with 1 if a device downloads more: `5MB`, `4.5MiB`
    #[arg(long, value_name = "SIZE")]
    max_download: Option<Size>,
    /// Directory for all that is generated
    #[arg(long, value_name = "DIRECTORY")]
    target_dir: Option<camino::Utf8PathBuf>,
    /// Run without the network
    #[arg(long)]
    offline: bool,
    /// The result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The form of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a person
    Text,
    /// One JSON object
    Json,
    /// For a comment on a pull request
    Markdown,
}

impl Diff {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    pub(super) fn run(&self, images: &[Image], report: &mut Report) -> Result<Exit, Failed> {
        let (old, new) = targets(images, self.first.as_deref(), self.second.as_deref())?;
        let progress = report.progress.clone();
        let mut request = Request { offline: self.offline, ..Request::default() };
        request.passed.target_dir.clone_from(&self.target_dir);
        let session = Session::open(request, &progress)?;
        let new = session.compared(&new, None)?;
        // A device does not change its architecture.
        let old = session.compared(&old, Some(new.image.architecture))?;
        let difference = Difference::of(&old, &new);
        match self.format {
            Format::Text => print(&text::of(&difference, self.all, Columns::of_stdout()))?,
            Format::Markdown => print(&markdown::of(&difference, self.all))?,
            Format::Json => report.set("difference", document::of(&difference)),
        }
        let found = violations(&difference, &self.fail_on, self.max_download);
        let found: Vec<_> = found
            .into_iter()
            .map(|violation| Finding {
                site: None,
                ..Finding::fatal(violation.name, Site::caller(), violation.message)
            })
            .collect();
        report.show(&found, &session.workspace.root);
        Ok(if found.is_empty() { Exit::Done } else { Exit::Findings })
    }
}
