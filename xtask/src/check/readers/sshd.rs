//! `sshd-config`: lines of `sshd_config.d` with which sshd does not start, and a directory that it does not read.

use lapstrake::Span;
use lapstrake::value::SshdLine;

use super::{invalid, judged};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "sshd-config",
    "sshd does not start with a keyword or a value that it does not know, and nobody can log in to repair the device",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("ssh").text("PermitRotLogin no\n", "/etc/ssh/sshd_config.d/10-fleet.conf")"#,
    fixed: r#"Layer::new("ssh").text("PermitRootLogin no\n", "/etc/ssh/sshd_config.d/10-fleet.conf")"#,
});

const MAIN: &str = "/etc/ssh/sshd_config";
const DIRECTORY: &str = "/etc/ssh/sshd_config.d";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let drop_ins = tree.children(DIRECTORY).filter(|node| node.ends_with(".conf"));
    let files: Vec<_> = drop_ins.filter(|node| node.is_file() && node.site().is_some()).collect();
    let mut faults: Vec<_> = files.first().and_then(|first| unread(subject, first)).into_iter().collect();
    let main = tree.get(MAIN).filter(|node| node.is_file() && node.site().is_some());
    for node in files.iter().chain(&main) {
        faults.extend(of_lines(node));
    }
    faults
}

fn of_lines(node: &Node<'_>) -> Vec<Fault> {
    let text = node.text().unwrap_or_default();
    let mut faults = Vec::new();
    let mut block: Option<Span> = None;
    for at in Span::lines(text).filter(|line| !line.of(text).starts_with('#')) {
        match SshdLine::parse(at.of(text)) {
            Err(error) => faults.push(invalid(node, &at, text, &error)),
            Ok(line) if line.keyword() == "match" => block = Some(at),
            Ok(line) => {
                let Some(block) = block.as_ref().filter(|_| !line.is_for_match()) else { continue };
                let message = format!("sshd does not start with `{line}` in a `Match` block");
                let fault = Fault::at_span(node, &at, message).also_at_span(node, block, "the block");
                faults.push(judged(node, fault.help("write it above the first `Match`")));
            }
        }
    }
    faults
}

/// Returns a fault where the main file does not include the directory.
fn unread(subject: &Subject<'_>, first: &Node<'_>) -> Option<Fault> {
    let main = subject.tree().follow(MAIN).and_then(|node| node.text())?;
    let includes = main.lines().filter_map(|line| SshdLine::parse(line).ok());
    let is_read = includes
        .filter(|line| line.keyword() == "include")
        .any(|line| line.to_string().contains("sshd_config.d"));
    let message = format!("`{}` is not read: `{MAIN}` does not include `{DIRECTORY}`", first.path());
    let help = format!("add `Include {DIRECTORY}/*.conf` as the first line of `{MAIN}`");
    (!is_read).then(|| Fault::at(first, message).help(help))
}
