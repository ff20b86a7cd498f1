//! What plan, check, emit and build begin with: the images that were asked for, planned on their bases
//! and checked by every check that needs no binary.

use clap::Args;
use lapstrake::Image;

use super::arguments::TargetArgs;
use super::failed::Failed;
use super::report::Report;
use super::selection::select;
use crate::check::{Check, Checks, Selection, unknown_allowances};
use crate::finding::{Finding, Findings};
use crate::session::{self, Planned, Ready, Request, Session, check_staged};
use crate::support::progress::Progress;

/// The checks that a command runs.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Leave a check out; `check --list` names them
    #[arg(long, value_name = "CHECK")]
    skip: Vec<String>,
    /// Warnings stop the command too
    #[arg(long)]
    fatal_warnings: bool,
}

impl CheckArgs {
    pub(super) fn selection(&self, only: &[String]) -> Selection {
        Selection { only: only.to_vec(), skip: self.skip.clone(), fatal_warnings: self.fatal_warnings }
    }
}

/// Images that are ready to be shown, emitted or built.
pub(super) struct Prepared<'a> {
    pub(super) session: Session<'a>,
    pub(super) planned: Vec<Planned>,
    pub(super) findings: Findings,
    pub(super) checks: Vec<Check>,
    pub(super) selection: Selection,
    /// How many images were asked for; some may have no plan.
    pub(super) asked: usize,
}

pub(super) fn prepare<'a>(
    images: &[Image],
    checks: &Checks,
    which: &TargetArgs,
    selection: Selection,
    request: Request,
    progress: &'a Progress,
) -> Result<Prepared<'a>, Failed> {
    let selected = select(images, &which.images)?;
    let all = checks;
    let checks = selection.of(all)?;
    let mut session = Session::open(request, progress)?;
    let mut findings = session::names(images, &selected);
    let (planned, found) = session.plan(&selected);
    findings.merge(found);
    for planned in &planned {
        findings.add(Some(&planned.plan.name), unknown_allowances(all, &planned.plan));
        findings.add(Some(&planned.plan.name), session::check_tree(planned, &checks));
    }
    findings.change(|findings| selection.keep(findings));
    let asked = selected.len();
    Ok(Prepared { session, planned, findings, checks, selection, asked })
}

impl Prepared<'_> {
    /// Shows what was found. Returns whether that stops the command; then also what is known of the bytes is shown, so that
    /// no fault of the tree hides another one.
    pub(super) fn is_refused(&self, report: &mut Report) -> Result<bool, Failed> {
        let Self { session, planned, findings, checks, selection, .. } = self;
        let root = &session.workspace.root;
        report.show(findings.all(), root);
        if !findings.any_fatal() {
            return Ok(false);
        }
        let mut further = Findings::default();
        for planned in planned {
            further.add(Some(&planned.plan.name), session.check_known_inputs(planned, checks)?);
        }
        further.change(|findings| selection.keep(findings));
        report.show(further.all(), root);
        Ok(true)
    }
}

/// What the bytes of an image show, as far as it was asked for, and was not shown before.
pub(super) fn staged(
    ready: &Ready,
    checks: &[Check],
    selection: &Selection,
    is_reported: impl Fn(&Finding) -> bool,
) -> Findings {
    let mut found = Findings::default();
    found.add(Some(&ready.plan.name), check_staged(ready, checks));
    found.change(|findings| {
        selection.keep(findings);
        findings.retain(|finding| !is_reported(finding));
    });
    found
}

/// What is found once the tree is known to the last file, and was not shown before.
pub(super) fn on_ground(
    ready: &Ready,
    mut found: Vec<Finding>,
    checks: &[Check],
    selection: &Selection,
    is_reported: impl Fn(&Finding) -> bool,
) -> Findings {
    let mut findings = Findings::default();
    if ready.lower.parts.is_empty() {
        return findings;
    }
    found.extend(session::check_laid(ready, checks));
    findings.add(Some(&ready.plan.name), found);
    findings.change(|findings| {
        selection.keep(findings);
        findings.retain(|finding| !is_reported(finding));
    });
    findings
}
