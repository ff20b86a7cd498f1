//! What entries accept on purpose: that the checks they name exist. That findings are left out is the
//! runner's.

use super::Checks;
use crate::finding::Finding;
use crate::plan::Plan;
use lapstrake::suggest::nearest;

/// The findings of `.allow("NAME")` where no check has the name: a slip there would accept nothing.
pub(crate) fn unknown_allowances(checks: &Checks, plan: &Plan) -> Vec<Finding> {
    let known: Vec<_> = checks.all().iter().map(|check| check.name).collect();
    let mut findings = Vec::new();
    for (path, member) in plan.layers.iter().flat_map(|layer| &layer.members) {
        for (name, site) in member.allowed.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
            let finding = Finding::fatal("unknown-check", *site, format!("no check is named `{name}`"));
            let near = nearest(name.as_str(), known.iter().copied());
            let help = near.map_or_else(
                || "`cargo xtask image check --list` has the names".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            // A tree says it once for all its files.
            if !findings
                .iter()
                .any(|found: &Finding| found.site == Some(*site) && found.message == finding.message)
            {
                findings.push(finding.at(path).help(help));
            }
        }
    }
    findings
}
