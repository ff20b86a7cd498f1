//! The labels of an image, and what its base's say of the whole: whether bootc takes it, whether it boots.

use std::collections::BTreeMap;

use lapstrake::Image;
use lapstrake::value::LabelKey;

use super::site::site_or;
use crate::base::Base;
use crate::finding::Finding;

/// The label that `bootc status` shows as the version.
const VERSION_LABEL: &str = "org.opencontainers.image.version";
/// bootc refuses an image that has neither, and does not look at the value.
const BOOTC_LABELS: [&str; 2] = ["containers.bootc", "ostree.bootable"];

pub(super) fn labels(image: &Image, base: &Base, findings: &mut Vec<Finding>) -> BTreeMap<LabelKey, String> {
    let mut labels = BTreeMap::new();
    if let Some(version) = image.version.as_deref() {
        if let Some(wrong) = version.chars().find(|c| c.is_control()) {
            let message = format!("version `{}` has `{}`", version.escape_debug(), wrong.escape_debug());
            let finding = Finding::fatal("label-value", image.site, message);
            findings.push(finding.help(format!("write `.version({:?})`", version.trim())));
        } else if let Ok(key) = LabelKey::parse(VERSION_LABEL) {
            labels.insert(key, version.to_owned());
        }
    }
    for (key, value) in &image.labels {
        let valid = match key.get() {
            Ok(valid) => valid.clone(),
            Err(error) => {
                findings.push(Finding::invalid(error, site_or(key.site(), image.site)));
                continue;
            }
        };
        if let Some(wrong) = value.chars().find(|c| c.is_control()) {
            let message =
                format!("label `{valid}` has `{}`, which a Containerfile can't state", wrong.escape_debug());
            findings.push(Finding::fatal("label-value", site_or(key.site(), image.site), message));
            continue;
        }
        labels.insert(valid, value.clone());
    }
    let has = |key: &&str| labels.contains_key(*key) || base.label(key).is_some();
    let accepts = |name: &str| image.allowed.iter().any(|check| *check == name);
    if !BOOTC_LABELS.iter().any(has) && !accepts("bootc-label") {
        let message = "neither the base nor the image has the label `containers.bootc`; bootc refuses it";
        let finding = Finding::fatal("bootc-label", image.base.site(), message);
        findings.push(finding.help("add `.label(\"containers.bootc\", \"1\")`, or take a bootc base"));
    }
    if base.index.is_sealed() && !accepts("sealed-base") {
        let message = "the base is sealed: what is layered on it does not boot until it is resealed";
        let finding = Finding::warning("sealed-base", image.base.site(), message);
        findings.push(
            finding.help("run `aib reseal SRC NEW` on the result, or take a base with `sealed: false`"),
        );
    }
    labels
}
