//! Files of drop-in directories, judged line by line by the rules of the programs that read them: systemd-sysctl,
//! systemd-modules-load, udev, the environment generator, sshd and sudo. No reader is started.

mod environment;
mod modules;
mod sshd;
mod sudoers;
mod sudoers_line;
mod sysctl;
mod udev;
mod udev_program;
mod unread_file;

use lapstrake::Span;
use lapstrake::value::Invalid;

use super::{Check, Fault, Node, Subject};

pub(super) const CHECKS: &[Check] = &[
    sysctl::CHECK,
    modules::CHECK,
    udev::CHECK,
    udev_program::CHECK,
    environment::CHECK,
    sshd::CHECK,
    sudoers::CHECK,
    unread_file::CHECK,
];

/// The directories in which systemd's programs look for their drop-in directories.
const TOPS: [&str; 3] = ["/usr/lib", "/usr/local/lib", "/etc"];

/// Returns the files of the layers that a program reads in its drop-in directory, with their texts.
fn texts<'a>(subject: &Subject<'a>, directory: &str, ending: &str) -> Vec<(Node<'a>, &'a str)> {
    let places = TOPS.map(|top| format!("{top}/{directory}"));
    let nodes = places.iter().flat_map(|place| subject.tree().children(place));
    let ours = nodes.filter(|node| node.is_file() && node.site().is_some() && node.ends_with(ending));
    ours.filter_map(|node| node.text().map(|text| (node, text))).collect()
}

/// Returns a fault of a line for what its parser refuses. The part that is wrong is underlined.
fn invalid(node: &Node<'_>, line: &Span, text: &str, error: &Invalid) -> Fault {
    let part = error.part();
    let at = if line.of(text) == error.input() {
        let bytes = line.bytes.start + part.start..line.bytes.start + part.end;
        Span { line: line.line, bytes }
    } else {
        line.word(text, error.offending())
    };
    let fault = Fault::at_span(node, &at, error.to_string());
    let fault = match error.help() {
        Some(help) => fault.help(help),
        None => fault,
    };
    judged(node, fault)
}

/// Returns a fault as a warning where a package brought the file: its distribution tried it.
fn judged(node: &Node<'_>, fault: Fault) -> Fault {
    let doubt = "a package has the file, and its distribution tried it";
    fault.doubted(node.is_of_packages().then_some(doubt))
}
