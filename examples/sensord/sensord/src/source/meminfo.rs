//! `/proc/meminfo`: `MemTotal:  8062156 kB`, a line a field. The kernel's kB are KiB.

use serde::Serialize;

use super::{ParseError, integer};

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Meminfo {
    #[serde(rename = "total_kib")]
    pub total: u64,
    /// What a program could still get without swapping.
    #[serde(rename = "available_kib")]
    pub available: u64,
    #[serde(rename = "swap_total_kib")]
    pub swap_total: u64,
    #[serde(rename = "swap_free_kib")]
    pub swap_free: u64,
}

impl Meminfo {
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(Self {
            total: kib(text, "MemTotal")?,
            available: kib(text, "MemAvailable")?,
            swap_total: kib(text, "SwapTotal")?,
            swap_free: kib(text, "SwapFree")?,
        })
    }
}

fn kib(text: &str, field: &'static str) -> Result<u64, ParseError> {
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
        .ok_or(ParseError::Missing(field))?;
    let mut words = value.split_ascii_whitespace();
    let number = integer(field, words.next())?;
    match words.next() {
        Some("kB") => Ok(number),
        unit => Err(ParseError::Unit { field, unit: unit.unwrap_or_default().to_owned() }),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub const TEXT: &str = "\
MemTotal:        8062156 kB
MemFree:          213888 kB
MemAvailable:    6020144 kB
SwapCached:            0 kB
SwapTotal:       2097148 kB
SwapFree:        2096892 kB
HugePages_Total:       0
";

    #[test]
    fn the_fields_are_found_wherever_they_stand() {
        let expected =
            Meminfo { total: 8_062_156, available: 6_020_144, swap_total: 2_097_148, swap_free: 2_096_892 };
        assert_eq!(Meminfo::parse(TEXT), Ok(expected));
        let reversed: Vec<_> = TEXT.lines().rev().collect();
        assert_eq!(Meminfo::parse(&reversed.join("\n")), Meminfo::parse(TEXT));
    }

    #[test]
    fn a_field_that_is_missing_or_odd_is_named() {
        let with = |from, to| Meminfo::parse(&TEXT.replace(from, to));
        assert_eq!(with("MemAvailable", "MemOther"), Err(ParseError::Missing("MemAvailable")));
        assert_eq!(
            with("2096892 kB", "2047 MB"),
            Err(ParseError::Unit { field: "SwapFree", unit: "MB".to_owned() })
        );
        assert_eq!(
            with("8062156", "99999999999999999999"),
            Err(ParseError::NoNumber { field: "MemTotal", value: "99999999999999999999".to_owned() })
        );
    }
}
