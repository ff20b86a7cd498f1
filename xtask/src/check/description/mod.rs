//! What planning itself finds: values that are none, sources that are missing, destinations that clash.
//! They are listed here so that `--list` and the page of checks are whole; `plan` finds them, and a test
//! holds its sources to these rows.

pub(super) mod binaries;
pub(super) mod destinations;
pub(super) mod images;
pub(super) mod sources;
pub(super) mod steps;
pub(super) mod units;
pub(super) mod values;

use super::{Check, Example, Fault, Phase, Severity, Subject};

const fn fatal(name: &'static str, reason: &'static str, example: Example) -> Check {
    of_description(Check::fatal(name, reason, found_by_the_plan), example)
}

const fn warning(name: &'static str, reason: &'static str, example: Example) -> Check {
    of_description(Check::warning(name, reason, found_by_the_plan), example)
}

const fn note(name: &'static str, reason: &'static str, example: Example) -> Check {
    let check = Check::warning(name, reason, found_by_the_plan);
    of_description(Check { severity: Severity::Note, ..check }, example)
}

const fn of_description(check: Check, example: Example) -> Check {
    Check { phase: Phase::Description, ..check }.shown(example)
}

const fn layers(faulty: &'static str, fixed: &'static str) -> Example {
    Example::Layers { faulty, fixed }
}

const fn images(faulty: &'static str, fixed: &'static str) -> Example {
    Example::Images { faulty, fixed }
}

const fn words(faulty: &'static str, fixed: &'static str) -> Example {
    Example::Words { faulty, fixed }
}

fn found_by_the_plan(_: &Subject<'_>) -> Vec<Fault> {
    Vec::new()
}
