//! Runs the checks of an image, each as early as possible.

use lapstrake::value::ImageName;
use lapstrake::{Image, Parsed};

use super::{Failure, Planned, Ready, Session};
use crate::check::analyze;
use crate::check::{self, Check, Checks, Contents, Phase, Subject};
use crate::engine::EnginePolicy;
use crate::finding::{Finding, Findings, Severity};
use crate::inputs::Inputs;
use crate::support::small_map::SmallMap;

impl Planned {
    /// Returns what checks examine before cargo has run.
    pub(crate) fn subject(&self) -> Subject<'_> {
        let Self { plan, base, lower, contents, .. } = self;
        Subject::on(plan, base, &lower.below, &lower.known, contents)
    }
}

impl Ready {
    fn into_planned(self) -> Planned {
        let Self { plan, base, lower, described, contents, .. } = self;
        Planned { plan, base, lower, described, contents }
    }

    /// Returns what checks examine when all bytes are known.
    pub(super) fn subject(&self) -> Subject<'_> {
        let Self { plan, base, lower, contents, .. } = self;
        Subject::on(plan, base, &lower.below, &lower.known, contents)
    }
}

/// Checks a plan, before cargo has run.
pub(crate) fn check_tree(planned: &Planned, checks: &[Check]) -> Vec<Finding> {
    planned.described.blame_option(check::run(checks, Phase::Tree, &planned.subject()))
}

/// Returns the findings of systemd itself if this machine has it and the check is selected.
pub(crate) fn check_units(planned: &Planned, checks: &[Check]) -> Vec<Finding> {
    let wanted = checks.iter().find(|check| check.name == check::SYSTEMD_ANALYZE.name);
    let subject = planned.subject();
    let found = wanted.map(|check| check::told(check, analyze::analyze(&subject), &subject));
    planned.described.blame_option(found.unwrap_or_default())
}

/// Checks the exact bytes, and the tree again if stages have made a part of it. What was found before is found again.
pub(crate) fn check_staged(ready: &Ready, checks: &[Check]) -> Vec<Finding> {
    let subject = ready.subject();
    let mut findings = check::run(checks, Phase::Inputs, &subject);
    if let Some(found) = &ready.found {
        findings.extend(found.iter().cloned());
        findings.extend(check::run(checks, Phase::Tree, &subject));
    }
    ready.described.blame_option(findings)
}

/// Returns whether a description has a plan that can be staged although it is refused because of these findings: they are
/// about the tree, and no part of the description was left out of the plan.
pub(crate) fn is_whole<'a>(findings: impl IntoIterator<Item = &'a Finding>, checks: &Checks) -> bool {
    let all = checks.all();
    let is_of_whole_plan = |finding: &Finding| {
        let check = all.iter().find(|check| check.name == finding.name);
        check.is_some_and(|check| check.phase > Phase::Description || check.severity != Severity::Fatal)
    };
    findings.into_iter().all(|finding| finding.severity != Severity::Fatal || is_of_whole_plan(finding))
}

/// Checks the tree after an engine has made its layers, which was not known to the last file before.
pub(crate) fn check_laid(ready: &Ready, checks: &[Check]) -> Vec<Finding> {
    let subject = ready.subject();
    let mut findings = check::run(checks, Phase::Tree, &subject);
    findings.extend(check::run(checks, Phase::Inputs, &subject));
    ready.described.blame_option(findings)
}

impl Session<'_> {
    /// Checks the bytes that are known before anything is compiled, of an image that is refused because of its tree. What
    /// a check finds there, it finds also when all bytes are known.
    pub(crate) fn check_known_inputs(
        &self,
        planned: &Planned,
        checks: &[Check],
    ) -> Result<Vec<Finding>, Failure> {
        let Planned { plan, base, lower, .. } = planned;
        let mut contents = Contents::of(&plan.layers);
        let known = Inputs::known(&plan.layers, self.files());
        contents
            .add(&plan.layers, &known, &mut self.facts.borrow_mut())
            .map_err(|source| Failure::Read { image: plan.name.clone(), source })?;
        let subject = Subject::on(plan, base, &lower.below, &lower.known, &contents);
        // A check that compares files with one another needs all of them.
        let reads = plan.layers.iter().any(|layer| layer.read_files().next().is_some());
        let has_all = plan.compile.is_empty() && plan.stages.is_empty() && !reads;
        let due: Vec<_> =
            checks.iter().filter(|check| has_all || check.looks_at_files_alone()).copied().collect();
        Ok(planned.described.blame_option(check::run(&due, Phase::Inputs, &subject)))
    }

    /// Plans an image for a `#[test]`, and returns what is found before anything is compiled. Checks of the bytes run
    /// too if nothing has to be compiled. It has no plan if a value of the description is invalid.
    pub(crate) fn plan_for_test(
        &mut self,
        image: &Image,
        checks: &Checks,
    ) -> Result<(Option<Planned>, Vec<Finding>), Failure> {
        let all = checks.all();
        let (planned, mut findings) = self.plan(&[image]);
        let mut tested = None;
        for mut planned in planned {
            findings.add(None, check::unknown_allowances(checks, &planned.plan));
            findings.add(None, check_tree(&planned, &all));
            let has_binaries = !(planned.plan.compile.is_empty() && planned.plan.stages.is_empty());
            if !has_binaries && is_whole(findings.all(), checks) {
                let ready = self.stage(planned, EnginePolicy::Never)?;
                findings.add(None, check_staged(&ready, &all));
                planned = ready.into_planned();
            }
            tested = Some(planned);
        }
        Ok((tested, findings.all().to_vec()))
    }
}

/// Returns findings for invalid names and for a name that two images have, of the images that were asked for.
pub(crate) fn names(images: &[Image], asked: &[&Image]) -> Findings {
    let mut findings = Findings::default();
    let mut first: SmallMap<&ImageName, &Image> = SmallMap::new();
    for image in images {
        let given: &Parsed<ImageName> = &image.name;
        match given.get() {
            Err(error) => {
                if asked.iter().any(|asked| std::ptr::eq(*asked, image)) {
                    findings.add(None, vec![Finding::invalid(error, given.site())]);
                }
            }
            Ok(name) => {
                let is_asked = asked.iter().any(|asked| asked.name.get() == Ok(name));
                if let Some(first) = first.get(name).filter(|_| is_asked) {
                    let message = format!("two images are named `{name}`");
                    let finding = Finding::fatal("duplicate-image", image.site, message);
                    let finding = finding.also(first.site, "first written here");
                    findings.add(None, vec![finding.help("give one of them another name")]);
                } else {
                    first.insert(name, image);
                }
            }
        }
    }
    findings
}
