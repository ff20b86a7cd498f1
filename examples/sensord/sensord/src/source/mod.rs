//! What can be sampled. Each file below reads one file of proc(5): a pure parser, so that every shape
//! the kernel could give is tested without one.

mod loadavg;
mod meminfo;
mod uptime;

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use loadavg::Loadavg;
pub use meminfo::Meminfo;
pub use uptime::Uptime;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Loadavg,
    Meminfo,
    Uptime,
}

/// What a source said.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reading {
    Loadavg(Loadavg),
    Meminfo(Meminfo),
    Uptime(Uptime),
}

#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("can't read `{}/{name}`", .proc.display())]
    Read { proc: std::path::PathBuf, name: &'static str, source: io::Error },
    #[error("`{}/{name}` is not as proc(5) says", .proc.display())]
    Parse { proc: std::path::PathBuf, name: &'static str, source: ParseError },
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("`{0}` is missing")]
    Missing(&'static str),
    #[error("`{field}` is `{value}`, which is no such number")]
    NoNumber { field: &'static str, value: String },
    #[error("`{field}` is in `{unit}`, not in kB")]
    Unit { field: &'static str, unit: String },
}

impl Source {
    /// The name of the file in `/proc`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loadavg => "loadavg",
            Self::Meminfo => "meminfo",
            Self::Uptime => "uptime",
        }
    }

    /// Reads it from a proc(5) file system.
    pub fn read(self, proc: &Path) -> Result<Reading, SourceError> {
        let name = self.name();
        let text = std::fs::read_to_string(proc.join(name)).map_err(|source| SourceError::Read {
            proc: proc.to_owned(),
            name,
            source,
        })?;
        match self {
            Self::Loadavg => Loadavg::parse(&text).map(Reading::Loadavg),
            Self::Meminfo => Meminfo::parse(&text).map(Reading::Meminfo),
            Self::Uptime => Uptime::parse(&text).map(Reading::Uptime),
        }
        .map_err(|source| SourceError::Parse { proc: proc.to_owned(), name, source })
    }
}

/// A number that is finite and not negative: `nan` and `inf` are numbers to Rust, and none to JSON.
fn decimal(field: &'static str, value: Option<&str>) -> Result<f64, ParseError> {
    let value = value.ok_or(ParseError::Missing(field))?;
    match value.parse() {
        Ok(number) if f64::is_finite(number) && number >= 0.0 => Ok(number),
        _ => Err(ParseError::NoNumber { field, value: value.to_owned() }),
    }
}

fn integer(field: &'static str, value: Option<&str>) -> Result<u64, ParseError> {
    let value = value.ok_or(ParseError::Missing(field))?;
    value.parse().map_err(|_| ParseError::NoNumber { field, value: value.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_reads_this_machine() {
        for source in [Source::Loadavg, Source::Meminfo, Source::Uptime] {
            source.read(Path::new("/proc")).unwrap();
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = Source::Uptime.read(Path::new("/nonexistent")).unwrap_err();
        assert_eq!(error.to_string(), "can't read `/nonexistent/uptime`");
    }

    #[test]
    fn a_text_that_was_cut_anywhere_does_no_harm() {
        let texts = [loadavg::tests::TEXT, meminfo::tests::TEXT, uptime::tests::TEXT];
        for text in texts {
            for end in 0..=text.len() {
                let _ = Loadavg::parse(&text[..end]);
                let _ = Meminfo::parse(&text[..end]);
                let _ = Uptime::parse(&text[..end]);
            }
        }
    }
}
