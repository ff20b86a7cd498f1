//! `sysusers-line` and `tmpfiles-line`: lines of files that systemd reads at boot and ignores. Lines of the description
//! itself are judged by the same parsers before this.

use std::collections::HashMap;

use lapstrake::Span;
use lapstrake::value::{Invalid, SysusersLine, TmpfilesLine};

use crate::check::accounts::{Line, sysusers_lines};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const SYSUSERS: Check = Check::fatal(
    "sysusers-line",
    "systemd-sysusers ignores a line that it can't read, and the device lacks the account",
    sysusers,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("u 0day\n", "/usr/lib/sysusers.d/app.conf")"#,
    fixed: r#"Layer::new("app").text("u day0\n", "/usr/lib/sysusers.d/app.conf")"#,
});

pub(super) const TMPFILES: Check = Check::fatal(
    "tmpfiles-line",
    "systemd-tmpfiles ignores a line that it can't read, and the device lacks the file or directory",
    tmpfiles,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("d /var/lib/app 0755 root root 10x\n", "/usr/lib/tmpfiles.d/app.conf")"#,
    fixed: r#"Layer::new("app").text("d /var/lib/app 0755 root root 10d\n", "/usr/lib/tmpfiles.d/app.conf")"#,
});

fn sysusers(subject: &Subject<'_>) -> Vec<Fault> {
    let places = ["/usr/lib/sysusers.d", "/etc/sysusers.d"];
    let mut faults = ignored(subject, places, |line| SysusersLine::parse(line).map(drop));
    faults.extend(contradicted(&sysusers_lines(subject.tree())));
    faults
}

fn tmpfiles(subject: &Subject<'_>) -> Vec<Fault> {
    let places = ["/usr/lib/tmpfiles.d", "/etc/tmpfiles.d"];
    ignored(subject, places, |line| TmpfilesLine::parse(line).map(drop))
}

/// Returns the lines of the layers' files in two directories that do not parse.
fn ignored(
    subject: &Subject<'_>,
    directories: [&str; 2],
    parse: impl Fn(&str) -> Result<(), Invalid>,
) -> Vec<Fault> {
    let nodes = directories.into_iter().flat_map(|directory| subject.tree().children(directory));
    let ours = nodes.filter(|node| node.is_file() && node.site().is_some() && node.ends_with(".conf"));
    let mut faults = Vec::new();
    for node in ours {
        let text = node.text().unwrap_or_default();
        if text.contains('\0') {
            let message = format!("`{}` has NUL bytes, as UTF-16 has, and systemd reads UTF-8", node.path());
            faults.push(Fault::at(&node, message).help("save it as UTF-8"));
            continue;
        }
        for line in Span::lines(text).filter(|line| !line.of(text).starts_with('#')) {
            if let Err(error) = parse(line.of(text)) {
                faults.push(fault(&node, &line, &error));
            }
        }
    }
    faults
}

fn fault(node: &Node<'_>, line: &Span, error: &Invalid) -> Fault {
    let part = error.part();
    let bytes = line.bytes.start + part.start..line.bytes.start + part.end;
    let fault = Fault::at_span(node, &Span { line: line.line, bytes }, error.to_string());
    match error.help() {
        Some(help) => fault.help(help),
        None => fault,
    }
}

/// Returns the lines of layers that state another number than an earlier line of the same account, or that do so for a
/// line of a layer: systemd ignores the later one.
fn contradicted(lines: &[Line<'_>]) -> Vec<Fault> {
    let mut first: HashMap<(bool, &str), &Line<'_>> = HashMap::new();
    let mut faults = Vec::new();
    for line in lines {
        let Some(key) = account(line) else { continue };
        let Some(other) = first.get(&key) else {
            first.insert(key, line);
            continue;
        };
        let (id, before) = (id(line), id(other));
        if id == before {
            continue;
        }
        let message =
            format!("`{}` has the id `{id}` here and `{before}` in an earlier line, which counts", key.1);
        let help = "give the account another name, write the same id, or leave one of the lines out";
        if line.node.site().is_some() {
            let fault = Fault::at_span(&line.node, &line.at, message).help(help);
            faults.push(fault.also_at_span(&other.node, &other.at, "the earlier line"));
        } else if other.node.site().is_some() {
            let message = format!(
                "`{}` has the id `{before}` here, and a line of the base with `{id}` is ignored",
                key.1
            );
            faults.push(
                Fault::at_span(&other.node, &other.at, message)
                    .help(help)
                    .as_warning("the line that is ignored is the base's"),
            );
        }
    }
    faults
}

/// The account that a line makes: whether it is a user, and its name.
fn account<'l>(line: &'l Line<'_>) -> Option<(bool, &'l str)> {
    let name = line.fields.get(1)?.as_str();
    match line.fields.first()?.as_str() {
        "u" | "u!" => Some((true, name)),
        "g" => Some((false, name)),
        _ => None,
    }
}

fn id<'l>(line: &'l Line<'_>) -> &'l str {
    line.fields.get(2).map(String::as_str).filter(|id| !id.is_empty()).unwrap_or("-")
}
