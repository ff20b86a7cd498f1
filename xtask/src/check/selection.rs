//! Which checks a run takes: `--only`, `--skip`, `--fatal-warnings`.

use crate::finding::{Finding, Severity};
use crate::support::explain::{Exit, Explain};
use lapstrake::suggest::nearest;

use super::{Check, Checks};

/// What the user asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    pub(crate) only: Vec<String>,
    pub(crate) skip: Vec<String>,
    pub(crate) fatal_warnings: bool,
}

/// A name that no check has.
#[derive(Debug, thiserror::Error)]
#[error("no check is named `{wanted}`")]
pub(crate) struct UnknownCheck {
    pub(crate) wanted: String,
    pub(crate) near: Option<String>,
}

impl Explain for UnknownCheck {
    fn help(&self) -> Option<String> {
        Some(match &self.near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`cargo xtask image check --list` names them all".to_owned(),
        })
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }
}

impl Selection {
    /// The checks to run.
    pub(crate) fn of(&self, checks: &Checks) -> Result<Vec<Check>, UnknownCheck> {
        let all = checks.all();
        for wanted in self.only.iter().chain(&self.skip) {
            if !all.iter().any(|check| check.name == wanted) {
                let near = nearest(wanted, all.iter().map(|check| check.name)).map(str::to_owned);
                return Err(UnknownCheck { wanted: wanted.clone(), near });
            }
        }
        Ok(all.into_iter().filter(|check| self.wants(check.name)).collect())
    }

    fn wants(&self, name: &str) -> bool {
        (self.only.is_empty() || self.only.iter().any(|only| only == name))
            && !self.skip.iter().any(|skip| skip == name)
    }

    /// Leaves out what was not asked for. A fatal fault of the description stays, because no plan exists
    /// with it.
    pub(crate) fn keep(&self, findings: &mut Vec<Finding>) {
        findings.retain(|finding| finding.severity == Severity::Fatal || self.wants(finding.name));
        if self.fatal_warnings {
            for finding in findings.iter_mut().filter(|finding| finding.severity == Severity::Warning) {
                finding.severity = Severity::Fatal;
                finding.because = Some("`--fatal-warnings` is given".to_owned());
            }
        }
    }
}
