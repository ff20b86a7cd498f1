//! `image sign`: signs an image of a registry. The result on stdout is each digest that is signed.

use clap::{ArgAction, Args};
use lapstrake::Image;
use lapstrake::value::Reference;
use lapstrake_oci::Repository;
use serde_json::json;

use super::arguments::{FormatArgs, Output};
use super::failed::Failed;
use super::key_args::KeyArgs;
use super::print;
use super::report::Report;
use super::selection::{select, select_one};
use super::sign_error::SignError;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
// The usage that clap makes of the required group is wider than a terminal.
#[command(override_usage = "cargo xtask image sign [IMAGE] REF --key PATH [OPTIONS]")]
pub(super) struct Sign {
    #[command(flatten)]
    named: NamedArgs,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The image of a registry that a command is about.
#[derive(Debug, Args)]
pub(super) struct NamedArgs {
    /// `[IMAGE] HOST/REPOSITORY[:TAG][@DIGEST]`; left out, the reference of the image's description
    #[arg(value_name = "REF", num_args = 0..=2)]
    words: Vec<String>,
    /// With `false`, accept any certificate of the host, and plain HTTP
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
    pub(super) tls_verify: bool,
}

impl NamedArgs {
    /// Returns the reference of the command line, or that of the description.
    pub(super) fn reference(&self, images: &[Image], verb: &'static str) -> Result<Reference, Failed> {
        let (name, text) = match &self.words[..] {
            [name, text] => (Some(name), Some(text)),
            [text] if text.contains('/') => (None, Some(text)),
            [name] => (Some(name), None),
            _ => (None, None),
        };
        let patterns = name.map(std::slice::from_ref).unwrap_or_default();
        if text.is_none() || name.is_some() {
            select_one(images, patterns, verb)?;
        }
        if let Some(text) = text {
            let text = text.strip_prefix("docker://").unwrap_or(text);
            return Ok(Reference::parse(text).map_err(SignError::Reference)?);
        }
        let image = select(images, patterns)?.into_iter().next();
        let described = image.and_then(|image| image.reference.as_ref()?.get().ok()).cloned();
        let image = image.and_then(|image| image.name.get().ok()).map(ToString::to_string);
        let missing = || SignError::NoReference { image: image.unwrap_or_default() };
        Ok(described.ok_or_else(missing)?)
    }
}

impl Sign {
    pub(super) fn run(&self, images: &[Image], report: &mut Report) -> Result<Exit, Failed> {
        let reference = self.named.reference(images, "sign")?;
        let signer = self.key.signer()?;
        let progress = report.progress.clone();
        let failed = |source| SignError::Sign { reference: reference.clone(), source };
        let connected = Repository::connect(&reference, self.named.tls_verify);
        let mut repository = connected.map_err(|source| failed(source.into()))?;
        let signed = repository.sign(&reference, &*signer).map_err(failed)?;
        let fingerprint = signer.public_key().fingerprint();
        let names: Vec<_> =
            signed.iter().map(|one| format!("docker://{}@{}", reference.repository(), one.digest)).collect();
        for (one, name) in signed.iter().zip(&names) {
            let word = if one.is_new { "Signed" } else { "Present" };
            progress.status(word, format_args!("{name} as {reference} by key {}", &fingerprint[..16]));
        }
        report.set("reference", json!(reference.as_str()));
        report.set("key", json!(fingerprint));
        let signed = signed.iter().map(|one| {
            json!({ "digest": one.digest.to_string(), "architecture": one.platform, "new": one.is_new })
        });
        report.set("signed", signed.collect());
        if !report.is_document() {
            print(&names.iter().map(|name| format!("{name}\n")).collect::<String>())?;
        }
        Ok(Exit::Done)
    }
}
