//! What the instruments show. Where a car would ask its buses, this one drives a lap of its own.

use std::fmt;
use std::time::Duration;

/// Kilometres per hour, and the charge of the battery in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauges {
    speed: u64,
    charge: u64,
}

/// A lap: to full speed, and back to standing.
const LAP: u64 = 120;
const FULL: u64 = 100;
/// One percent of charge lasts so many seconds.
const SECONDS_A_PERCENT: u64 = 60;

impl Gauges {
    /// The instruments so long after the start.
    pub fn after(driven: Duration) -> Self {
        let seconds = driven.as_secs();
        let half = LAP / 2;
        let into = seconds % LAP;
        let speed = into.min(LAP - into) * FULL / half;
        Self { speed, charge: FULL.saturating_sub(seconds / SECONDS_A_PERCENT) }
    }
}

impl fmt::Display for Gauges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{\"speed_kmh\":{},\"charge_percent\":{}}}", self.speed, self.charge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lap_goes_up_and_comes_back_while_the_charge_falls() {
        let shown = |seconds| Gauges::after(Duration::from_secs(seconds)).to_string();
        assert_eq!(shown(0), r#"{"speed_kmh":0,"charge_percent":100}"#);
        assert_eq!(shown(30), r#"{"speed_kmh":50,"charge_percent":100}"#);
        assert_eq!(shown(90), r#"{"speed_kmh":50,"charge_percent":99}"#);
        assert_eq!(shown(120), r#"{"speed_kmh":0,"charge_percent":98}"#);
        assert_eq!(shown(1_000_000), r#"{"speed_kmh":66,"charge_percent":0}"#);
    }
}
