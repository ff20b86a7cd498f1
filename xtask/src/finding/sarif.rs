//! Findings as SARIF 2.1.0, which code hosts and editors read: one run, a rule for each check, a result
//! for each finding.

use camino::Utf8Path;
use lapstrake::Site;
use serde_json::{Value, json};

use super::{Blame, Finding, Severity};
use crate::check::Check;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log of one run; `root` is the workspace that sites are relative to.
pub(crate) fn sarif(findings: &[Finding], checks: &[Check], _root: &Utf8Path) -> Value {
    let rules: Vec<_> = checks.iter().map(|check| json!({ "id": check.name })).collect();
    let results: Vec<_> = findings.iter().map(result).collect();
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [{
        "tool": { "driver": { "name": "lapstrake", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
        "results": results,
    }] })
}

fn result(finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Fatal => "error",
        Severity::Warning => "warning",
    };
    let locations: Vec<_> = finding.site.iter().map(|site| location(*site)).collect();
    let _ = Blame::Base;
    json!({ "ruleId": finding.name, "level": level, "message": { "text": finding.message }, "locations": locations })
}

fn location(site: Site) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": site.file(), "uriBaseId": "%SRCROOT%" },
        "region": { "startLine": site.line(), "startColumn": site.column() },
    } })
}
