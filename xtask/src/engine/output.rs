//! The output of an engine: shown line by line as it comes, and kept for the error.

use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::interrupt::RunningEngine;
use super::secrets::Secrets;
use crate::support::progress::Progress;

/// Lines that an error shows.
const LAST: usize = 12;
/// Characters of a line that an error shows.
const LONG: usize = 400;
/// Lines that are kept. All of them are shown to the user.
const KEPT: usize = 20_000;

/// How a command ended.
pub(super) struct Ended {
    pub(super) succeeded: bool,
    /// The output, without its beginning if it is long.
    pub(super) lines: Vec<String>,
}

/// Runs a command. Both of its streams are one output, in which secrets are hidden.
pub(super) fn run(command: &mut Command, secrets: &Secrets, progress: &Progress) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).process_group(0);
    let mut child = command.spawn()?;
    let _engine = RunningEngine::started(&child);
    // The command holds the writing ends; with them open the output would not end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut lines = Vec::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = secrets.hide(printable(&line?));
        progress.line(&line);
        if lines.len() == KEPT {
            lines.drain(..KEPT / 2);
        }
        lines.push(line);
    }
    Ok(Ended { succeeded: child.wait()?.success(), lines })
}

/// The beginnings of lines about the import of the base, which says nothing about a failure.
const IMPORT: [&str; 4] = ["Getting image source", "Copying ", "Writing manifest", "Storing signatures"];

/// The lines to show with an error.
pub(super) fn last(lines: &[String]) -> Vec<String> {
    let shown: Vec<_> = lines
        .iter()
        .filter(|line| !line.trim().is_empty() && !IMPORT.iter().any(|start| line.starts_with(start)))
        .collect();
    shown[shown.len().saturating_sub(LAST)..].iter().map(|line| shortened(line)).collect()
}

/// The beginning and the end of a line; buildah prints whole requests in between.
fn shortened(line: &str) -> String {
    let count = line.chars().count();
    if count <= LONG {
        return line.to_owned();
    }
    let (start, end) = (line.chars().take(LONG / 2), line.chars().skip(count - LONG / 2));
    start.chain(" … ".chars()).chain(end).collect()
}

/// Returns a line as it is shown: the last state of a progress bar, and no control characters.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\r');
    let text = text.rsplit_once('\r').map_or(text, |(_, last)| last);
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_are_one_output() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let ended = run(&mut command, &Secrets::none(), &Progress::silent()).unwrap();
        assert!(!ended.succeeded);
        assert_eq!(ended.lines, ["one", "two"]);
    }

    #[test]
    fn a_progress_bar_is_shown_in_its_last_state() {
        assert_eq!(printable(b"10%\r50%\r100%\r"), "100%");
        assert_eq!(printable(b"\x1b[31mred"), "\u{fffd}[31mred");
    }
}
