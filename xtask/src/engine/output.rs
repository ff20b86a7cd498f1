//! An engine's talk: shown line by line as it comes, and kept for the error.

use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::interrupt::Engine;
use super::secrets::Secrets;
use crate::support::progress::Progress;

/// Lines that an error shows.
const LAST: usize = 12;
/// Characters of a line that an error shows.
const LONG: usize = 400;
/// How lines begin that a step prints for us and not for the user.
pub(crate) const LISTED: &str = "lapstrake-";
/// Lines that are kept; a build that says more has said it to the user.
const KEPT: usize = 20_000;

/// How a command ended.
pub(super) struct Ended {
    pub(super) succeeded: bool,
    pub(super) said: Vec<String>,
    /// What was printed for us, to the last line.
    pub(super) listed: Vec<String>,
}

/// Runs a command; what it says on either stream is one talk, in which no secret is told.
pub(super) fn run(command: &mut Command, secrets: &Secrets, progress: &Progress) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).process_group(0);
    let mut child = command.spawn()?;
    let _engine = Engine::started(&child);
    // The command holds the writing ends; with them open the talk would not end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (mut said, mut listed) = (Vec::new(), Vec::new());
    for line in BufReader::new(reader).split(b'\n') {
        let line = secrets.hide(told(&line?));
        if line.starts_with(LISTED) {
            listed.push(line);
            continue;
        }
        progress.line(&line);
        if said.len() == KEPT {
            said.drain(..KEPT / 2);
        }
        said.push(line);
    }
    Ok(Ended { succeeded: child.wait()?.success(), said, listed })
}

/// How lines begin that tell of taking in the base, which the user did not ask for.
const TAKING_IN: [&str; 4] = ["Getting image source", "Copying ", "Writing manifest", "Storing signatures"];

/// The lines to show with an error.
pub(super) fn last(said: &[String]) -> Vec<String> {
    let telling: Vec<_> = said
        .iter()
        .filter(|line| !line.trim().is_empty() && !TAKING_IN.iter().any(|start| line.starts_with(start)))
        .collect();
    telling[telling.len().saturating_sub(LAST)..].iter().map(|line| shortened(line)).collect()
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

/// A line as a person may see it: of a progress bar its last state, no control characters.
fn told(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_streams_are_one_talk() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let ended = run(&mut command, &Secrets::none(), &Progress::silent()).unwrap();
        assert!(!ended.succeeded);
        assert_eq!(ended.said, ["one", "two"]);
    }

    #[test]
    fn of_a_progress_bar_the_last_state_is_told() {
        assert_eq!(told(b"10%\r50%\r100%\r"), "100%");
        assert_eq!(told(b"\x1b[31mred"), "\u{fffd}[31mred");
    }
}
