//! `image plan`: what would be built, and why each layer would be written. It compiles nothing and
//! writes nothing.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::Args;
use lapstrake::Image;
use lapstrake::value::{ImagePath, LayerName};
use serde_json::{Value, json};

use super::arguments::{BuildArgs, Format, FormatArgs, Output, TargetArgs};
use super::failed::Failed;
use super::prepare::{CheckArgs, Prepared, prepare};
use super::print;
use super::report::Report;
use crate::check::Checks;
use crate::finding::Look;
use crate::image::{LayerOrigin, forecast};
use crate::inputs::Artefacts;
use crate::layer::{CacheKey, marks_of_paths};
use crate::plan::{Forecast, LastBuild, Mark, Member, Origin, PlannedLayer, render};
use crate::session::{Failure, Planned, Session};
use crate::store::Store;
use crate::support::columns::Columns;
use crate::support::explain::Exit;
use crate::support::progress::Colour;
use crate::support::small_map::SmallMap;
use lapstrake_oci::Compression;
use lapstrake_oci::tree::Kind;

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
        // What is read by a program has no colours because of a variable of CI.
        let colour = match self.output.color {
            Colour::Auto => std::io::stdout().is_terminal() && Colour::Auto.on_stdout(),
            given => given.on_stdout(),
        };
        let look = Look { colour, columns: Columns::of_stdout() };
        let mut text = String::new();
        for Planned { plan, lower, .. } in &planned {
            let forecasts =
                plan.layers.iter().enumerate().map(|(number, layer)| match lower.parts.get(number) {
                    Some(part) if part.origin == LayerOrigin::Engine => {
                        Ok(because(format!("engine, {}", part.reason)))
                    }
                    _ => expect(plan, number, layer, store.as_deref(), &session),
                });
            let forecasts = forecasts.collect::<Result<Vec<_>, Failure>>();
            let forecasts =
                forecasts.inspect_err(|_| report.show(findings.all(), &session.workspace.root))?;
            let last = last_build(plan, store.as_deref());
            match self.formatted.format {
                Format::Text => text += &render(plan, &forecasts, &last, look),
                Format::Json => {
                    let mut document = serde_json::to_value(plan).expect("a plan has a form in JSON");
                    for (layer, forecast) in forecasts.iter().enumerate() {
                        let planned = &mut document["layers"][layer];
                        planned["forecast"] = json!(forecast.reason);
                        planned["sizes"] = json!(forecast.sizes);
                        planned["since_last_build"] = json!(forecast.marks);
                    }
                    document["last_build"] = match last {
                        LastBuild::Missing => Value::Null,
                        LastBuild::Found { gone } => json!({ "layers_gone": gone }),
                    };
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

/// Returns what a plan is compared with.
fn last_build(plan: &crate::plan::Plan, store: Option<&Store>) -> LastBuild {
    let names = store.and_then(|store| store.layers_of_last_build(&plan.name));
    let is_gone = |name: &LayerName| !plan.layers.iter().any(|layer| layer.name == *name);
    names.map_or(LastBuild::Missing, |names| LastBuild::Found {
        gone: names.into_iter().filter(is_gone).collect(),
    })
}

/// Returns the sizes of a layer's files that can be read; those that can't are findings.
fn known_sizes(layer: &PlannedLayer) -> SmallMap<ImagePath, u64> {
    let size = |member: &Member| match &member.kind {
        Kind::File(Origin::Asset { host, .. }) => std::fs::metadata(host).ok().map(|file| file.len()),
        Kind::File(Origin::Read(file)) => Some(file.facts.size),
        Kind::File(Origin::Unpacked(file)) => Some(file.size),
        Kind::File(Origin::Text(text)) => u64::try_from(text.len()).ok(),
        _ => None,
    };
    layer.members.iter().filter_map(|(path, member)| Some((path.clone(), size(member)?))).collect()
}

fn because(reason: impl Into<String>) -> Forecast {
    Forecast { reason: reason.into(), ..Forecast::default() }
}

/// Returns what a build would do with a layer, as far as that is known before cargo has run.
fn expect(
    plan: &crate::plan::Plan,
    number: usize,
    layer: &Arc<PlannedLayer>,
    store: Option<&Store>,
    session: &Session<'_>,
) -> Result<Forecast, Failure> {
    if layer.needs_engine() {
        return Ok(because("engine, because it runs inside the image; then kept"));
    }
    // Its owners and parents are looked up in a tree that is not there yet.
    let stands_on = plan.layers.iter().take(number).rfind(|below| below.needs_engine());
    if let Some(below) = stands_on.filter(|_| number >= plan.prefix() && store.is_none()) {
        return Ok(because(format!("native, on what the engine makes of `{}`", below.name)));
    }
    let last = store.and_then(|store| store.last_inputs_of(&plan.name, &layer.name));
    let earlier = || store?.inputs_of::<CacheKey>(&last.as_ref()?.key);
    let all_new = || layer.members.keys().map(|path| (path.clone(), Mark::Added)).collect();
    let waits = match (layer.artefacts().next(), layer.is_compiled()) {
        (Some(_), _) => Some("depends on what cargo builds"),
        (None, true) => Some("depends on what a builder image compiles"),
        (None, false) if !session.is_fetched(layer) => Some("depends on what is downloaded"),
        (None, false) if layer.secret_hashes().next().is_some() => Some("depends on a secret"),
        (None, false) => None,
    };
    if let Some(reason) = waits {
        let marks = match last {
            Some(_) => earlier().map(|earlier| marks_of_paths(layer.members.keys(), &earlier)),
            None => Some(all_new()),
        };
        return Ok(Forecast { marks, ..because(reason) });
    }
    // Digests would be kept in the store, and a plan does not make one.
    let Some(store) = store else {
        return Ok(Forecast { sizes: known_sizes(layer), ..because("first build") });
    };
    let staged = session.inputs(std::slice::from_ref(layer), &Artefacts::default());
    let staged = staged.map_err(|source| {
        let (image, root) = (plan.name.clone(), session.workspace.root.clone());
        Failure::Inputs { image, root, source }
    })?;
    let inputs = staged.layer(&layer.name);
    let size = |(path, member): (&ImagePath, &Member)| match &member.kind {
        Kind::File(origin) => Some((path.clone(), inputs.get(origin)?.size)),
        _ => None,
    };
    let sizes = layer.members.iter().filter_map(size).collect();
    let key = CacheKey::of(layer, inputs, Compression::default());
    let marks = match last {
        Some(_) => earlier().map(|earlier| key.marks_since(&earlier)),
        None => Some(all_new()),
    };
    let reason = forecast(plan, layer, &key, store);
    let reason =
        reason.map_err(|source| Failure::Build { image: plan.name.clone(), source: Box::new(source) })?;
    Ok(Forecast { reason, marks, sizes })
}
