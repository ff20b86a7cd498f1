//! `image verify`: whether an image of a registry is signed by a key, or is accepted by a device, and by which rule.

use camino::Utf8PathBuf;
use clap::Args;
use lapstrake::Image;
use lapstrake_oci::Repository;
use lapstrake_oci::signature::Device;
use serde_json::json;

use super::arguments::{FormatArgs, Output};
use super::failed::Failed;
use super::key_args::public_key;
use super::print;
use super::report::Report;
use super::sign::NamedArgs;
use super::sign_error::SignError;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    named: NamedArgs,
    /// The public key by which the image must be signed
    #[arg(long, value_name = "PATH", conflicts_with_all = ["root", "policy", "registries_d"])]
    key: Option<Utf8PathBuf>,
    /// The device's root, with its policy, its registries.d and its keys
    #[arg(long, value_name = "DIRECTORY", default_value = "/")]
    root: Utf8PathBuf,
    /// The policy [default: `etc/containers/policy.json` of the root]
    #[arg(long, value_name = "PATH")]
    policy: Option<Utf8PathBuf>,
    /// The folder [default: `etc/containers/registries.d` of the root]
    #[arg(long, value_name = "DIRECTORY")]
    registries_d: Option<Utf8PathBuf>,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl Verify {
    pub(super) fn run(&self, images: &[Image], report: &mut Report) -> Result<Exit, Failed> {
        let reference = self.named.reference(images, "verify")?;
        let failed = |source| SignError::Verify { reference: reference.clone(), source };
        let connect = || Repository::connect(&reference, self.named.tls_verify).map_err(|e| failed(e.into()));
        let verdict = if let Some(path) = &self.key {
            let key = public_key(path)?;
            connect()?.verify_by_key(&reference, key)
        } else {
            let device = Device::read(&self.root, self.policy.as_deref(), self.registries_d.as_deref());
            let device = device.map_err(SignError::Device)?;
            connect()?.verify(&reference, &device)
        };
        let verdict = verdict.map_err(failed)?;
        let refusal = verdict.refusal().map(ToOwned::to_owned);
        let manifests = verdict.manifests.iter().map(|one| {
            json!({ "digest": one.digest.to_string(), "architecture": one.platform, "refusal": one.refusal })
        });
        report.set("reference", json!(reference.as_str()));
        report.set("digest", json!(verdict.digest.to_string()));
        report.set("rule", json!(verdict.rule));
        report.set("accepted", json!(refusal.is_none()));
        report.set("manifests", manifests.collect());
        if let Some(reason) = refusal {
            return Err(SignError::Refused { reference, rule: verdict.rule, reason }.into());
        }
        let name = format!("docker://{}@{}", reference.repository(), verdict.digest);
        report.progress.status("Accepted", format_args!("{name} by {}", verdict.rule));
        if !report.is_document() {
            print(&format!("{name}\n"))?;
        }
        Ok(Exit::Done)
    }
}
