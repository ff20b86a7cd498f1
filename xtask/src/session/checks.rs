//! Runs the checks of an image, each as early as possible, and those of a `#[test]`.

use std::collections::BTreeMap;

use lapstrake::value::ImageName;
use lapstrake::{Image, Parsed};

use super::{Failure, Planned, Ready, Request, Session};
use crate::check::analyze;
use crate::check::{self, Check, Checks, Phase, Subject};
use crate::engine::EnginePolicy;
use crate::finding::{Finding, Findings};
use crate::support::progress::{Colour, Progress, ProgressMode};

impl Planned {
    /// Returns what checks examine before cargo has run.
    pub(super) fn subject(&self) -> Subject<'_> {
        let Self { plan, base, lower, contents, .. } = self;
        Subject::on(plan, base, &lower.below, &lower.known, contents)
    }
}

impl Ready {
    /// Returns what checks examine when all bytes are known.
    pub(super) fn subject(&self) -> Subject<'_> {
        let Self { plan, base, lower, contents, .. } = self;
        Subject::on(plan, base, &lower.below, &lower.known, contents)
    }
}

/// Checks a plan, before cargo has run.
pub(crate) fn check_tree(planned: &Planned, checks: &[Check]) -> Vec<Finding> {
    check::run(checks, Phase::Tree, &planned.subject())
}

/// Returns the findings of systemd itself if this machine has it and the check is selected.
pub(crate) fn check_units(planned: &Planned, checks: &[Check]) -> Vec<Finding> {
    let wanted = checks.iter().find(|check| check.name == check::SYSTEMD_ANALYZE.name);
    let subject = planned.subject();
    wanted.map(|check| check::told(check, analyze::analyze(&subject), &subject)).unwrap_or_default()
}

/// Checks the exact bytes.
pub(crate) fn check_staged(ready: &Ready, checks: &[Check]) -> Vec<Finding> {
    check::run(checks, Phase::Inputs, &ready.subject())
}

/// Checks the tree after an engine has made its layers, which was not known to the last file before.
pub(crate) fn check_laid(ready: &Ready, checks: &[Check]) -> Vec<Finding> {
    let subject = ready.subject();
    let mut findings = check::run(checks, Phase::Tree, &subject);
    findings.extend(check::run(checks, Phase::Inputs, &subject));
    findings
}

impl Checks {
    /// Returns the findings of an image before anything is compiled, for a `#[test]` of a description or of a
    /// check: first those of the plan, then those of the checks. The image's binaries must be targets of the
    /// workspace. Checks of file contents run too if the image has no binary.
    ///
    /// ```
    /// use lapstrake_xtask::check::Checks;
    /// use lapstrake_xtask::prelude::*;
    ///
    /// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("hi\n", "/etc/motd"));
    /// assert_eq!(Checks::default().findings(&image), []);
    /// ```
    ///
    /// # Panics
    /// Panics outside of a cargo workspace, and if the cache can't be written.
    pub fn findings(&self, image: &Image) -> Vec<Finding> {
        match self.try_findings(image) {
            Ok(findings) => findings,
            Err(failure) => {
                let causes =
                    std::iter::successors(std::error::Error::source(&failure), |error| error.source());
                let causes: String = causes.map(|cause| format!(": {cause}")).collect();
                panic!("{failure}{causes}")
            }
        }
    }

    fn try_findings(&self, image: &Image) -> Result<Vec<Finding>, Failure> {
        let progress = Progress::new(ProgressMode::None, true, Colour::Never);
        let mut session = Session::open(Request::default(), &progress)?;
        let checks = self.all();
        let (planned, mut findings) = session.plan(&[image]);
        for planned in planned {
            findings.add(None, check::unknown_allowances(self, &planned.plan));
            findings.add(None, check_tree(&planned, &checks));
            let has_binaries = !(planned.plan.compile.is_empty() && planned.plan.stages.is_empty());
            if !has_binaries && !findings.any_fatal() {
                let ready = session.stage(planned, EnginePolicy::Never)?;
                findings.add(None, check_staged(&ready, &checks));
            }
        }
        Ok(findings.all().to_vec())
    }
}

/// Returns findings for invalid names and for a name that two images have.
pub(crate) fn names(images: &[Image]) -> Findings {
    let mut findings = Findings::default();
    let mut first: BTreeMap<&ImageName, &Image> = BTreeMap::new();
    for image in images {
        let given: &Parsed<ImageName> = &image.name;
        match given.get() {
            Err(error) => findings.add(None, vec![Finding::invalid(error, given.site())]),
            Ok(name) => {
                if let Some(first) = first.get(name) {
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
