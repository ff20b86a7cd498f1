//! What would fail on the vehicle, found before anything is built: checks over an image's description,
//! over the tree that its layers make on the base, and over the exact bytes that they bring.
//!
//! A [`Check`] is a value: a name, a severity, a reason, and a function from a [`Subject`] to
//! [`Fault`]s. Lapstrake's own are listed by [`registry`]; a user's are added by [`Checks::with`]. A
//! check reads no file and starts no process; what it may ask is already in the subject.

mod abi;
mod accounts;
mod allowance;
mod autosd;
mod bootc;
mod catalog;
mod contents;
mod deployment;
mod description;
mod explanation;
mod fault;
mod gather;
mod kargs;
pub(crate) mod names;
#[cfg(test)]
mod page;
mod prepare_root;
mod readers;
mod secret_in_layer;
mod secrets;
mod selection;
mod start;
mod subject;
mod systemd;
#[cfg(test)]
mod tests;
mod tmpfiles;
mod tree;
mod verdict;
mod xml;

pub(crate) use accounts::Accounts;
pub(crate) use allowance::unknown_allowances;
pub use catalog::registry;
#[cfg(any(test, feature = "__fuzz"))]
pub(crate) use contents::Facts;
pub(crate) use contents::{Contents, KnownFacts};
pub use fault::Fault;
pub(crate) use kargs::Kargs;
pub use lapstrake_oci::tree::Kind;
pub use names::CheckName;
pub(crate) use selection::{Selection, UnknownCheck};
pub use subject::Subject;
pub(crate) use systemd::analyze;
pub(crate) use systemd::{SYSTEMD_ANALYZE, unit_files};
pub use tree::{Node, Tree};
pub use verdict::{Fate, Verdict};

use serde::Serialize;

use crate::finding::{Finding, Rule, Severity};

/// One rule that an image is checked against.
///
/// ```
/// use lapstrake_xtask::check::{Check, Example, Fault, Phase, Subject};
/// use lapstrake_xtask::Severity;
///
/// fn no_telnet(subject: &Subject<'_>) -> Vec<Fault> {
///     let ours = subject.tree().ours();
///     let telnet = ours.filter(|node| node.path().file_name() == "telnetd");
///     telnet.map(|node| Fault::at(&node, "`telnetd` is not for vehicles").help("ship sshd")).collect()
/// }
/// const NO_TELNET: Check = Check::warning("no-telnet", "telnet has no encryption", no_telnet);
///
/// assert_eq!((NO_TELNET.name, NO_TELNET.phase), ("no-telnet", Phase::Tree));
/// assert_eq!(Check::fatal("no-telnet", "it has no encryption", no_telnet).severity, Severity::Fatal);
/// assert_eq!(NO_TELNET.of_input_files().phase, Phase::Inputs);
/// assert_eq!(NO_TELNET.shown(Example::None).example, Example::None);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What it is called: bootc's name, where `bootc container lint` has the same rule.
    pub name: &'static str,
    /// Whether what it finds stops a build.
    pub severity: Severity,
    /// Why the rule is there, in one sentence.
    pub reason: &'static str,
    /// What it has to see.
    pub phase: Phase,
    /// A description that has the fault, and the same without it.
    pub example: Example,
    pub(crate) run: fn(&Subject<'_>) -> Vec<Fault>,
}

/// What a check has to see, and so how early it can run.
///
/// ```
/// use lapstrake_xtask::check::{Phase, registry};
///
/// assert!(registry().any(|check| check.name == "elf-version" && check.phase == Phase::Inputs));
/// assert!(Phase::Description < Phase::Tree, "the earlier comes first");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Phase {
    /// The description, as it is planned; these can't be skipped where they are fatal, because no
    /// plan exists without them.
    Description,
    /// The tree that the layers make on the base; cargo has not run.
    Tree,
    /// The bytes of every file that the layers bring, binaries too.
    Inputs,
}

/// How a fault looks, and how it is fixed.
///
/// ```
/// use lapstrake_xtask::check::{Check, Example};
///
/// const RULE: Check = Check::warning("no-notes", "notes are for the repository", |_| Vec::new())
///     .shown(Example::Words { faulty: "a layer with `/NOTES`", fixed: "a layer without it" });
/// assert_ne!(RULE.example, Example::None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Example {
    /// Two expressions of type `Layer`: the first has the fault, the second has not. They are run by
    /// the documentation's tests on the stand-in base.
    Layers {
        /// What is found.
        faulty: &'static str,
        /// What to write instead.
        fixed: &'static str,
    },
    /// Two expressions of type `Image`, where a layer can't have the fault.
    Images {
        /// What is found.
        faulty: &'static str,
        /// What to write instead.
        fixed: &'static str,
    },
    /// A fault that takes a base, or a program, that no example has.
    Words {
        /// What is found.
        faulty: &'static str,
        /// What to do instead.
        fixed: &'static str,
    },
    /// A check of a user's own.
    None,
}

impl Example {
    /// Returns the fault and the fix, as code or as words.
    pub(crate) const fn texts(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Layers { faulty, fixed }
            | Self::Images { faulty, fixed }
            | Self::Words { faulty, fixed } => Some((faulty, fixed)),
            Self::None => None,
        }
    }
}

impl Phase {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Tree => "tree",
            Self::Inputs => "inputs",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl Check {
    /// A check of the tree that stops a build.
    pub const fn fatal(
        name: &'static str,
        reason: &'static str,
        run: fn(&Subject<'_>) -> Vec<Fault>,
    ) -> Self {
        Self { name, severity: Severity::Fatal, reason, phase: Phase::Tree, example: Example::None, run }
    }

    /// A check of the tree that only warns.
    pub const fn warning(
        name: &'static str,
        reason: &'static str,
        run: fn(&Subject<'_>) -> Vec<Fault>,
    ) -> Self {
        Self { name, severity: Severity::Warning, reason, phase: Phase::Tree, example: Example::None, run }
    }

    /// Returns what becomes of its faults, and where that is stated; nothing for a check of a user's own.
    ///
    /// ```
    /// use lapstrake_xtask::check::{Check, Fate, registry};
    ///
    /// let kernel = registry().find(|check| check.name == "kernel").unwrap();
    /// assert_eq!(kernel.verdict().unwrap().fate, Fate::Refused);
    /// assert_eq!(Check::warning("no-telnet", "it has no encryption", |_| Vec::new()).verdict(), None);
    /// ```
    pub fn verdict(&self) -> Option<Verdict> {
        Verdict::of(self.name)
    }

    /// The same, run once every file that the layers bring is staged, binaries too.
    #[must_use]
    pub const fn of_input_files(mut self) -> Self {
        self.phase = Phase::Inputs;
        self
    }

    /// Whether it looks at the bytes of each file without those of any other.
    pub(crate) fn looks_at_files_alone(&self) -> bool {
        [names::SECRET_IN_LAYER, names::ELF_MACHINE].iter().any(|name| name.as_str() == self.name)
    }

    /// Returns the rule that a SARIF log lists for this check.
    pub(crate) fn rule(&self) -> Rule {
        let Self { name, severity, reason, phase, .. } = *self;
        Rule { name, severity, reason, phase: phase.as_str() }
    }

    /// The same, with what the documentation shows.
    #[must_use]
    pub const fn shown(mut self, example: Example) -> Self {
        self.example = example;
        self
    }
}

/// The checks of one xtask: Lapstrake's own, and those of the user.
///
/// ```
/// use lapstrake_xtask::check::{Check, Checks};
/// use lapstrake_xtask::prelude::*;
///
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text("1\n", "/var/lib/app/count"));
/// let checks = Checks::default().with(Check::warning("mine", "ours alone", |_| Vec::new()));
/// assert!(checks.all().iter().any(|check| check.name == "mine"));
/// assert_eq!(checks.findings(&image)[0].name, "var-tmpfiles");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Checks {
    own: Vec<Check>,
}

impl Checks {
    /// Adds a check of your own. One with the name of another replaces it.
    #[must_use]
    pub fn with(mut self, check: Check) -> Self {
        self.own.push(check);
        self
    }

    /// All of them, in the order in which they run.
    pub fn all(&self) -> Vec<Check> {
        let replaced = |check: &&Check| !self.own.iter().any(|own| own.name == check.name);
        let mut all: Vec<_> = registry().filter(replaced).copied().collect();
        all.extend(&self.own);
        all.sort_by_key(|check| check.phase);
        all
    }
}

/// The findings of what was found for a check by other means.
pub(crate) fn told(check: &Check, faults: Vec<Fault>, subject: &Subject<'_>) -> Vec<Finding> {
    gather::merged(gather::findings(check, faults, subject))
}

/// Runs the checks of one stage.
pub(crate) fn run(checks: &[Check], phase: Phase, subject: &Subject<'_>) -> Vec<Finding> {
    let due = checks.iter().filter(|check| check.phase == phase);
    let found = |check: &Check| {
        let mut faults = (check.run)(subject);
        // A step that changed a file did not make the faults that the file had before, and what a step removed is
        // not missing from the base.
        let is_of_base_or_step = |fault: &Fault| fault.is_of_base() || gather::is_of_steps(fault, subject);
        if let Some(base) = subject.base_alone().filter(|_| faults.iter().any(is_of_base_or_step)) {
            let before = (check.run)(&base);
            for fault in &mut faults {
                gather::blame_step_or_base(fault, &before, subject);
            }
        }
        gather::findings(check, faults, subject)
    };
    gather::merged(due.flat_map(found))
}
