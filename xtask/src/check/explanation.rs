//! What a check looks for, as `explain` prints it: the reason, what bootc says, a fault and its fix.

use super::{Check, Example, Phase};
use crate::finding::{Bootc, Severity};
use crate::support::columns::Columns;

/// The columns before the lines of an example.
const INDENT: &str = "    ";

impl Check {
    /// Returns its severity and what it looks at: `Fatal, of the tree`.
    pub(super) fn rank(&self) -> String {
        let severity = match self.severity {
            Severity::Fatal => "Fatal",
            Severity::Warning => "Warning",
            Severity::Note => "Note",
        };
        let stage = match self.phase {
            Phase::Description => "of the description",
            Phase::Tree => "of the tree",
            Phase::Inputs => "of staged files",
        };
        format!("{severity}, {stage}")
    }

    /// Returns what a person reads about it, in lines that fit.
    pub(crate) fn explanation(&self, columns: Columns) -> String {
        let Self { name, reason, .. } = self;
        let mut paragraphs = vec![format!("{name}: {}", self.rank().to_lowercase())];
        let mut say = |text: String| paragraphs.push(columns.wrap(&text, 0, 0));
        say(sentence(reason));
        if let Some(verdict) = Bootc::of(name) {
            say(sentence(verdict.as_words()));
        }
        if let Some(verdict) = self.verdict() {
            say(verdict.to_string());
        }
        let (faulty, fixed) = match self.example {
            Example::Layers { faulty, fixed } | Example::Images { faulty, fixed } => {
                (Some(code("Faulty", faulty)), Some(code("Fixed", fixed)))
            }
            Example::Words { faulty, fixed } => {
                say(format!("Faulty: {}", sentence(faulty)));
                say(format!("Fixed: {}", sentence(fixed)));
                (None, None)
            }
            Example::None => (None, None),
        };
        paragraphs.extend(faulty.into_iter().chain(fixed));
        paragraphs.push(columns.wrap(&self.ways_out(), 0, 0));
        paragraphs.join("\n\n") + "\n"
    }

    /// Returns how a person leaves it out.
    fn ways_out(&self) -> String {
        let name = self.name;
        if self.severity == Severity::Fatal && self.phase == Phase::Description {
            return "No option leaves it out, because such a description has no plan.".to_owned();
        }
        let base = if self.severity == Severity::Fatal {
            " A fault that the base has without the layers is a warning."
        } else {
            ""
        };
        format!(
            "`.allow(\"{name}\")` on an entry accepts it there; `--skip {name}` leaves the check out.{base}"
        )
    }
}

fn code(label: &str, example: &str) -> String {
    let lines = example.lines().map(|line| format!("{INDENT}{line}").trim_end().to_owned());
    format!("{label}:\n\n{}", lines.collect::<Vec<_>>().join("\n"))
}

/// Returns a fragment as a sentence. A name in backticks keeps its first letter.
fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let is_name = ["bootc ", "cargo ", "dnf ", "glibc ", "ostree ", "podman ", "sshd ", "sudo ", "systemd "]
        .iter()
        .any(|name| fragment.starts_with(name));
    let text: String = if is_name { fragment.to_owned() } else { first.chain(letters).collect() };
    if text.ends_with('.') { text } else { text + "." }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::registry;

    #[test]
    fn every_check_has_an_explanation_of_lines_that_fit_a_terminal() {
        for check in registry() {
            let text = check.explanation(Columns::new(80));
            let prose = text.lines().filter(|line| !line.starts_with(INDENT));
            let long: Vec<_> = prose.filter(|line| line.chars().count() > 80 && line.contains(' ')).collect();
            assert!(long.is_empty(), "{}: {long:?}", check.name);
            assert!(!text.contains('\u{1b}') && text.ends_with(".\n"), "{}: {text}", check.name);
        }
    }

    #[test]
    fn a_fragment_becomes_a_sentence_and_a_program_keeps_its_name() {
        assert_eq!(sentence("what is put there is lost"), "What is put there is lost.");
        assert_eq!(sentence("systemd refuses it"), "systemd refuses it.");
        assert_eq!(sentence("`x` is not read."), "`x` is not read.");
    }
}
