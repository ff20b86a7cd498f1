//! One sample: what every source said at one time. A source that fails is part of it, and no reason to
//! stop: the rest of the system's health is worth most when something is wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::config::Sources;
use crate::report;
use crate::source::{Reading, Source};

#[derive(Debug, Serialize)]
pub struct Sample {
    /// The first of a run is 1.
    pub sequence: u64,
    /// Milliseconds since 1970 by this system's clock.
    pub unix_ms: u64,
    #[serde(flatten)]
    pub readings: BTreeMap<Source, Reading>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<Source, String>,
}

impl Sample {
    pub fn take(sequence: u64, sources: &Sources, proc: &Path) -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
        let mut sample = Self { sequence, unix_ms, readings: BTreeMap::new(), errors: BTreeMap::new() };
        for source in sources.iter() {
            match source.read(proc) {
                Ok(reading) => drop(sample.readings.insert(source, reading)),
                Err(error) => drop(sample.errors.insert(source, report::chain(&error))),
            }
        }
        sample
    }

    /// One line of JSON, with its newline.
    pub fn line(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|line| line + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_fails_leaves_the_others() {
        let proc = tempfile::tempdir().unwrap();
        std::fs::write(proc.path().join("uptime"), "12.5 20.0\n").unwrap();
        let sources = Sources::try_from(vec![Source::Loadavg, Source::Uptime]).unwrap();
        let sample = Sample::take(1, &sources, proc.path());
        let line: serde_json::Value = serde_json::from_str(&sample.line().unwrap()).unwrap();
        assert_eq!(line["uptime"]["seconds"], 12.5);
        assert!(line["errors"]["loadavg"].as_str().unwrap().starts_with("can't read"));
    }
}
