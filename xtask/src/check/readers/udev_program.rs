//! `udev-program`: programs that rules for devices run, and the image has not.

use super::udev::{Rule, rules};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "udev-program",
    "udev logs an error and runs nothing where the program of a rule is missing or can't be executed",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("can").text("SUBSYSTEM==\"net\", RUN+=\"/usr/libexec/can-up %k\"\n", "/usr/lib/udev/rules.d/70-can.rules")"#,
    fixed: r##"Layer::new("can")
    .with(File::text("#!/bin/sh\n", "/usr/libexec/can-up").mode(0o755))
    .text("SUBSYSTEM==\"net\", RUN+=\"/usr/libexec/can-up %k\"\n", "/usr/lib/udev/rules.d/70-can.rules")"##,
});

/// Where a program without a path is (udev(7)).
const PROGRAMS: &str = "/usr/lib/udev";
/// The programs of every real base, which the stand-in has not.
const OF_EVERY_BASE: [&str; 3] = ["sh", "bash", "env"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    rules(subject).iter().flatten().flat_map(|rule| faults(subject, rule)).collect()
}

fn faults(subject: &Subject<'_>, rule: &Rule<'_>) -> Vec<Fault> {
    // A rule may ask first whether the program is there.
    if rule.pairs.iter().any(|pair| pair.key == "TEST") {
        return Vec::new();
    }
    let runs = rule
        .pairs
        .iter()
        .filter(|pair| pair.key == "RUN" && matches!(pair.attribute.as_deref(), None | Some("program")));
    let mut faults = Vec::new();
    for pair in runs {
        let program = program(&pair.value);
        if program.is_empty() || program.contains(['$', '%']) {
            continue;
        }
        let path =
            if program.starts_with('/') { program.to_owned() } else { format!("{PROGRAMS}/{program}") };
        let name = path.rsplit('/').next().unwrap_or_default();
        if subject.is_on_stand_in() && OF_EVERY_BASE.contains(&name) {
            continue;
        }
        let what = match subject.tree().follow(&path) {
            Some(node) if Node::is_executable(&node) => continue,
            Some(node) if node.is_file() => format!("whose mode is {}", node.mode()),
            Some(_) => "which is not a file".to_owned(),
            None => "which is not in the image".to_owned(),
        };
        let message = format!("a rule runs `{}`, {what}", path.escape_debug());
        let help = if program.starts_with('/') {
            format!("bring `{path}` with the mode 0755")
        } else {
            format!("write the whole path of `{name}`: udev looks for it in `{PROGRAMS}`")
        };
        faults.push(rule.fault_at(program, message).help(help));
    }
    faults
}

/// Returns the first word of a command. Single quotes part words.
fn program(command: &str) -> &str {
    let command = command.trim_start();
    match command.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next().unwrap_or_default(),
        None => command.split([' ', '\t']).next().unwrap_or_default(),
    }
}
