//! `image check`: every finding, and nothing else. It compiles what a check has to see, and builds
//! nothing.

use camino::Utf8Path;
use clap::{Args, ValueEnum};
use lapstrake::Image;
use serde_json::json;

use super::arguments::{BuildArgs, Output, TargetArgs};
use super::explain::to_json;
use super::failed::Failed;
use super::prepare::{CheckArgs, Prepared, prepare};
use super::report::{Report, Stdout};
use super::{PrintError, print};
use crate::check::{self, Checks, Phase};
use crate::engine::EnginePolicy;
use crate::finding::{Findings, Look, Severity, draw};
use crate::project::fixes::apply;
use crate::session::{check_staged, check_units, is_whole};
use crate::support::columns::Columns;
use crate::support::explain::Exit;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    which: TargetArgs,
    /// List the checks, and check nothing
    #[arg(long)]
    list: bool,
    /// Run this check alone; may be given several times
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,
    /// Change the files of the workspace where a fix is certain
    #[arg(long, conflicts_with = "list")]
    fix: bool,
    #[command(flatten)]
    checking: CheckArgs,
    /// The result on stdout
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Form,
    #[command(flatten)]
    building: BuildArgs,
    #[command(flatten)]
    pub(super) output: Output,
}

/// The form of the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a person
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
}

impl Check {
    pub(super) fn stdout(&self) -> Stdout {
        match self.format {
            Form::Text => Stdout::Result,
            Form::Sarif if !self.list => Stdout::Sarif,
            Form::Json | Form::Sarif => Stdout::Document,
        }
    }

    pub(super) fn run(&self, images: &[Image], checks: &Checks, report: &mut Report) -> Result<Exit, Failed> {
        if self.list {
            list(&checks.all(), report)?;
            return Ok(Exit::Done);
        }
        report.set("complete", json!(false));
        report.set_sarif(|sarif| sarif.rules = checks.all().iter().map(check::Check::rule).collect());
        let all_checks = checks;
        let progress = report.progress.clone();
        let request = self.building.request(&self.output);
        let selection = self.checking.selection(&self.only);
        let prepared = prepare(images, checks, &self.which, selection, request, &progress)?;
        let Prepared { session, planned, mut findings, checks, selection, asked } = prepared;
        report.set_sarif(|sarif| sarif.root.clone_from(&session.workspace.root));
        let waiting = checks.iter().filter(|check| check.phase == Phase::Inputs).count();
        for planned in &planned {
            findings.add(Some(&planned.plan.name), check_units(planned, &checks));
        }
        let mut complete = waiting == 0 || planned.len() == asked;
        for planned in if waiting > 0 { planned } else { Vec::new() } {
            let name = planned.plan.name.clone();
            // A description with a fault has a plan without the faulty part, which can't be compiled as it is meant.
            if !is_whole(findings.of(&name), all_checks) {
                findings.add(Some(&name), session.check_known_inputs(&planned, &checks)?);
                complete = false;
                continue;
            }
            match session.stage(planned, EnginePolicy::Any) {
                Ok(ready) => {
                    let mut found = Findings::default();
                    found.add(Some(&name), check_staged(&ready, &checks));
                    found.change(|found| found.retain(|finding| !findings.all().contains(finding)));
                    findings.merge(found);
                }
                Err(error) => {
                    findings.change(|findings| selection.keep(findings));
                    report.show(findings.all(), &session.workspace.root);
                    return Err(error.into());
                }
            }
        }
        findings.change(|findings| selection.keep(findings));
        let root = &session.workspace.root;
        match self.format {
            Form::Text => {
                let look = Look { colour: self.output.color.on_stdout(), columns: Columns::of_stdout() };
                print(&draw(findings.all(), root, look))?;
                if !complete {
                    progress.status(
                        "Waiting",
                        format_args!("{waiting} checks look at what cargo builds, once these are fixed"),
                    );
                }
                progress.status("Checked", summary(asked, &findings, self.fix));
            }
            Form::Json => {
                report.set("complete", json!(complete));
                report.record(findings.all());
            }
            Form::Sarif => {
                report.set_sarif(|sarif| sarif.complete = complete);
                report.record(findings.all());
            }
        }
        if self.fix {
            fix(&findings, root, report)?;
        }
        session.check_lock()?;
        Ok(if findings.any_fatal() { Exit::Findings } else { Exit::Done })
    }
}

/// Makes the fixes that are certain, and says which files have changed. The description is compiled, so only the next
/// run sees what is left.
fn fix(findings: &Findings, root: &Utf8Path, report: &mut Report) -> Result<(), Failed> {
    let applied = apply(findings.all().iter().filter_map(|finding| finding.fix.as_deref()), root)?;
    for (file, count) in &applied.files {
        report.progress.status("Fixed", format_args!("{file} ({})", plural(*count, "change")));
    }
    if applied.left > 0 {
        let left =
            format_args!("{} of them left, because the file or the call is written otherwise", applied.left)
                .to_string();
        report.progress.warning(left);
    }
    if applied.files.is_empty() {
        report.progress.status("Fixed", "nothing");
    }
    report.set("fixed", json!({ "files": applied.files, "left": applied.left }));
    Ok(())
}

/// The columns that the reason of a check has at least beside its name.
const REASON: usize = 40;

fn list(checks: &[check::Check], report: &mut Report) -> Result<(), PrintError> {
    if !report.is_document() {
        let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
        let columns = Columns::of_stdout();
        let line = |check: &check::Check| {
            let severity = match check.severity {
                Severity::Fatal => "fatal  ",
                Severity::Warning => "warning",
                Severity::Note => "note   ",
            };
            let start = format!("{:width$}  {severity}  {:11}  ", check.name, check.phase);
            let indent = start.len();
            let (between, indent) = match columns.limit() {
                Some(columns) if columns < indent + REASON => ("\n    ", 4),
                _ => ("", indent),
            };
            let start = if between.is_empty() { &start } else { start.trim_end() };
            format!("{start}{between}{}\n", columns.wrap(check.reason, indent, indent))
        };
        return print(&checks.iter().map(line).collect::<String>());
    }
    report.set("checks", checks.iter().map(to_json).collect::<Vec<_>>().into());
    Ok(())
}

fn summary(images: usize, findings: &Findings, is_fixing: bool) -> String {
    let fixable = findings.all().iter().filter(|finding| finding.fix.is_some()).count();
    let fix = if fixable > 0 && !is_fixing { format!(", `--fix` can fix {fixable}") } else { String::new() };
    format!("{}: {}{fix}", plural(images, "image"), plural(findings.all().len(), "finding"))
}

fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
