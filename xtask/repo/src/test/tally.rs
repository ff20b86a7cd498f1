//! Counts the tests that passed and failed.

use std::fmt;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) ignored: u64,
}

impl Tally {
    /// Parses a `test result:` line, which libtest prints for each test binary.
    pub(super) fn of_line(line: &str) -> Option<Self> {
        let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
        let count = |what: &str| {
            counts.split("; ").find_map(|count| count.strip_suffix(what)?.trim_end().parse().ok())
        };
        Some(Self { passed: count("passed")?, failed: count("failed")?, ignored: count("ignored")? })
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
        }
    }
}

/// Returns the counts of a step. A step without tests (a lint, a package) counts as one test. A failed step has at least
/// one failure, because its tests may not have compiled.
pub(super) fn verdict(success: bool, counted: Option<Tally>) -> Tally {
    match counted {
        None if success => Tally { passed: 1, ..Tally::default() },
        None => Tally { failed: 1, ..Tally::default() },
        Some(tally) if !success && tally.failed == 0 => Tally { failed: 1, ..tally },
        Some(tally) => tally,
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.ignored > 0 {
            write!(f, ", {} ignored", self.ignored)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_of_libtest_is_counted() {
        let ok =
            "test result: ok. 16 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(Tally::of_line(ok), Some(Tally { passed: 16, failed: 0, ignored: 2 }));
        let failed =
            "test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1s";
        assert_eq!(Tally::of_line(failed), Some(Tally { passed: 3, failed: 1, ignored: 0 }));
        for other in ["test result_of_a_push ... ok", "running 3 tests", "", "test result: odd"] {
            assert_eq!(Tally::of_line(other), None, "{other}");
        }
    }

    #[test]
    fn a_step_that_failed_is_never_without_a_failure() {
        let some = Tally { passed: 3, failed: 0, ignored: 0 };
        assert_eq!(verdict(true, Some(some)), some);
        assert_eq!(verdict(false, Some(some)).failed, 1, "a later binary did not compile");
        assert_eq!(verdict(false, None).failed, 1);
        assert_eq!(verdict(true, None).passed, 1);
    }

    #[test]
    fn the_last_line_is_short() {
        assert_eq!(Tally { passed: 12, failed: 0, ignored: 0 }.to_string(), "12 passed, 0 failed");
        assert_eq!(Tally { passed: 1, failed: 2, ignored: 3 }.to_string(), "1 passed, 2 failed, 3 ignored");
    }
}
