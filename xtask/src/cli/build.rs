//! `image build`: compile, stage, build. The result on stdout is a reference for each image.

use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use lapstrake::{Image, TransportRef};
use serde_json::{Value, json};

use super::arguments::{BuildArgs, FormatArgs, Output, TargetArgs};
use super::built::{download_of, report_built, size_of};
use super::failed::Failed;
use super::make::{EngineArgs, ImageBuilder};
use super::prepare::{CheckArgs, Prepared, prepare};
use super::print;
use super::report::Report;
use super::selection::select_one;
use crate::check::Checks;
use crate::deliver::{self, Destination, StoredImage};
use crate::image::{self, Built};
use crate::session::{Failure, Ready, Request};
use crate::support::explain::Exit;
use crate::support::progress::Progress;
use crate::support::shell::word;

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    which: TargetArgs,
    /// Also put the image at `oci:DIR[:TAG]`, `oci-archive:FILE`, `containers-storage:REFERENCE` or
    /// `docker://REFERENCE`; only for one image
    #[arg(short, long = "output", value_name = "DESTINATION", value_parser = deliver::parse)]
    output_to: Vec<Arc<dyn Destination>>,
    #[command(flatten)]
    making: EngineArgs,
    #[command(flatten)]
    checking: CheckArgs,
    #[command(flatten)]
    building: BuildArgs,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Build {
    pub(super) fn run(&self, images: &[Image], checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        let started = Instant::now();
        if !self.output_to.is_empty() {
            // Of several images, each would replace the one before.
            select_one(images, &self.which.images, "build --output")?;
        }
        for destination in &self.output_to {
            destination.check()?;
        }
        let progress = report.progress.clone();
        let settings = self.making.settings()?;
        let request = Request { compression: settings.compression, ..self.building.request(&self.output) };
        let selection = self.checking.selection(&[]);
        let prepared = prepare(images, checks, &self.which, selection, request, &progress)?;
        if prepared.is_refused(report)? {
            return Ok(Exit::Findings);
        }
        let Prepared { mut session, planned, checks, selection, .. } = prepared;
        session.save_lock()?;
        let plan_took = started.elapsed();
        let store = session.store()?;
        let maker = ImageBuilder {
            making: &self.making,
            store: &store,
            settings,
            checks: &checks,
            selection: &selection,
        };
        let mut text = String::new();
        let (mut written, mut refused) = (false, false);
        let mut stands_in = false;
        for planned in planned {
            let started = Instant::now();
            let Some((ready, built)) = maker.make(&mut session, planned, report)? else {
                refused = true;
                continue;
            };
            for destination in &self.output_to {
                let image = StoredImage { store: &store, name: &ready.plan.name };
                destination
                    .put(&image, &progress)
                    .map_err(|source| Failure::Deliver { image: ready.plan.name.clone(), source })?;
            }
            let reference = image::reference(&store, &ready.plan);
            report_built(&ready.plan, &built, &progress);
            stands_in |= ready.base.location == TransportRef::StandIn;
            written |= built.layers.iter().any(|layer| !layer.reused);
            text += &format!("{reference}\n");
            let mut document = describe(&ready, &built, &reference, self.making.builder(&built));
            document["timings"] =
                json!({ "plan": plan_took.as_secs_f64(), "build": started.elapsed().as_secs_f64() });
            document["findings"] = json!(report.findings().of(&ready.plan.name));
            report.add_image(document);
        }
        session.trim_store();
        if !report.is_document() {
            print(&text)?;
            if written {
                next(stands_in, text.lines().next(), &progress);
            }
        }
        Ok(if refused { Exit::Findings } else { Exit::Done })
    }
}

fn describe(ready: &Ready, built: &Built, reference: &str, engine: &str) -> Value {
    let plan = &ready.plan;
    json!({
        "name": plan.name,
        "reference": reference,
        "digest": built.descriptor.digest,
        "engine": engine,
        "base": { "reference": plan.base.reference, "digest": plan.base.digest },
        "layers": built.layers,
        "size": size_of(&built.layers),
        "download": download_of(&built.layers),
        "last_build": built.gone.as_ref().map(|gone| json!({ "layers_gone": gone })),
    })
}

/// What a user would want to do next.
fn next(stands_in: bool, first: Option<&str>, progress: &Progress) {
    let Some(reference) = first else { return };
    let reference = word(reference);
    progress
        .status("Next", format_args!("look at it: `skopeo inspect {reference}`, `podman pull {reference}`"));
    if stands_in {
        progress.status("Next", "the stand-in base does not boot; describe a real one with `Base::oci(…)`, or try one with `--base`");
    }
}
