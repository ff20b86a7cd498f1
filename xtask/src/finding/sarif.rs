//! Findings as SARIF 2.1.0 (OASIS), which code hosts and editors read: one run, a rule for each check, a
//! result for each finding. A log goes to other machines, and holds no absolute path of this one.

use std::collections::HashMap;
use std::fs;

use camino::Utf8Path;
use lapstrake::Site;
use serde_json::{Map, Value, json};

use super::spot::Spot;
use super::{Finding, Severity, excerpt};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What a reader puts in front of relative URIs: the root of its own checkout.
const ROOT: &str = "SRCROOT";

/// A rule that findings go by, as a SARIF log lists it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) severity: Severity,
    pub(crate) reason: &'static str,
    pub(crate) phase: &'static str,
}

/// A run of the checks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub(crate) findings: &'a [Finding],
    pub(crate) rules: &'a [Rule],
    /// Whether all checks ran, also those of what cargo builds.
    pub(crate) complete: bool,
    /// The workspace that sites are relative to.
    pub(crate) root: &'a Utf8Path,
    /// Why the run ended early, if it did.
    pub(crate) failure: Option<&'a RunFailure>,
}

/// The failure of a run, for reasons outside of the description.
#[derive(Debug, Clone)]
pub(crate) struct RunFailure {
    /// What failed, each cause, and what to do.
    pub(crate) text: String,
    pub(crate) site: Option<Site>,
    pub(crate) exit_code: u8,
}

/// Returns the log of one run.
pub(crate) fn sarif(run: Run<'_>) -> Value {
    let Run { findings, rules, complete, root, failure } = run;
    let indices = rules.iter().zip(0..).map(|(rule, index)| (rule.name, index)).collect();
    let log = Log { indices, root };
    let results: Vec<_> = findings.iter().map(|finding| log.result(finding)).collect();
    let rules: Vec<_> = rules.iter().map(rule).collect();
    let invocation = match failure {
        Some(failure) => log.failed(failure),
        None => json!({ "executionSuccessful": true }),
    };
    json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [{
        "tool": { "driver": {
            "name": "lapstrake",
            "version": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules,
        } },
        "invocations": [invocation],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": { "complete": complete },
    }] })
}

fn rule(check: &Rule) -> Value {
    json!({
        "id": check.name,
        "shortDescription": { "text": check.reason },
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": { "phase": check.phase },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Fatal => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

struct Log<'a> {
    /// Where each rule is in the list of rules.
    indices: HashMap<&'static str, usize>,
    root: &'a Utf8Path,
}

impl Log<'_> {
    fn result(&self, finding: &Finding) -> Value {
        let text = match &finding.help {
            Some(help) => format!("{}\nhelp: {help}", finding.message),
            None => finding.message.clone(),
        };
        let mut result = Map::new();
        let mut set = |name: &str, value| drop(result.insert(name.to_owned(), value));
        set("ruleId", json!(finding.name));
        if let Some(index) = self.indices.get(finding.name) {
            set("ruleIndex", json!(index));
        }
        set("level", json!(level(finding.severity)));
        set("message", json!({ "text": text }));
        set("locations", json!([self.location(finding)]));
        let related = Spot::others(finding).into_iter().zip(1_u32..).map(|((spot, message), id)| {
            let mut location = self.place(spot);
            location.insert("id".to_owned(), json!(id));
            location.insert("message".to_owned(), json!({ "text": message }));
            location
        });
        set("relatedLocations", related.collect::<Vec<_>>().into());
        set("properties", properties(finding));
        result.into()
    }

    /// The invocation that failed.
    fn failed(&self, failure: &RunFailure) -> Value {
        let RunFailure { text, site, exit_code } = failure;
        let mut notification = json!({ "level": "error", "message": { "text": text } });
        let place = site.map(|site| self.place(Spot::Call(site))).unwrap_or_default();
        if !place.is_empty() {
            notification["locations"] = json!([place]);
        }
        json!({
            "executionSuccessful": false,
            "exitCode": exit_code,
            "toolExecutionNotifications": [notification],
        })
    }

    /// The place in the workspace, and the path in the image.
    fn location(&self, finding: &Finding) -> Value {
        let mut location = Spot::first(finding).map(|spot| self.place(spot)).unwrap_or_default();
        if let Some(path) = &finding.path {
            let logical = json!([{ "fullyQualifiedName": path, "kind": "resource" }]);
            location.insert("logicalLocations".to_owned(), logical);
        }
        location.into()
    }

    /// A place in the workspace; one outside of it, in a crate of somebody else's, is not shown.
    fn place(&self, spot: Spot<'_>) -> Map<String, Value> {
        let file = Utf8Path::new(spot.file(self.root));
        let file = file.strip_prefix(self.root).unwrap_or(file);
        let mut place = Map::new();
        if file.is_relative() {
            let mut region = json!({ "startLine": spot.line(), "startColumn": spot.column() });
            if let Some(end) = self.end(spot) {
                region["endColumn"] = json!(end);
            }
            let artifact = json!({ "uri": uri(file), "uriBaseId": ROOT });
            let physical = json!({ "artifactLocation": artifact, "region": region });
            place.insert("physicalLocation".to_owned(), physical);
        }
        place
    }

    /// The column after the place. The end of a call is known where the source is still what was compiled.
    fn end(&self, spot: Spot<'_>) -> Option<usize> {
        match spot {
            Spot::File(place) => {
                usize::try_from(place.end_column).ok().filter(|_| place.end_column > place.column)
            }
            Spot::Call(site) => {
                let source = fs::read_to_string(self.root.join(site.file())).ok()?;
                let span = excerpt::span(&source, spot)?;
                let characters = source.get(span)?.chars().count();
                usize::try_from(site.column()).ok()?.checked_add(characters)
            }
        }
    }
}

fn properties(finding: &Finding) -> Value {
    let mut properties = json!({ "images": finding.images });
    let known = [
        ("path", finding.path.as_ref().map(|path| json!(path))),
        ("blame", finding.blame.as_ref().map(|blame| json!(blame))),
        ("because", finding.because.as_ref().map(|because| json!(because))),
        ("bootc", finding.bootc.map(|verdict| json!(verdict))),
        ("help", finding.help.as_ref().map(|help| json!(help))),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            properties[name] = value;
        }
    }
    properties
}

/// A relative path as a URI reference (RFC 3986).
fn uri(path: &Utf8Path) -> String {
    let mut uri = String::new();
    for byte in path.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_that_no_reader_takes_apart() {
        assert_eq!(
            uri(Utf8Path::new("xtask/src/Größe 1:2#x.rs")),
            "xtask/src/Gr%C3%B6%C3%9Fe%201%3A2%23x.rs"
        );
    }

    #[track_caller]
    fn here((): ()) -> Site {
        Site::caller()
    }

    #[test]
    fn a_place_outside_of_the_workspace_is_not_told_to_others() {
        let log = Log { indices: HashMap::new(), root: Utf8Path::new("/nowhere") };
        assert!(log.place(Spot::Call(here(()))).contains_key("physicalLocation"));
        // A function that is passed as a value is called from the standard library.
        let outside = std::iter::once(()).map(here).next().unwrap();
        assert!(outside.file().starts_with('/'), "{outside}");
        assert_eq!(log.place(Spot::Call(outside)), Map::new());
    }
}
