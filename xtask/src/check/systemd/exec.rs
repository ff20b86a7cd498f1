//! `exec-start`, `exec-missing` and `exec-mode`: what a service starts.

use lapstrake::suggest::nearest;
use lapstrake::systemd::Command;
use lapstrake::value::UnitKind;

use super::loaded::{Loaded, Setting, loaded};
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

/// Why a command with `-` does not stop a build.
pub(super) const MAY_FAIL: &str = "the `-` before the program lets the service go on without it";

pub(super) const START: Check = Check::fatal(
    "exec-start",
    "systemd refuses a service that has nothing to start, or starts several programs without Type=oneshot",
    start,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").unit(Unit::text("app.service", "[Service]\nUser=dbus\n"))"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nUser=dbus\nExecStart=/usr/bin/app\n"))"##,
});

pub(super) const MISSING: Check = Check::fatal(
    "exec-missing",
    "a service whose program is not in the image fails with 203/EXEC",
    missing,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app --serve\n"))"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app --serve\n"))"##,
});

pub(super) const MODE: Check =
    Check::fatal("exec-mode", "a service whose program nobody may execute fails with 203/EXEC", mode).shown(
        Example::Layers {
            faulty: r##"Layer::new("app")
    .text("#!/bin/sh\n", "/usr/bin/app")
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))"##,
            fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))"##,
        },
    );

const KEYS: [&str; 7] =
    ["ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost"];
/// Where systemd looks for a program that is named without a path (systemd.service(5)).
pub(super) const SEARCHED: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

fn start(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for unit in loaded(subject).iter().filter(|unit| unit.name.kind() == UnitKind::Service) {
        let Some(node) = unit.ours().filter(|node| node.text().is_some()) else { continue };
        let starts = unit.values("Service", "ExecStart");
        let is_oneshot = unit.value("Service", "Type").is_some_and(|setting| setting.value == "oneshot");
        let ends = [("Service", "ExecStop"), ("Unit", "SuccessAction")];
        let has_end = ends.iter().any(|(section, key)| unit.value(section, key).is_some());
        let name = &unit.name;
        if starts.is_empty() && !has_end {
            let message = format!("`{name}` has no `ExecStart=`, so systemd refuses it");
            let fault = match unit.header("Service") {
                Some(header) => Fault::at_span(&node, header, message),
                None => Fault::at(&node, message),
            };
            faults.push(fault.help("add `ExecStart=/usr/bin/PROGRAM` to its `[Service]`"));
        } else if starts.len() > 1 && !is_oneshot {
            let message = format!("`{name}` has {} `ExecStart=`, and is not `Type=oneshot`", starts.len());
            let fault = match starts.iter().rfind(|setting| setting.is_ours()) {
                Some(last) => last.fault(message),
                None => Fault::at(&node, message),
            };
            faults.push(fault.help("write an empty `ExecStart=` before the last one, or `Type=oneshot`"));
        }
    }
    faults
}

/// A command that a layer's file has a service run.
pub(super) struct Run<'a> {
    pub(super) unit: String,
    pub(super) key: &'static str,
    pub(super) command: Command,
    pub(super) setting: Setting<'a>,
}

pub(super) fn runs<'a>(subject: &Subject<'a>) -> Vec<Run<'a>> {
    let units = loaded(subject).into_iter().filter(Loaded::is_service_in_root);
    units.flat_map(|unit| runs_of(&unit)).collect()
}

/// Returns the commands that a layer's file has one service run.
pub(super) fn runs_of<'a>(unit: &Loaded<'a>) -> Vec<Run<'a>> {
    let mut runs = Vec::new();
    for key in KEYS {
        for setting in unit.values("Service", key).into_iter().filter(Setting::is_ours) {
            let commands = Command::parse(&setting.value).unwrap_or_default();
            let literal = commands.into_iter().filter(|command| is_literal(&command.program));
            let unit = unit.name.to_string();
            runs.extend(literal.map(|command| Run {
                unit: unit.clone(),
                key,
                command,
                setting: setting.clone(),
            }));
        }
    }
    runs
}

/// Whether the program is what is written: neither a specifier nor a variable makes it something else.
fn is_literal(program: &str) -> bool {
    !program.contains(['%', '$'])
}

/// What systemd would start.
pub(super) fn program<'a>(tree: &Tree<'a>, program: &str) -> Option<Node<'a>> {
    if program.starts_with('/') {
        return tree.follow(program);
    }
    let mut found = SEARCHED.iter().filter_map(|directory| tree.follow(&format!("{directory}/{program}")));
    found.find(Node::is_file)
}

fn missing(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let tree = subject.tree();
    let mut faults = Vec::new();
    for run in runs(subject) {
        let name = &run.command.program;
        let what = match program(tree, name) {
            Some(node) if node.is_file() => continue,
            Some(_) => "which is not a file",
            None => "which is not in the image",
        };
        let message = format!("`{}` has `{}=` run `{name}`, {what}", run.unit, run.key);
        let fault = run.setting.fault_at(name, message).help(advice(tree, name));
        let doubt = run.command.may_fail.then_some(MAY_FAIL).or_else(|| subject.stand_in_doubt());
        faults.push(fault.doubted(doubt));
    }
    faults
}

/// Where a program of that name is, or of nearly that name.
fn advice(tree: &Tree<'_>, name: &str) -> String {
    let file = name.rsplit('/').next().unwrap_or(name);
    let programs: Vec<_> =
        tree.ours().filter(Node::is_executable).map(|node| node.path().to_string()).collect();
    let same = programs.iter().find(|path| path.rsplit('/').next() == Some(file));
    match same.or_else(|| nearest(name, &programs)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if file == "skopeo" => "add `.packages([\"skopeo\"])`".to_owned(),
        None => format!("add `.bin({file:?})`, or write the path of a program that the image has"),
    }
}

fn mode(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for run in runs(subject) {
        let Some(node) = program(subject.tree(), &run.command.program) else { continue };
        if !node.is_file() || node.is_executable() {
            continue;
        }
        let message =
            format!("`{}` has `{}=` run `{}`, whose mode is {}", run.unit, run.key, node.path(), node.mode());
        // The program is to be fixed, where a layer brings it.
        let name = &run.command.program;
        let fault = if node.site().is_some() {
            let started = run.setting.word(name);
            Fault::at(&node, message).also_at_span(&run.setting.node, &started, "started here")
        } else {
            run.setting.fault_at(name, message)
        };
        let fault = fault.help("add `.mode(0o755)`, or `chmod +x` the source").executable(&node);
        faults.push(fault.doubted(run.command.may_fail.then_some(MAY_FAIL)));
    }
    faults
}
