//! Where the result, the findings and the error of a command go: to stdout and stderr as a person reads them, as one
//! JSON document on stdout with `--format json`, and as JSON lines on stderr with `--progress json`.

use std::io::Write as _;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value, json};

use super::failed::Failed;
use super::print_json;
use crate::engine;
use crate::finding::{Finding, Findings, Look, Rule, Run, RunFailure, draw, sarif};
use crate::plan::SCHEMA;
use crate::support::columns::Columns;
use crate::support::explain::{Exit, Explain};
use crate::support::progress::{Colour, Progress};

/// What stdout of a command has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stdout {
    /// The result itself, which the command writes.
    Result,
    /// One JSON document, also where the command fails.
    Document,
    /// A SARIF log of the findings, also where the command fails.
    Sarif,
}

/// What a command has found and made so far.
pub(super) struct Report {
    stdout: Stdout,
    colour: Colour,
    pub(super) progress: Progress,
    findings: Findings,
    fields: Map<String, Value>,
    sarif: Sarif,
}

/// What a SARIF log has beside the findings.
#[derive(Debug, Default)]
pub(super) struct Sarif {
    pub(super) rules: Vec<Rule>,
    /// Whether all checks ran.
    pub(super) complete: bool,
    /// The workspace that sites are relative to.
    pub(super) root: Utf8PathBuf,
}

impl Report {
    pub(super) fn new(stdout: Stdout, colour: Colour, progress: Progress) -> Self {
        let fields = Map::from_iter([("schema".to_owned(), json!(SCHEMA))]);
        let (findings, sarif) = (Findings::default(), Sarif::default());
        Self { stdout, colour, progress, findings, fields, sarif }
    }

    /// Whether stdout has a JSON document, which the end of the command prints.
    pub(super) fn is_document(&self) -> bool {
        self.stdout != Stdout::Result
    }

    /// Sets what a SARIF log has beside the findings.
    pub(super) fn set_sarif(&mut self, set: impl FnOnce(&mut Sarif)) {
        set(&mut self.sarif);
    }

    /// Sets a field of the document.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.fields.insert(name.to_owned(), value);
    }

    /// Adds an image to the document.
    pub(super) fn add_image(&mut self, image: Value) {
        if let Value::Array(images) = self.fields.entry("images").or_insert_with(|| json!([])) {
            images.push(image);
        }
    }

    /// Returns the findings so far.
    pub(super) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Writes what another program wrote to its stderr.
    pub(super) fn pass_on(&self, bytes: &[u8]) {
        if self.progress.is_json() {
            self.progress.lines(bytes);
        } else {
            // No line can be written when stderr is closed.
            drop(std::io::stderr().lock().write_all(bytes));
        }
    }

    /// Adds findings to the document, and writes them to stderr; `root` is the workspace that sites are relative to.
    pub(super) fn show(&mut self, found: &[Finding], root: &Utf8Path) {
        if self.progress.is_json() {
            for finding in found {
                let fact = Map::from_iter([("finding".to_owned(), json!(finding))]);
                self.progress.event("finding", &finding.message, fact);
            }
        } else {
            to_stderr(&draw(found, root, look_of_stderr(self.colour)));
        }
        self.record(found);
    }

    /// Adds findings to the document.
    pub(super) fn record(&mut self, found: &[Finding]) {
        self.findings.add(None, found.to_vec());
    }

    /// Ends the command: prints the document and the error.
    pub(super) fn end(mut self, result: Result<Exit, Failed>) -> ExitCode {
        let exit = match &result {
            Ok(exit) => *exit,
            Err(failed) => failed.exit(),
        };
        let printed = match self.stdout {
            Stdout::Result => Ok(()),
            Stdout::Document => {
                self.set("findings", json!(self.findings.all()));
                if let Err(failed) = &result {
                    self.set("error", Value::Object(failed.to_json()));
                }
                print_json(&Value::Object(std::mem::take(&mut self.fields)))
            }
            Stdout::Sarif => print_json(&self.sarif_of(result.as_ref().err())),
        };
        if let Err(failed) = result {
            self.write_error(&failed);
            engine::reraise_signal();
        }
        if let Err(error) = printed {
            self.write_error(&error.into());
            return Exit::Failure.into();
        }
        exit.into()
    }

    fn sarif_of(&self, failed: Option<&Failed>) -> Value {
        let Sarif { rules, complete, root } = &self.sarif;
        let failure = failed.map(|failed| RunFailure {
            text: failed.to_text(),
            site: failed.site(),
            exit_code: failed.exit().code(),
        });
        let complete = *complete && failure.is_none();
        sarif(Run { findings: self.findings.all(), rules, complete, root, failure: failure.as_ref() })
    }

    fn write_error(&self, failed: &Failed) {
        if self.progress.is_json() {
            self.progress.event("error", &failed.to_string(), failed.to_json());
        } else {
            to_stderr(&failed.draw(look_of_stderr(self.colour)));
        }
    }
}

fn look_of_stderr(colour: Colour) -> Look {
    Look { colour: colour.on_stderr(), columns: Columns::of_stderr() }
}

/// Writes to stderr as a person reads it. Where that can't be written, the exit code has to say it.
pub(super) fn to_stderr(text: &str) {
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}
