//! The config: parsed once, into values that can't be wrong any more.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::source::Source;

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(rename = "interval_ms")]
    pub interval: Interval,
    pub socket: SocketPath,
    pub history: Option<PathBuf>,
    pub sources: Sources,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("can't read the config `{}`", .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the config `{}` is wrong", .path.display())]
    Parse { path: PathBuf, source: toml::de::Error },
}

impl Config {
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|source| ConfigError::Parse { path: path.to_owned(), source })
    }
}

/// Why a value that is of the right type is wrong all the same.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongValue {
    #[error("an interval of {0} ms is not between 100 and 3600000")]
    Interval(u64),
    #[error("the socket `{}` is not an absolute path", .0.display())]
    RelativeSocket(PathBuf),
    #[error("the socket's path has {0} bytes; a Unix socket takes at most 107")]
    LongSocket(usize),
    #[error("there is no source to sample")]
    NoSource,
    #[error("a source is named twice")]
    SourceTwice,
}

/// The time between two samples: 100 ms to an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
pub struct Interval(Duration);

impl Interval {
    pub fn get(self) -> Duration {
        self.0
    }
}

impl TryFrom<u64> for Interval {
    type Error = WrongValue;

    fn try_from(ms: u64) -> Result<Self, WrongValue> {
        match ms {
            100..=3_600_000 => Ok(Self(Duration::from_millis(ms))),
            _ => Err(WrongValue::Interval(ms)),
        }
    }
}

/// A path that a Unix socket can be bound to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "PathBuf")]
pub struct SocketPath(PathBuf);

impl SocketPath {
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

impl TryFrom<PathBuf> for SocketPath {
    type Error = WrongValue;

    fn try_from(path: PathBuf) -> Result<Self, WrongValue> {
        // unix(7): sun_path has 108 bytes, the last of which is a NUL.
        let length = path.as_os_str().as_bytes().len();
        if !path.is_absolute() {
            Err(WrongValue::RelativeSocket(path))
        } else if length > 107 {
            Err(WrongValue::LongSocket(length))
        } else {
            Ok(Self(path))
        }
    }
}

/// What is sampled: at least one source, each once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Source>")]
pub struct Sources(BTreeSet<Source>);

impl Sources {
    pub fn iter(&self) -> impl Iterator<Item = Source> {
        self.0.iter().copied()
    }
}

impl TryFrom<Vec<Source>> for Sources {
    type Error = WrongValue;

    fn try_from(sources: Vec<Source>) -> Result<Self, WrongValue> {
        let named = sources.len();
        let sources: BTreeSet<_> = sources.into_iter().collect();
        match sources.len() {
            0 => Err(WrongValue::NoSource),
            distinct if distinct < named => Err(WrongValue::SourceTwice),
            _ => Ok(Self(sources)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../deploy/sensord.toml");

    #[test]
    fn the_config_in_the_image_is_right() {
        let config: Config = toml::from_str(SHIPPED).unwrap();
        assert_eq!(config.interval.get(), Duration::from_secs(1));
        assert_eq!(config.socket.as_path(), Path::new("/run/sensord/sensord.sock"));
        assert_eq!(config.sources.iter().count(), 3);
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_line() {
        for (from, to, reason) in [
            ("interval_ms = 1000", "interval_ms = 10", "an interval of 10 ms is not between 100 and 3600000"),
            ("interval_ms = 1000", "interval_ms = -1", "invalid value"),
            ("interval_ms = 1000", "interval = 1000", "unknown field `interval`"),
            ("\"/run/sensord/", "\"run/", "the socket `run/sensord.sock` is not an absolute path"),
            ("\"loadavg\", \"meminfo\", \"uptime\"", "", "there is no source to sample"),
            ("\"meminfo\"", "\"loadavg\"", "a source is named twice"),
            ("\"meminfo\"", "\"memory\"", "unknown variant `memory`"),
        ] {
            let text = SHIPPED.replace(from, to);
            assert_ne!(text, SHIPPED, "{from}");
            let error = toml::from_str::<Config>(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
            assert!(error.contains("TOML parse error at line"), "{error}");
        }
    }

    #[test]
    fn a_socket_path_that_the_kernel_would_cut_is_refused() {
        let path = |length: usize| PathBuf::from(format!("/{}", "x".repeat(length - 1)));
        assert!(SocketPath::try_from(path(107)).is_ok());
        assert!(SocketPath::try_from(path(108)) == Err(WrongValue::LongSocket(108)));
    }
}
