//! Prints what is measured, and compares it with the bars.

use std::process::ExitCode;
use std::time::Duration;

use super::measure::Cost;

/// The bars of one run.
#[derive(Debug, Default)]
pub(super) struct Figures {
    missed: Vec<String>,
}

impl Figures {
    /// Compares a time with the most that it may be.
    pub(super) fn bar(&mut self, what: &str, found: Duration, most: Duration) {
        self.compare(what, millis(found), millis(most), "ms");
    }

    /// Compares a figure with the most that it may be.
    pub(super) fn compare(&mut self, what: &str, found: f64, most: f64, unit: &str) {
        let is_met = found <= most;
        let word = if is_met { "met" } else { "MISSED" };
        println!("{word:>8}: {what}: {found:.1} {unit}, at most {most:.1} {unit}");
        if !is_met {
            self.missed.push(what.to_owned());
        }
    }

    /// Notes a bar that another program checked.
    pub(super) fn fail(&mut self, what: &str) {
        self.missed.push(what.to_owned());
    }

    /// Names the missed bars, and returns the exit code.
    pub(super) fn conclude(&self) -> ExitCode {
        for missed in &self.missed {
            eprintln!("error: bar missed: {missed}");
        }
        if self.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Prints the times of a row, and returns their median.
pub(super) fn print_times(what: &str, times: &[Duration]) -> Duration {
    let all: Vec<_> = times.iter().map(|time| time.as_millis().to_string()).collect();
    let median = median(times);
    println!("{what:>32}: median {:>8.1} ms of [{}]", millis(median), all.join(" "));
    median
}

/// Prints the cost of a row.
pub(super) fn print_cost(what: &str, cost: Cost) {
    let (cpu, read) = (cost.cpu.as_secs_f64(), megabytes(cost.read));
    println!("{what:>32}: {:>8.1} ms, {cpu:.2} s of CPU, {read:.1} MB read", millis(cost.wall));
}

/// Returns the time in the middle.
pub(super) fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    *times.get(times.len() / 2).expect("a row has at least one time")
}

/// Returns the share of one time in another.
pub(super) fn ratio(time: Duration, of: Duration) -> f64 {
    time.as_secs_f64() / of.as_secs_f64()
}

pub(super) fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure is printed with one decimal")]
pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_bar_fails_the_run() {
        let mut figures = Figures::default();
        figures.bar("met", Duration::from_millis(100), Duration::from_millis(100));
        assert!(figures.missed.is_empty());
        figures.compare("missed", 150.1, 150.0, "s");
        assert_eq!(figures.missed, ["missed"]);
    }

    #[test]
    fn the_median_is_the_time_in_the_middle() {
        let times = [9, 1, 5].map(Duration::from_millis);
        assert_eq!(median(&times), Duration::from_millis(5));
    }
}
