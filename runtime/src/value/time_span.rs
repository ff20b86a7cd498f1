//! A time span, as systemd.time(7) has it. It is judged, not computed.

/// The units, each before those that it begins with.
const UNITS: [&str; 30] = [
    "seconds", "second", "sec", "s", "minutes", "minute", "min", "months", "month", "msec", "ms", "M", "m",
    "hours", "hour", "hr", "h", "days", "day", "d", "weeks", "week", "w", "years", "year", "y", "usec", "us",
    "\u{b5}s", "\u{3bc}s",
];

/// Returns whether systemd reads a text as a time span (systemd.time(7)). A number without a unit is of seconds.
///
/// ```
/// use lapstrake::systemd::is_time_span;
///
/// assert!(["90", "2w 3d", "1.5h", "infinity"].iter().all(|text| is_time_span(text)));
/// assert!(!is_time_span("5 parsecs"));
/// ```
pub fn is_time_span(text: &str) -> bool {
    let mut rest = text.trim();
    if rest == "infinity" {
        return true;
    }
    let mut has_number = false;
    while !rest.is_empty() {
        let whole = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let after = match whole.strip_prefix('.') {
            Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
            None => whole,
        };
        if after.len() == rest.len() || rest[..rest.len() - after.len()].ends_with('.') {
            return false;
        }
        let after = after.trim_start();
        rest = UNITS.iter().find_map(|unit| after.strip_prefix(unit)).unwrap_or(after).trim_start();
        has_number = true;
    }
    has_number
}

#[cfg(test)]
mod tests {
    use super::is_time_span;

    /// What `systemd-analyze timespan` takes and refuses (systemd 252).
    #[test]
    fn spans_are_those_of_systemd() {
        for right in
            ["0", "5", "5 5", "10d", "2w 3d", "1.5h", "infinity", " 3 min ", "1M", "1d12h", "1\u{b5}s", ".5s"]
        {
            assert!(is_time_span(right), "{right}");
        }
        for wrong in ["", "10x", "-5s", "d", "5.", "1fortnight", "+5", "infinite"] {
            assert!(!is_time_span(wrong), "{wrong}");
        }
    }
}
