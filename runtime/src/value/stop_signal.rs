//! The signal that stops a container of an image.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "stop signal";
/// The names without `SIG` (signal(7)).
const NAMES: [&str; 36] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE",
    "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
];

/// A signal by its name or number, as `STOPSIGNAL` of a Containerfile takes it: `SIGTERM`, `SIGRTMIN+3`, `15`.
///
/// ```
/// use lapstrake::value::StopSignal;
///
/// assert_eq!(StopSignal::parse("SIGRTMIN+3").unwrap().as_str(), "SIGRTMIN+3");
/// assert!(StopSignal::parse("SIGSTOPPED").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StopSignal(String);

impl StopSignal {
    /// Parses a signal. Upper and lower case are the same, and `SIG` may be left out.
    ///
    /// # Errors
    /// When it is neither the name of a signal of Linux nor a number from 1 to 64.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let offset = |of: &str, most: u8| {
            let digits = name.strip_prefix(of).filter(|digits| !digits.starts_with('0'));
            digits.and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|offset| offset <= most)
        };
        let is_number = !text.starts_with(['0', '+']) && text.parse::<u8>().is_ok_and(|number| number <= 64);
        // podman knows no other names of real-time signals.
        if is_number || NAMES.contains(&name) || offset("RTMIN+", 15) || offset("RTMAX-", 14) {
            return Ok(Self(text.to_owned()));
        }
        Err(Invalid::whole(WHAT, text, "is not a signal").or("write it as `SIGTERM`"))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(StopSignal);
