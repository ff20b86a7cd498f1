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
    let of_members = plan.layers.iter().flat_map(|layer| &layer.members);
    let of_members = of_members.map(|(path, member)| (Some(path), &member.allowed));
    let of_steps = plan.layers.iter().map(|layer| (None, &layer.allowed));
    let of_image = [(None, &plan.allowed)];
    for (path, allowed) in of_members.chain(of_steps).chain(of_image) {
        for (name, site) in allowed.iter().filter(|(name, _)| !known.contains(&name.as_str())) {
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
                let finding = finding.help(help);
                findings.push(match path {
                    Some(path) => finding.at(path),
                    None => finding,
                });
            }
        }
    }
    findings
}
