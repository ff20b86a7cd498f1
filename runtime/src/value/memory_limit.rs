//! A limit of memory.

use std::fmt;

use super::{Invalid, text_newtype};

/// A limit of memory as systemd takes it: bytes, with `K`, `M`, `G` or `T` to the base of 1024, a percentage of the memory
/// of the machine, or `infinity` (systemd.resource-control(5), `MemoryMax=`).
///
/// ```
/// use lapstrake::value::MemoryLimit;
///
/// assert_eq!(MemoryLimit::parse("2G").unwrap().as_str(), "2G");
/// assert_eq!(MemoryLimit::parse("40%").unwrap().to_string(), "40%");
/// assert_eq!(MemoryLimit::parse("2 GiB").unwrap_err().help(), Some("write `2G`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryLimit(String);

const WHAT: &str = "limit of memory";

impl MemoryLimit {
    /// Parses a limit.
    ///
    /// # Errors
    /// When it is neither a number with its unit, a percentage up to 100, nor `infinity`.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_share = |text: &str| is_number(text) && text.parse::<u8>().is_ok_and(|share| share <= 100);
        let bytes = text.strip_suffix(['K', 'M', 'G', 'T']).unwrap_or(text);
        if text == "infinity" || is_number(bytes) || text.strip_suffix('%').is_some_and(is_share) {
            return Ok(Self(text.to_owned()));
        }
        let error = Invalid::whole(WHAT, text, "is neither bytes, such as `2G`, a percentage nor `infinity`");
        let upper = text.to_uppercase().replace("IB", "").replace('B', "");
        Err(error.or_write(&upper.split_whitespace().collect::<String>(), Self::parse))
    }

    /// Returns the limit as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MemoryLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(MemoryLimit);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_takes_is_a_limit() {
        for text in ["0", "1073741824", "512K", "2G", "1T", "100%", "infinity"] {
            assert_eq!(MemoryLimit::parse(text).map(|limit| limit.0).as_deref(), Ok(text));
        }
        for text in ["", "G", "2X", "101%", "%", "-1", "two", "2G\n"] {
            assert!(MemoryLimit::parse(text).is_err(), "{text}");
        }
    }
}
