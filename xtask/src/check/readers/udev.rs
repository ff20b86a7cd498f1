//! `udev-rule`: rules for devices that udev ignores.

use std::collections::BTreeSet;

use lapstrake::Span;
use lapstrake::suggest::nearest;
use lapstrake::value::{UdevPair, UdevRule};

use super::{invalid, judged, texts};
use crate::check::accounts::Accounts;
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "udev-rule",
    "udev ignores a rule that it can't read, a jump without a label, and an owner that is missing",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("gnss").text("SUBSYSTEM=\"tty\", SYMLINK+=\"gnss\"\n", "/usr/lib/udev/rules.d/70-gnss.rules")"#,
    fixed: r#"Layer::new("gnss").text("SUBSYSTEM==\"tty\", SYMLINK+=\"gnss\"\n", "/usr/lib/udev/rules.d/70-gnss.rules")"#,
});

/// So many labels are compared with a misspelt one.
const COMPARED: usize = 64;

/// A rule of a file that parses, with where it is.
pub(super) struct Rule<'a> {
    pub(super) node: Node<'a>,
    text: &'a str,
    at: Span,
    pub(super) pairs: Vec<UdevPair>,
}

impl Rule<'_> {
    /// Returns a fault of a value of the rule.
    pub(super) fn fault_at(&self, value: &str, message: impl Into<String>) -> Fault {
        judged(&self.node, Fault::at_span(&self.node, &self.at.word(self.text, value), message))
    }

    fn values<'r>(&'r self, key: &'r str) -> impl Iterator<Item = &'r UdevPair> {
        self.pairs.iter().filter(move |pair| pair.key == key)
    }
}

/// Returns the rules of the layers' files that udev takes, a list for each file.
pub(super) fn rules<'a>(subject: &Subject<'a>) -> Vec<Vec<Rule<'a>>> {
    let files = texts(subject, "udev/rules.d", ".rules").into_iter();
    let parsed = files.map(|(node, text)| {
        let rules = UdevRule::texts(text).into_iter();
        let rules = rules.filter_map(|(at, rule)| {
            Some(Rule { node: node.clone(), text, at, pairs: UdevRule::parse(&rule).ok()?.pairs })
        });
        rules.collect()
    });
    parsed.collect()
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (node, text) in texts(subject, "udev/rules.d", ".rules") {
        for (at, rule) in UdevRule::texts(text) {
            faults.extend(UdevRule::parse(&rule).err().map(|error| invalid(&node, &at, text, &error)));
        }
    }
    let accounts = (!subject.lacks_accounts()).then(|| Accounts::of(subject.tree()));
    for file in rules(subject) {
        faults.extend(jumps(&file));
        if let Some(accounts) = &accounts {
            faults.extend(file.iter().flat_map(|rule| owners(rule, accounts)));
        }
    }
    faults
}

/// Returns the jumps to labels that no later rule of the file has.
fn jumps(file: &[Rule<'_>]) -> Vec<Fault> {
    let all: BTreeSet<&str> =
        file.iter().flat_map(|rule| rule.values("LABEL")).map(|pair| pair.value.as_str()).collect();
    let mut labels: BTreeSet<&str> = BTreeSet::new();
    let mut faults = Vec::new();
    for rule in file.iter().rev() {
        for target in rule.values("GOTO").filter(|pair| !labels.contains(pair.value.as_str())) {
            let label = &target.value;
            let what = if all.contains(label.as_str()) {
                "no rule behind it has"
            } else {
                "no rule of the file has"
            };
            let message =
                format!("udev ignores the jump to `{}`, which {what} as a label", label.escape_debug());
            let help = match nearest(label, labels.iter().take(COMPARED)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add `LABEL=\"{label}\"` behind it"),
            };
            faults.push(rule.fault_at(label, message).help(help));
        }
        labels.extend(rule.values("LABEL").map(|pair| pair.value.as_str()));
    }
    faults.reverse();
    faults
}

/// Returns the owners and groups of a rule that the image has not.
fn owners(rule: &Rule<'_>, accounts: &Accounts) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (key, what, letter, known) in
        [("OWNER", "user", 'u', &accounts.users), ("GROUP", "group", 'g', &accounts.groups)]
    {
        for name in rule.values(key).map(|pair| pair.value.as_str()) {
            let is_name = !name.is_empty() && !name.contains(['%', '$']) && name.parse::<u32>().is_err();
            if !is_name || known.contains_key(name) {
                continue;
            }
            let message =
                format!("a rule gives devices to the {what} `{}`, which nothing makes", name.escape_debug());
            let help = match nearest(name, known.keys()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("add `.sysusers({name:?}, [\"{letter} {name} -\"])`"),
            };
            faults.push(rule.fault_at(name, message).help(help).for_account(name));
        }
    }
    faults
}
