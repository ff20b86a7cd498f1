//! `image push`: builds an image and pushes it to a registry. The result on stdout is each reference that it has there.

use std::time::Instant;

use clap::{ArgAction, Args};
use lapstrake::Image;
use lapstrake::value::Reference;
use serde_json::json;

use super::arguments::{BuildArgs, FormatArgs, Output, TargetArgs};
use super::failed::Failed;
use super::make::{EngineArgs, ImageBuilder};
use super::prepare::{CheckArgs, Prepared, prepare};
use super::print;
use super::push_error::PushError;
use super::report::Report;
use super::selection::select_one;
use crate::check::Checks;
use crate::deliver::{Registry, StoredImage, summary};
use crate::plan::Plan;
use crate::session::{Failure, Request};
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct Push {
    /// The image, by name or glob; may be left out where there is one
    #[arg(value_name = "IMAGE")]
    image: Option<String>,
    /// `HOST/REPOSITORY[:TAG]`; left out, the description's reference
    #[arg(value_name = "REF")]
    reference: Option<String>,
    /// Another tag; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// With `false`, accept any certificate of it, and plain HTTP
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    tls_verify: bool,
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

impl Push {
    pub(super) fn run(&self, images: &[Image], checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        select_one(images, self.image.as_slice(), "push")?;
        let progress = report.progress.clone();
        let settings = self.making.settings()?;
        let request = Request { compression: settings.compression, ..self.building.request(&self.output) };
        let selection = self.checking.selection(&[]);
        let which = TargetArgs { images: self.image.iter().cloned().collect() };
        let prepared = prepare(images, checks, &which, selection, request, &progress)?;
        if prepared.is_refused(report)? {
            return Ok(Exit::Findings);
        }
        let Prepared { mut session, planned, checks, selection, .. } = prepared;
        let Some(planned) = planned.into_iter().next() else { return Ok(Exit::Done) };
        let registry = self.registry(&planned.plan)?;
        let failed = |source| Failure::Deliver { image: planned.plan.name.clone(), source };
        registry.check().map_err(failed)?;
        session.save_lock()?;
        let store = session.store()?;
        let maker = ImageBuilder {
            making: &self.making,
            store: &store,
            settings,
            checks: &checks,
            selection: &selection,
        };
        let Some((ready, built)) = maker.make(&mut session, planned, report)? else {
            return Ok(Exit::Findings);
        };
        let started = Instant::now();
        let image = StoredImage { store: &store, name: &ready.plan.name };
        let pushed = registry
            .push(&image, &progress)
            .map_err(|source| Failure::Deliver { image: ready.plan.name.clone(), source })?;
        session.trim_store();
        let references = registry.references();
        progress.status("Pushed", format_args!("{} ({})", ready.plan.name, summary(&pushed)));
        report.add_image(json!({
            "name": ready.plan.name,
            "digest": built.descriptor.digest,
            "references": references,
            "layers": { "present": pushed.present, "mounted": pushed.mounted, "sent": pushed.sent },
            "bytes": pushed.bytes,
            "requests": pushed.requests,
            "timings": { "push": started.elapsed().as_secs_f64() },
            "findings": report.findings().of(&ready.plan.name),
        }));
        if !report.is_document() {
            print(&references.iter().map(|line| format!("{line}\n")).collect::<String>())?;
        }
        Ok(Exit::Done)
    }

    /// Returns where the image goes: the reference of the command or of the description, and the tags.
    fn registry(&self, plan: &Plan) -> Result<Registry, PushError> {
        let described = || plan.repository.as_ref().map(Reference::as_str);
        let text = self.reference.as_deref().or_else(described);
        let text = text.ok_or_else(|| PushError::NoReference { image: plan.name.clone() })?;
        let text = text.strip_prefix("docker://").unwrap_or(text);
        if text.contains('@') {
            return Err(PushError::Digest { reference: text.to_owned() });
        }
        let parse = |text: &str| Reference::parse(text).map_err(PushError::Reference);
        let has_tag = text.rsplit('/').next().is_some_and(|last| last.contains(':'));
        let reference = if has_tag {
            parse(text)?
        } else if let Some(tag) = self.tags.first() {
            parse(&format!("{text}:{tag}"))?
        } else {
            // The repository must be right before its tag can be wrong.
            parse(&format!("{text}:latest"))?;
            let no_tag = || PushError::NoTag { image: plan.name.clone(), repository: text.to_owned() };
            let version = plan.version.as_ref().ok_or_else(no_tag)?;
            Reference::parse(&format!("{text}:{version}")).map_err(|_| no_tag())?
        };
        for tag in &self.tags {
            parse(&format!("{}:{tag}", reference.repository()))?;
        }
        Ok(Registry::new(reference, &self.tags, self.tls_verify))
    }
}
