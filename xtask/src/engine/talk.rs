//! An engine's talk: shown line by line as it comes, kept for the error, and never with a secret in it.

use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::progress::Progress;

/// Lines that an error shows.
const LAST: usize = 12;
/// How lines begin that a step prints for us and not for the user.
pub(crate) const LISTED: &str = "lapstrake-";
/// Lines that are kept; a build that says more has said it to the user.
const KEPT: usize = 20_000;
/// A secret shorter than this would take letters out of every word.
const SHORTEST: usize = 4;

/// How a command ended.
pub(super) struct Ended {
    pub(super) succeeded: bool,
    pub(super) said: Vec<String>,
}

/// Runs a command; what it says on either stream is one talk.
pub(super) fn run(command: &mut Command, hidden: &[String], progress: &Progress) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn()?;
    // The command holds the writing ends; with them open the talk would not end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let hidden: Vec<&str> =
        hidden.iter().flat_map(|secret| secret.lines()).filter(|line| line.len() >= SHORTEST).collect();
    let mut said = Vec::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = told(&line?, &hidden);
        if !line.starts_with(LISTED) {
            progress.line(&line);
        }
        if said.len() == KEPT {
            said.drain(..KEPT / 2);
        }
        said.push(line);
    }
    Ok(Ended { succeeded: child.wait()?.success(), said })
}

/// The lines to show with an error.
pub(super) fn last(said: &[String]) -> Vec<String> {
    let telling: Vec<_> = said.iter().filter(|line| !line.trim().is_empty() && !line.starts_with(LISTED)).collect();
    telling[telling.len().saturating_sub(LAST)..].iter().map(|line| (*line).clone()).collect()
}

/// A line as a person may see it: of a progress bar its last state, no control characters, no secret.
fn told(bytes: &[u8], hidden: &[&str]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    let mut line: String =
        text.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect();
    for secret in hidden {
        line = line.replace(secret, "***");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_told_and_both_streams_are_one_talk() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo token is hunter22; echo twice hunter22 >&2; exit 3"]);
        let ended = run(&mut command, &["hunter22\n".to_owned()], &Progress::silent()).unwrap();
        assert!(!ended.succeeded);
        assert_eq!(ended.said, ["token is ***", "twice ***"]);
    }

    #[test]
    fn of_a_progress_bar_the_last_state_is_told() {
        assert_eq!(told(b"10%\r50%\r100%\r", &[]), "100%");
        assert_eq!(told(b"\x1b[31mred", &[]), "\u{fffd}[31mred");
    }
}
