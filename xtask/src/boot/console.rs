//! What the serial console of the system says: read while it grows, as lines that a person can read, and
//! the few of them that say that no result will come.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read};

use camino::Utf8Path;

/// What the boot's own unit says once the system is up.
pub(super) const UP: &str = "lapstrake: the system is up";
/// What that unit is called.
pub(super) const DESCRIPTION: &str = "cargo xtask image boot";
/// What systemd says where it gives up, as its versions have it.
const EMERGENCY: [&str; 7] = [
    "You are in emergency mode",
    "You are in rescue mode",
    "Reached target Emergency Mode",
    "Reached target Rescue Mode",
    "Reached target emergency.target",
    "Reached target rescue.target",
    "Started Emergency Shell",
];
/// Lines that an error shows.
const LAST: usize = 12;

/// A console, as far as it was read.
#[derive(Debug)]
pub(super) struct Console {
    log: File,
    /// The line that is not complete yet.
    open: Vec<u8>,
    last: VecDeque<String>,
}

/// What a line means for the boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Up,
    Panic,
    /// systemd does not reach its default target, or waits for somebody with a keyboard.
    Emergency,
    /// The initramfs found no root.
    NoRoot,
}

/// The end of a console's output.
#[derive(Debug, Default)]
pub(crate) struct Last(Vec<String>);

impl Last {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::error::Error for Last {}

impl std::fmt::Display for Last {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the console said nothing");
        }
        f.write_str("the console said last:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

impl Console {
    pub(super) fn open(log: &Utf8Path) -> io::Result<Self> {
        Ok(Self { log: File::open(log)?, open: Vec::new(), last: VecDeque::new() })
    }

    /// The lines that are new, and of the first that means something what that is.
    pub(super) fn read(&mut self) -> io::Result<Vec<(String, Option<Sign>)>> {
        self.log.read_to_end(&mut self.open)?;
        let Some(end) = self.open.iter().rposition(|byte| *byte == b'\n') else { return Ok(Vec::new()) };
        let rest = self.open.split_off(end + 1);
        let complete = std::mem::replace(&mut self.open, rest);
        let lines = complete.split(|byte| *byte == b'\n').map(legible);
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        self.last.extend(lines.iter().cloned());
        self.last.drain(..self.last.len().saturating_sub(LAST));
        Ok(lines.into_iter().map(|line| (sign(&line), line)).map(|(sign, line)| (line, sign)).collect())
    }

    /// The last lines, and what was begun.
    pub(super) fn last(&self) -> Last {
        let begun = Some(legible(&self.open)).filter(|line| !line.is_empty());
        let lines: Vec<_> = self.last.iter().cloned().chain(begun).collect();
        Last(lines[lines.len().saturating_sub(LAST)..].to_vec())
    }
}

/// What a line means, if it means something.
fn sign(line: &str) -> Option<Sign> {
    let said = untimed(line);
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| said.contains(phrase));
    // systemd shortens the middle of a long line.
    let depends = has(&["Dependency failed for"]) && has(&["Local File Systems", DESCRIPTION]);
    if said.starts_with("Kernel panic - not syncing") {
        Some(Sign::Panic)
    } else if has(&[UP]) {
        // Another program's line may have been begun.
        Some(Sign::Up)
    } else if has(&["Dropping to a shell!", "Warning: Could not boot", "Entering emergency mode."]) {
        // initramfs-tools, and dracut twice.
        Some(Sign::NoRoot)
    } else if depends || has(&EMERGENCY) {
        Some(Sign::Emergency)
    } else {
        None
    }
}

/// A line without the kernel's time, where it has it.
pub(super) fn untimed(line: &str) -> &str {
    match line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((time, said)) if time.trim().parse::<f64>().is_ok() => said,
        _ => line,
    }
}

/// A line as a person may see it: no colours, no other control characters.
fn legible(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\u{1b}' {
            // ECMA-48: a control sequence ends with the first character from `@` to `~`; of others the
            // second character is all.
            let is_sequence = rest.next() == Some('[');
            while is_sequence && rest.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
        } else if c == '\t' || !c.is_control() {
            out.push(c);
        }
    }
    out.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_ends_a_boot_is_known_by_what_real_systems_print() {
        for (line, means) in [
            (
                "[    2.345678] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
                Some(Sign::Panic),
            ),
            ("Kernel panic - not syncing: Attempted to kill init!", Some(Sign::Panic)),
            ("[    5.1] systemd[1]: the words Kernel panic - not syncing in a log", None),
            (
                "\u{1b}[0;1;38;5;185m[DEPEND] \u{1b}[0mDependency failed for \u{1b}[0;1;39mLocal File Systems\u{1b}[0m.\r",
                Some(Sign::Emergency),
            ),
            ("[DEPEND] Dependency failed for local-fs.target - Local File Systems.", Some(Sign::Emergency)),
            ("[DEPEND] Dependency failed for loca…s.target - Local File Systems.", Some(Sign::Emergency)),
            ("[DEPEND] Dependency failed for lapstra…of cargo xtask image boot.", Some(Sign::Emergency)),
            ("[DEPEND] Dependency failed for data.mount - /data.", None),
            ("[  OK  ] Reached target emergency.target - Emergency Mode.", Some(Sign::Emergency)),
            (
                "You are in emergency mode. After logging in, type \"journalctl -xb\" to view",
                Some(Sign::Emergency),
            ),
            ("ALERT!  /dev/vda does not exist.  Dropping to a shell!", Some(Sign::NoRoot)),
            ("Entering emergency mode. Exit the shell to continue.", Some(Sign::NoRoot)),
            ("lapstrake: the system is up after 12.30 s", Some(Sign::Up)),
            ("         Starting a.service - A...lapstrake: the system is up after 12.30 s", Some(Sign::Up)),
            ("[  OK  ] Reached target Local File Systems.", None),
            ("[FAILED] Failed to start a.service.", None),
        ] {
            assert_eq!(sign(&legible(line.as_bytes())), means, "{line:?}");
        }
    }

    #[test]
    fn lines_come_when_they_are_complete_and_the_last_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join("log");
        let mut log = File::create(&path).unwrap();
        let mut console = Console::open(&path).unwrap();
        assert_eq!(console.last().to_string(), "the console said nothing");
        log.write_all(b"one\r\n\r\ntw").unwrap();
        assert_eq!(console.read().unwrap(), [("one".to_owned(), None)]);
        assert_eq!(console.last().to_string(), "the console said last:\n    one\n    tw");
        for number in 0..20 {
            writeln!(log, "o {number}").unwrap();
        }
        assert_eq!(console.read().unwrap()[0].0, "two 0");
        let last = console.last().to_string();
        assert_eq!(last.lines().count(), 1 + LAST);
        assert!(last.ends_with("\n    o 19"), "{last}");
    }
}
