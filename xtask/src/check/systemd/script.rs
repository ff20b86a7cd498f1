//! `script-interpreter` and `exec-format`: a script that the kernel can't start, though its mode says that it can.

use lapstrake::suggest::nearest;

use super::binary_format::formats;
use super::exec::{self, SEARCHED};
use crate::check::start::{BYTE_ORDER_MARK, Interpreter, START_MAX, Start};
use crate::check::{Check, Example, Fault, Node, Subject};
use crate::plan::Origin;
use crate::support::shell::word;

pub(super) const INTERPRETER: Check = Check::fatal(
    "script-interpreter",
    "a script whose interpreter is not in the image does not start, and the shell says `No such file or directory` of the script",
    interpreter,
)
.of_input_files()
.shown(Example::Layers {
    faulty: r##"Layer::new("app").with(File::text("#!/usr/bin/env tclsh\n", "/usr/bin/app").mode(0o755))"##,
    fixed: r##"Layer::new("app").with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))"##,
});

pub(super) const FORMAT: Check = Check::fatal(
    "exec-format",
    "systemd starts a program by the kernel, which knows a text only by `#!`: without it a service fails with 203/EXEC",
    format,
)
.of_input_files()
.shown(Example::Layers {
    faulty: r#"Layer::new("app")
    .with(File::text("echo started\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\necho started\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))"##,
});

/// What the stand-in lacks, and every base that boots has.
const OF_EVERY_BASE: [&str; 3] = ["sh", "bash", "env"];

fn interpreter(subject: &Subject<'_>) -> Vec<Fault> {
    let executable = subject.tree().ours().filter(|node| node.is_file() && node.is_executable());
    executable.filter_map(|node| interpreter_fault(subject, &node)).collect()
}

fn interpreter_fault(subject: &Subject<'_>, node: &Node<'_>) -> Option<Fault> {
    let Start::Script(line) = node.start()? else { return None };
    let path = node.path();
    if line.ends_with('\r') {
        let shown = line.trim_matches([' ', '\t', '\r']);
        let message = format!(
            "the script `{path}` ends its lines as DOS does, so that it asks for the interpreter `{shown}\\r`"
        );
        // A text of the description has no file of its own to change.
        let help = match node.origin() {
            Some(Origin::Asset { path, .. }) => format!("run `sed -i 's/\\r$//' {}`", word(path.as_str())),
            _ => "write its lines with `\\n` alone".to_owned(),
        };
        return Some(Fault::at(node, message).help(help));
    }
    let Interpreter { program, argument } = Interpreter::of(line);
    if program.is_empty() {
        return Some(
            Fault::at(node, format!("the script `{path}` names no interpreter after `#!`"))
                .help("write `#!/bin/sh`"),
        );
    }
    if !program.starts_with('/') {
        let message = format!(
            "the script `{path}` asks for the interpreter `{program}`, which is not an absolute path"
        );
        return Some(Fault::at(node, message).help(format!("write `#!/usr/bin/env {program}`")));
    }
    let is_known =
        subject.is_on_stand_in() && OF_EVERY_BASE.contains(&program.rsplit('/').next().unwrap_or_default());
    if !is_known && subject.tree().follow(program).is_none() {
        return Some(missing(subject, node, program));
    }
    let (name, has_options) = of_env(program, argument?)?;
    if !has_options && name.contains([' ', '\t']) {
        let message = format!(
            "the script `{path}` has `env` start a program of the name `{name}`: the kernel hands over one argument"
        );
        return Some(Fault::at(node, message).help(format!("write `#!/usr/bin/env -S {name}`")));
    }
    let is_there = |directory: &&str| subject.tree().follow(&format!("{directory}/{name}")).is_some();
    let is_found = if name.starts_with('/') {
        subject.tree().follow(name).is_some()
    } else {
        SEARCHED.iter().any(is_there)
    };
    (!is_found).then(|| missing(subject, node, name))
}

/// Returns the program that `env` starts, and whether `env` splits its argument itself.
fn of_env<'l>(program: &str, argument: &'l str) -> Option<(&'l str, bool)> {
    if !program.ends_with("/env") {
        return None;
    }
    let Some(split) = argument.strip_prefix("-S").or_else(|| argument.strip_prefix("--split-string=")) else {
        // Another option is not followed.
        return (!argument.starts_with('-')).then_some((argument, false));
    };
    let mut words = split.split_ascii_whitespace();
    let name = words.find(|word| !word.contains('=') && !word.starts_with('-'))?;
    Some((name, true))
}

fn missing(subject: &Subject<'_>, node: &Node<'_>, program: &str) -> Fault {
    let message = format!("the script `{}` asks for `{program}`, which the image has not", node.path());
    let name = program.rsplit('/').next().unwrap_or(program);
    let known: Vec<_> = SEARCHED
        .iter()
        .flat_map(|directory| subject.tree().children(directory))
        .filter(|other| !other.is_directory())
        .map(|other| other.path().file_name().to_owned())
        .collect();
    let help = match nearest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("bring it: `.packages([{name:?}])` in a layer below"),
    };
    let fault = Fault::at(node, message).help(help);
    fault.doubted(subject.stand_in_doubt().or_else(|| subject.unseen_doubt()))
}

fn format(subject: &Subject<'_>) -> Vec<Fault> {
    let formats = formats(subject.tree());
    let mut faults = Vec::new();
    for run in exec::runs(subject) {
        let Some(node) = exec::program(subject.tree(), &run.command.program) else { continue };
        let what = match node.start() {
            Some(Start::Empty) => "which is empty",
            Some(Start::ByteOrderMark) => "which has a byte order mark before `#!`",
            Some(Start::Other(_)) => "which is neither a program nor starts with `#!`",
            Some(Start::Script(_)) | None => continue,
        };
        let (start, is_whole): (&[u8], _) = match node.start() {
            Some(Start::Other(start)) => (start, start.len() < START_MAX),
            Some(Start::ByteOrderMark) => (BYTE_ORDER_MARK, false),
            _ => (&[], true),
        };
        let name = node.path().file_name();
        let is_taken = formats.iter().any(|format| format.may_take(name, start, is_whole));
        if node.site().is_none() || !node.is_executable() || is_taken {
            continue;
        }
        let message = format!("`{}` has `{}=` run `{}`, {what}", run.unit, run.key, node.path());
        let fault = Fault::at(&node, message).also(&run.setting.node, "started here");
        let fault = fault.help("write `#!/bin/sh`, or the program that reads it, in its first line");
        faults.push(fault.doubted(run.command.may_fail.then_some(exec::MAY_FAIL)));
    }
    faults
}
