//! `sudoers-line`: lines of sudoers.d that sudo can't read, and a folder that it does not include.

use lapstrake::Span;

use super::judged;
use super::sudoers_line::wrong;
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "sudoers-line",
    "sudo leaves out a line that it can't read, or refuses to run at all, and nobody gets the rights of the line",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("sudo").with(File::text("%wheel ALL=(ALL) NOPASSWD ALL\n", "/etc/sudoers.d/wheel").mode(0o440))"#,
    fixed: r#"Layer::new("sudo").with(File::text("%wheel ALL=(ALL) NOPASSWD: ALL\n", "/etc/sudoers.d/wheel").mode(0o440))"#,
});

const MAIN: &str = "/etc/sudoers";
const DIRECTORY: &str = "/etc/sudoers.d";
/// At most so many lines of a file are reported.
const MOST_LINES: usize = 20;

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    // sudo passes over the others (sudoers(5), "Including other files from within sudoers").
    let is_read = |name: &str| !name.contains('.') && !name.ends_with('~');
    let drop_ins = tree.children(DIRECTORY).filter(|node| is_read(node.path().file_name()));
    let files: Vec<_> = drop_ins.filter(|node| node.is_file() && node.site().is_some()).collect();
    let mut faults: Vec<_> = files.first().and_then(|first| unread(subject, first)).into_iter().collect();
    let main = tree.get(MAIN).filter(|node| node.is_file() && node.site().is_some());
    for node in files.iter().chain(&main) {
        faults.extend(of_lines(node).into_iter().take(MOST_LINES));
    }
    faults
}

fn of_lines(node: &Node<'_>) -> Vec<Fault> {
    let text = node.text().unwrap_or_default();
    let mut faults = Vec::new();
    let mut continues = false;
    for at in Span::lines(text) {
        let line = at.of(text);
        let is_continued = std::mem::replace(&mut continues, line.ends_with('\\')) || continues;
        // A line that goes on in the next is not judged.
        let Some(wrong) = wrong(line).filter(|_| !is_continued) else { continue };
        let bytes = at.bytes.start + wrong.at.start..at.bytes.start + wrong.at.end;
        let part = Span { line: at.line, bytes };
        let message = format!("`{}` {}: sudo can't read the line", part.of(text).escape_debug(), wrong.why);
        let message = if wrong.is_passed_over {
            format!("`{}` {}", part.of(text).escape_debug(), wrong.why)
        } else {
            message
        };
        let fault = Fault::at_span(node, &part, message);
        let fault = match wrong.help {
            Some(help) => fault.help(help),
            None => fault,
        };
        let doubt = wrong.is_passed_over.then_some("sudo passes over a setting that it does not know");
        faults.push(judged(node, fault.doubted(doubt)));
    }
    faults
}

/// Returns a fault where the main file is known and does not include the folder.
fn unread(subject: &Subject<'_>, first: &Node<'_>) -> Option<Fault> {
    let main = subject.tree().follow(MAIN).and_then(|node| node.text())?;
    let includes = |line: &str| {
        let directive = line.trim_start().strip_prefix(['@', '#']);
        directive
            .and_then(|line| line.strip_prefix("includedir"))
            .is_some_and(|path| path.contains("sudoers.d"))
    };
    if main.lines().any(includes) {
        return None;
    }
    let message = format!("`{}` is not read: `{MAIN}` does not include `{DIRECTORY}`", first.path());
    Some(
        Fault::at(first, message).help(format!("add `@includedir {DIRECTORY}` as the last line of `{MAIN}`")),
    )
}
