//! `/proc/uptime`: `350735.47 234388.90`, seconds.

use serde::Serialize;

use super::{ParseError, decimal};

#[derive(Debug, PartialEq, Serialize)]
pub struct Uptime {
    pub seconds: f64,
    /// Seconds that the processors had nothing to do, summed over all of them.
    pub idle_seconds: f64,
}

impl Uptime {
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let mut fields = text.split_ascii_whitespace();
        Ok(Self {
            seconds: decimal("seconds", fields.next())?,
            idle_seconds: decimal("idle_seconds", fields.next())?,
        })
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub const TEXT: &str = "350735.47 234388.90\n";

    #[test]
    fn the_example_of_proc_5_is_read() {
        assert_eq!(Uptime::parse(TEXT), Ok(Uptime { seconds: 350_735.47, idle_seconds: 234_388.9 }));
    }

    #[test]
    fn half_an_uptime_is_refused() {
        assert_eq!(Uptime::parse("350735.47\n"), Err(ParseError::Missing("idle_seconds")));
    }
}
