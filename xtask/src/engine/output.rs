//! The output of an engine: shown line by line as it comes, and kept for the error.

use std::io::{self, BufRead, BufReader, Read};
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
/// Bytes of a line that are kept and shown. A step may print a line without an end.
const LINE_MAX: usize = 64 << 10;

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
    let mut reader = BufReader::new(reader);
    while let Some(line) = next_line(&mut reader, secrets)? {
        progress.line(&line);
        if lines.len() == KEPT {
            lines.drain(..KEPT / 2);
        }
        lines.push(line);
    }
    Ok(Ended { succeeded: child.wait()?.success(), lines })
}

/// Returns the next line without its end and without secrets, as it is shown. Of a line that is longer than
/// [`LINE_MAX`], the rest is read and counted, and not kept.
fn next_line(reader: &mut impl BufRead, secrets: &Secrets) -> io::Result<Option<String>> {
    let kept = LINE_MAX + secrets.longest();
    let mut line = Vec::new();
    if reader.by_ref().take(kept as u64).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.pop_if(|last| *last == b'\n').is_some() || line.len() < kept {
        return Ok(Some(printable(&secrets.hide(line))));
    }
    let rest = reader.skip_until(b'\n')?;
    let mut line = secrets.hide(line);
    // The beginning of a secret may be at the cut.
    line.truncate(line.len().saturating_sub(secrets.longest()));
    let cut = rest + secrets.longest();
    Ok(Some(format!("{} … (cut: {cut} more bytes)", printable(&line))))
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

    fn lines_of(bytes: &[u8], secrets: &Secrets) -> Vec<String> {
        let mut reader = bytes;
        std::iter::from_fn(|| next_line(&mut reader, secrets).unwrap()).collect()
    }

    #[test]
    fn a_secret_with_control_characters_is_hidden() {
        for value in ["binary\u{1}\u{2}key", "inner\rreturn-of-it", "esc\u{1b}[31mape", "tab\tand\u{0}nul"] {
            let secrets = Secrets::of_value(value.as_bytes());
            let said = format!("before {value} after\n");
            assert_eq!(lines_of(said.as_bytes(), &secrets), ["before *** after"], "{value:?}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_cut_and_shows_no_part_of_a_secret() {
        let secrets = Secrets::of_value(b"s3cr3t-marker");
        for before in LINE_MAX - 20..LINE_MAX + 20 {
            let said = [vec![b'x'; before], b"s3cr3t-marker".to_vec(), vec![b'y'; 3 * LINE_MAX]].concat();
            let [line] = lines_of(&said, &secrets).try_into().unwrap();
            assert!(line.len() < LINE_MAX + 100 && line.contains("(cut: "), "{}", line.len());
            assert!(!line.contains("s3"), "{before}");
        }
        let said = [vec![b'x'; 2 * LINE_MAX], b"\nnext\n".to_vec()].concat();
        assert_eq!(lines_of(&said, &secrets)[1], "next");
        assert_eq!(lines_of(b"last", &secrets), ["last"]);
    }

    #[test]
    fn lines_that_begin_with_the_name_of_the_tool_are_lines_of_the_step() {
        let said = ["lapstrake-made this", "lapstrake-", ""];
        assert_eq!(lines_of(format!("{}\n", said.join("\n")).as_bytes(), &Secrets::none()), said);
    }

    #[test]
    fn a_progress_bar_is_shown_in_its_last_state() {
        assert_eq!(printable(b"10%\r50%\r100%\r"), "100%");
        assert_eq!(printable(b"\x1b[31mred"), "\u{fffd}[31mred");
    }
}
