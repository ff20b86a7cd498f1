//! `image explain`: what checks look for. Reads nothing but the command line.

use clap::Args;
use serde_json::json;

use super::arguments::{FormatArgs, Output};
use super::failed::Failed;
use super::print;
use super::report::Report;
use crate::check::{Check, Checks, Selection};
use crate::finding::Bootc;
use crate::support::columns::Columns;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Checks, by the names in the brackets of findings
    #[arg(value_name = "CHECK", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    pub(super) formatted: FormatArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

impl ExplainArgs {
    pub(super) fn run(&self, checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        let wanted = Selection { only: self.names.clone(), ..Selection::default() }.of(checks)?;
        if report.is_document() {
            report.set("checks", wanted.iter().map(to_json).collect::<Vec<_>>().into());
        } else {
            let columns = Columns::of_stdout();
            let explained: Vec<_> = wanted.iter().map(|check| check.explanation(columns)).collect();
            print(&explained.join("\n"))?;
        }
        Ok(Exit::Done)
    }
}

/// Returns a check as a row of the document.
pub(super) fn to_json(check: &Check) -> serde_json::Value {
    json!({
        "name": check.name,
        "severity": check.severity,
        "phase": check.phase,
        "reason": check.reason,
        "bootc": Bootc::of(check.name),
        "fate": check.verdict().map(|verdict| verdict.fate),
        "source": check.verdict().map(|verdict| verdict.source),
        "example": check.example.texts().map(|(faulty, fixed)| json!({ "faulty": faulty, "fixed": fixed })),
    })
}
