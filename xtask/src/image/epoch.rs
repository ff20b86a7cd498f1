//! The time in an image: `SOURCE_DATE_EPOCH`, or 1970. It must not read the clock.

use std::time::{Duration, SystemTime};

use crate::support::explain::Explain;

/// Seconds since 1970-01-01, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Epoch(u32);

/// `SOURCE_DATE_EPOCH` is not a number of seconds.
#[derive(Debug, thiserror::Error)]
#[error("`SOURCE_DATE_EPOCH` is `{value}`, which is not a number of seconds since 1970 (up to 2106)")]
pub(crate) struct EpochError {
    value: String,
}

impl Explain for EpochError {
    fn help(&self) -> Option<String> {
        Some("run `unset SOURCE_DATE_EPOCH`, or set it to the time of the last commit: `git log -1 --format=%ct`".to_owned())
    }
}

impl Epoch {
    pub(crate) fn seconds(self) -> u32 {
        self.0
    }

    /// Returns the epoch of the environment, or 0 if it has none (reproducible-builds.org, `SOURCE_DATE_EPOCH`).
    pub(crate) fn of_environment() -> Result<Self, EpochError> {
        match std::env::var("SOURCE_DATE_EPOCH") {
            Ok(value) => value.trim().parse().map(Self).map_err(|_| EpochError { value }),
            Err(std::env::VarError::NotPresent) => Ok(Self::default()),
            Err(std::env::VarError::NotUnicode(value)) => {
                Err(EpochError { value: value.to_string_lossy().into_owned() })
            }
        }
    }
}

/// Formats the time as RFC 3339, which the OCI image spec demands.
impl std::fmt::Display for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(self.0));
        humantime::format_rfc3339_seconds(time).fmt(f)
    }
}
