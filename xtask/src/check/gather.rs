//! The findings that the faults of a check are: who is to blame, and how it is shown. Faults of the base are gathered
//! into one finding: the user can't fix them in the description, and a real base has many.

use std::collections::{BTreeMap, BTreeSet};

use lapstrake::value::ImagePath;

use super::fault::{Blamed, Fault};
use super::{Check, Subject};
use crate::finding::{Blame, Finding, Place, Related, Severity};
use crate::support::small_map::SmallMap;

/// Why a fault of the base does not stop a build.
const OF_BASE: &str = "the base has it without the layers";

/// At most so many paths of the base are named; bootc's lints stop there too.
const SHOWN: usize = 5;

/// Returns whether a fault is of something that a step made while an engine ran it.
pub(super) fn is_of_steps(fault: &Fault, subject: &Subject<'_>) -> bool {
    let node = fault.path.as_ref().and_then(|path| subject.tree().get(path.as_str()));
    node.is_some_and(|node| node.is_of_step())
}

/// Blames the base for a fault if it has the same one without the layers of this image. Otherwise a step of a layer is
/// to blame for what the base is blamed for.
pub(super) fn blame_step_or_base(fault: &mut Fault, faults_of_base: &[Fault], subject: &Subject<'_>) {
    let same = |other: &Fault| (&other.path, &other.message) == (&fault.path, &fault.message);
    if faults_of_base.iter().any(same) {
        fault.blame = Blamed::Base;
    } else if fault.is_of_base()
        && let Some(layer) = subject.step_layer(fault.path.as_ref())
    {
        fault.blame = Blamed::Layer { name: layer.name.clone(), site: layer.step_site() };
        fault.accepted.extend(layer.allowed.keys().cloned());
    }
}

/// A finding, and the mistake behind it where several checks see its effects.
pub(super) struct Found {
    finding: Finding,
    cause: Option<String>,
}

/// Returns the findings of several checks. Those with the same mistake behind them are one, with the places of all.
pub(super) fn merged(found: impl IntoIterator<Item = Found>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for Found { finding, cause } in found {
        match cause.as_ref().and_then(|cause| known.get(cause)) {
            None => {
                known.extend(cause.map(|cause| (cause, findings.len())));
                findings.push(finding);
            }
            Some(first) => {
                let first = &mut findings[*first];
                let is_more = finding.severity == Severity::Fatal && first.severity != Severity::Fatal;
                if is_more && (finding.site, &finding.place) == (first.site, &first.place) {
                    // The earlier check says what is wrong, and the later one what comes of it.
                    let message = format!("{}; {}", first.message, finding.message);
                    let (help, related) = (first.help.take(), std::mem::take(&mut first.related));
                    let help = help.or(finding.help);
                    *first = Finding { message, related, help, ..finding };
                    continue;
                }
                let is_known = |site, place: &Option<Box<Place>>| {
                    (Some(site), place) == (first.site, &first.place)
                        || first.related.iter().any(|it| (it.site, &it.place) == (site, place))
                };
                if let Some(site) = finding.site.filter(|site| !is_known(*site, &finding.place)) {
                    first.related.push(Related { site, place: finding.place, message: finding.message });
                }
            }
        }
    }
    findings
}

/// Returns the findings that a check's faults are.
pub(super) fn findings(check: &Check, faults: Vec<Fault>, subject: &Subject<'_>) -> Vec<Found> {
    let mut of_base: SmallMap<Option<String>, Vec<Fault>> = SmallMap::new();
    let mut findings = Vec::new();
    for fault in faults {
        let of_image = fault.blame == Blamed::Image && subject.plan.allowed.contains_key(check.name);
        if of_image || fault.accepted.iter().any(|accepted| accepted == check.name) {
            continue;
        }
        if fault.blame == Blamed::Base {
            of_base.or_default(fault.help.clone()).push(fault);
        } else {
            let cause = fault.cause.clone();
            findings.push(Found { finding: finding(check, fault, subject), cause });
        }
    }
    let of_base = of_base.into_values().filter_map(|faults| gathered(check, faults, subject));
    findings.extend(of_base.map(|finding| Found { finding, cause: None }));
    findings
}

/// Returns what explains a path that the description has otherwise: the symlink that leads there.
fn explain_link(path: &ImagePath, subject: &Subject<'_>) -> Option<String> {
    let node = subject.tree().get(path.as_str())?;
    let written = node.written()?;
    let links = written.ancestors().into_iter().chain([written.clone()]);
    let mut links =
        links.filter_map(|above| subject.tree().get(above.as_str())).filter(|node| node.target().is_some());
    let link = links.next()?;
    let owner = if link.layer().is_none() { "in the base" } else { "of a layer below" };
    let (at, target) = (link.path(), link.target()?);
    Some(format!("; it is written as `{written}`, and `{at}` is a link to `{target}` {owner}"))
}

/// Returns what follows a message: the packages that bring the paths of a fault.
fn packages(fault: &Fault, subject: &Subject<'_>) -> String {
    let paths = fault.path.iter().chain(&fault.more_paths);
    let packages: BTreeSet<_> = paths.filter_map(|path| subject.package_of(path)).collect();
    let names: Vec<_> = packages.iter().take(SHOWN).map(|package| format!("`{package}`")).collect();
    match packages.len() {
        0 => String::new(),
        1 => format!(" (from package {})", names.join("")),
        count if count > SHOWN => {
            format!(" (from packages {} and {} more)", names.join(", "), count - SHOWN)
        }
        _ => format!(" (from packages {})", names.join(", ")),
    }
}

fn finding(check: &Check, mut fault: Fault, subject: &Subject<'_>) -> Finding {
    let explained = fault.path.as_ref().and_then(|path| explain_link(path, subject));
    fault.message += explained.as_deref().unwrap_or_default();
    if fault.blame != Blamed::Base {
        fault.message += &packages(&fault, subject);
    }
    let (site, blame) = match fault.blame {
        Blamed::Base => (subject.base_site(), Some(Blame::Base)),
        Blamed::Image => (subject.site(), None),
        Blamed::Layer { name, site } => (site, Some(Blame::Layer(name))),
    };
    let (severity, why) = match fault.severity {
        Some((severity, why)) => (severity, Some(why).filter(|_| severity != check.severity)),
        None => (check.severity, None),
    };
    let (severity, because) = match severity {
        // The base with nothing on it has the same fault: nobody's build is stopped because of it.
        Severity::Fatal if blame == Some(Blame::Base) => {
            (Severity::Warning, Some(OF_BASE.to_owned()).filter(|_| check.severity == Severity::Fatal))
        }
        severity => (severity, why),
    };
    let mut finding = Finding::new(check.name, severity, site, fault.message);
    finding.because = because;
    finding.path = fault.path;
    finding.blame = blame;
    for related in fault.also {
        finding = finding.and(related);
    }
    finding.on(fault.place).help_if(fault.help).fixed_by(fault.fix)
}

fn gathered(check: &Check, mut faults: Vec<Fault>, subject: &Subject<'_>) -> Option<Finding> {
    let count = faults.len();
    let mut first = faults.drain(..SHOWN.min(count));
    let mut fault = first.next()?;
    fault.message = format!("in the base, {}", fault.message);
    fault.fix = None;
    for other in first {
        fault.message += &format!("; {}", other.message);
    }
    fault
        .help
        .get_or_insert_with(|| format!("fix it in the base, or skip the check: `--skip {}`", check.name));
    if count > SHOWN {
        fault.message += &format!("; and {} more", count - SHOWN);
    }
    Some(finding(check, fault, subject))
}
