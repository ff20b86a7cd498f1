//! What the system put on its second disk before it was switched off: how the command ended, and what it
//! said.

use std::fs::{self, File};
use std::io;

use camino::Utf8Path;

use super::BootError;

/// Of the second disk, in bytes: more than a command that is read by a person says.
const SIZE: u64 = 16 << 20;
const MARK: &str = "lapstrake";

/// A command that has ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record {
    /// When the system was up, in seconds.
    pub(super) up: f64,
    pub(super) end: End,
    pub(super) output: Vec<u8>,
    pub(super) errors: Vec<u8>,
    /// It said more than the disk holds.
    pub(super) cut: bool,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    Exited(u8),
    /// By that signal, without its `SIG`.
    Killed(String),
}

impl End {
    /// systemd's code for a program that could not be started (systemd.exec(5)).
    pub(super) const NOT_STARTED: Self = Self::Exited(203);

    /// The exit code that says it, as shells have it.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Exited(code) => *code,
            Self::Killed(signal) => number(signal).unwrap_or_default().saturating_add(128),
        }
    }
}

/// An empty second disk.
pub(super) fn prepare(path: &Utf8Path) -> Result<(), BootError> {
    let made = File::create(path).and_then(|file| file.set_len(SIZE));
    made.map_err(|source| BootError::Write { path: path.to_owned(), source })
}

/// What is on the second disk; none where the system never wrote it.
pub(super) fn read(path: &Utf8Path) -> io::Result<Option<Record>> {
    Ok(parse(&fs::read(path)?))
}

fn parse(disk: &[u8]) -> Option<Record> {
    let end = disk.iter().take(256).position(|byte| *byte == b'\n')?;
    let (line, said) = (std::str::from_utf8(&disk[..end]).ok()?, &disk[end + 1..]);
    let mut fields = line.split(' ');
    if fields.next() != Some(MARK) {
        return None;
    }
    let up = fields.next()?.parse().ok()?;
    let end = match (fields.next()?, fields.next()?) {
        ("exited", code) => End::Exited(code.parse().ok()?),
        ("killed" | "dumped", signal) => End::Killed(signal.to_owned()),
        _ => return None,
    };
    let mut size = || fields.next()?.parse::<usize>().ok();
    let (output, errors) = (size()?, size()?);
    let cut = output.saturating_add(errors) > said.len();
    let (output, rest) = said.split_at(output.min(said.len()));
    let errors = &rest[..errors.min(rest.len())];
    Some(Record { up, end, output: output.to_vec(), errors: errors.to_vec(), cut })
}

/// The number of a signal on every architecture that bootc knows (signal(7)).
fn number(signal: &str) -> Option<u8> {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
        "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
        "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];
    if let Some(realtime) = signal.strip_prefix("RTMIN+") {
        return realtime.parse::<u8>().ok()?.checked_add(34);
    }
    let at = NAMES.iter().position(|name| *name == signal)?;
    u8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: &str, said: &str) -> Option<Record> {
        let mut disk = format!("{line}\n{said}").into_bytes();
        disk.resize(4096, 0);
        parse(&disk)
    }

    #[test]
    fn the_end_and_both_streams_come_back() {
        let record = record("lapstrake 12.34 exited 3 9 5", "inactive\noops\n").unwrap();
        assert_eq!((record.up, record.end.code()), (12.34, 3));
        assert_eq!((&record.output[..], &record.errors[..]), (&b"inactive\n"[..], &b"oops\n"[..]));
        assert!(!record.cut);
    }

    #[test]
    fn a_signal_is_128_and_its_number() {
        for (signal, code) in [("TERM", 143), ("KILL", 137), ("SEGV", 139), ("SYS", 159), ("RTMIN+2", 164)] {
            let record = record(&format!("lapstrake 1 killed {signal} 0 0"), "").unwrap();
            assert_eq!(record.end, End::Killed(signal.to_owned()));
            assert_eq!(record.end.code(), code, "{signal}");
        }
        assert_eq!(record("lapstrake 1 dumped ABRT 0 0", "").unwrap().end.code(), 134);
    }

    #[test]
    fn what_does_not_fit_is_cut_and_told() {
        let record = record("lapstrake 1 exited 0 4000 4000", "x").unwrap();
        assert!(record.cut);
        assert_eq!(record.output.len(), 4000);
        assert!(record.errors.len() < 4000);
    }

    #[test]
    fn a_disk_that_was_not_written_is_no_record() {
        assert_eq!(parse(&[0; 4096]), None);
        for line in ["", "lapstrake", "lapstrake 1 none none 0 0", "other 1 exited 0 0 0"] {
            assert_eq!(record(line, ""), None, "{line}");
        }
    }
}
