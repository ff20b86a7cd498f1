//! `image plan`: what would be built, and why each layer would be written. It compiles nothing and
//! writes nothing.

use std::sync::Arc;

use clap::Args;
use lapstrake::Image;
use serde_json::json;

use super::arguments::{BuildArgs, Format, FormatArgs, Output, TargetArgs};
use super::failed::Failed;
use super::prepare::{CheckArgs, Prepared, prepare};
use super::print;
use super::report::Report;
use crate::check::Checks;
use crate::image::{LayerOrigin, forecast};
use crate::inputs::Artefacts;
use crate::layer::CacheKey;
use crate::plan::{PlannedLayer, render};
use crate::session::{Failure, Planned, Session};
use crate::store::Store;
use crate::support::columns::Columns;
use crate::support::explain::Exit;
use lapstrake_oci::Compression;

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    which: TargetArgs,
    #[command(flatten)]
    checking: CheckArgs,
    #[command(flatten)]
    building: BuildArgs,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Plan {
    pub(super) fn run(&self, images: &[Image], checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        let progress = report.progress.clone();
        let request = self.building.request(&self.output);
        let selection = self.checking.selection(&[]);
        let prepared = prepare(images, checks, &self.which, selection, request, &progress)?;
        let Prepared { session, planned, findings, .. } = prepared;
        let store = session.existing_store();
        let mut text = String::new();
        for Planned { plan, lower, .. } in &planned {
            let forecasts =
                plan.layers.iter().enumerate().map(|(number, layer)| match lower.parts.get(number) {
                    Some(laid) if laid.origin == LayerOrigin::Engine => {
                        Ok(format!("engine, {}", laid.reason))
                    }
                    _ => expect(plan, number, layer, store.as_deref(), &session),
                });
            let forecasts = forecasts.collect::<Result<Vec<_>, Failure>>();
            let forecasts =
                forecasts.inspect_err(|_| report.show(findings.all(), &session.workspace.root))?;
            match self.formatted.format {
                Format::Text => text += &render(plan, &forecasts, Columns::of_stdout()),
                Format::Json => {
                    let mut document = serde_json::to_value(plan).expect("a plan has a form in JSON");
                    for (layer, forecast) in forecasts.iter().enumerate() {
                        document["layers"][layer]["forecast"] = json!(forecast);
                    }
                    report.add_image(document);
                }
            }
        }
        if report.is_document() {
            report.record(findings.all());
        } else {
            let printed = print(&text);
            report.show(findings.all(), &session.workspace.root);
            printed?;
        }
        session.check_lock()?;
        Ok(if findings.any_fatal() { Exit::Findings } else { Exit::Done })
    }
}

/// What a build would do with a layer, as far as that is known before cargo has run.
fn expect(
    plan: &crate::plan::Plan,
    number: usize,
    layer: &Arc<PlannedLayer>,
    store: Option<&Store>,
    session: &Session<'_>,
) -> Result<String, Failure> {
    if layer.needs_engine() {
        return Ok("engine, because it runs inside the image; then kept".to_owned());
    }
    // Its owners and parents are looked up in a tree that is not there yet.
    let stands_on = plan.layers.iter().take(number).rfind(|below| below.needs_engine());
    if let Some(below) = stands_on.filter(|_| number >= plan.prefix() && store.is_none()) {
        return Ok(format!("native, on what the engine makes of `{}`", below.name));
    }
    if layer.artefacts().next().is_some() {
        return Ok("depends on what cargo builds".to_owned());
    }
    if layer.is_compiled() {
        return Ok("depends on what a builder image compiles".to_owned());
    }
    let Some(store) = store else { return Ok("first build".to_owned()) };
    let staged = session.inputs(std::slice::from_ref(layer), Artefacts::default());
    let staged = staged.map_err(|source| Failure::Inputs { image: plan.name.clone(), source })?;
    let forecast =
        forecast(plan, layer, &CacheKey::of(layer, staged.layer(&layer.name), Compression::default()), store);
    forecast.map_err(|source| Failure::Build { image: plan.name.clone(), source: Box::new(source) })
}
