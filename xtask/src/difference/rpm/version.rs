//! The order of versions of packages, as rpm has it (`rpmvercmp`): digits as numbers, letters as text, `~` before
//! everything and `^` after the same version without it.

use std::cmp::Ordering;

/// Compares two texts `EPOCH:VERSION-RELEASE`.
pub(in super::super) fn compare(one: &str, other: &str) -> Ordering {
    let (one, other) = (split(one), split(other));
    one.0.cmp(&other.0).then_with(|| part(one.1, other.1)).then_with(|| part(one.2, other.2))
}

fn split(text: &str) -> (u32, &str, &str) {
    let (epoch, rest) = text.split_once(':').unwrap_or(("0", text));
    let (version, release) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch.parse().unwrap_or(0), version, release)
}

fn part(mut one: &str, mut other: &str) -> Ordering {
    let is_separator = |c: char| !c.is_ascii_alphanumeric() && c != '~' && c != '^';
    loop {
        one = one.trim_start_matches(is_separator);
        other = other.trim_start_matches(is_separator);
        match (one.strip_prefix('~'), other.strip_prefix('~')) {
            (Some(left), Some(right)) => {
                (one, other) = (left, right);
                continue;
            }
            (Some(_), None) => return Ordering::Less,
            (None, Some(_)) => return Ordering::Greater,
            (None, None) => {}
        }
        match (one.strip_prefix('^'), other.strip_prefix('^')) {
            (Some(left), Some(right)) => {
                (one, other) = (left, right);
                continue;
            }
            // After the end of the other it is later, before anything else earlier.
            (Some(_), None) => return if other.is_empty() { Ordering::Greater } else { Ordering::Less },
            (None, Some(_)) => return if one.is_empty() { Ordering::Less } else { Ordering::Greater },
            (None, None) => {}
        }
        if one.is_empty() || other.is_empty() {
            return one.len().min(1).cmp(&other.len().min(1));
        }
        let is_number = one.starts_with(|c: char| c.is_ascii_digit());
        let (left, rest) = segment(one, is_number);
        let (right, other_rest) = segment(other, is_number);
        if right.is_empty() {
            // A number is later than letters.
            return if is_number { Ordering::Greater } else { Ordering::Less };
        }
        let (left, right) = if is_number {
            (left.trim_start_matches('0'), right.trim_start_matches('0'))
        } else {
            (left, right)
        };
        let longer = if is_number { left.len().cmp(&right.len()) } else { Ordering::Equal };
        match longer.then_with(|| left.cmp(right)) {
            Ordering::Equal => (one, other) = (rest, other_rest),
            unequal => return unequal,
        }
    }
}

/// Returns the digits or the letters at the start, and the rest.
fn segment(text: &str, is_number: bool) -> (&str, &str) {
    let is_in = |c: char| if is_number { c.is_ascii_digit() } else { c.is_ascii_alphabetic() };
    text.split_at(text.find(|c| !is_in(c)).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{self, Equal, Greater, Less};

    /// Rows of rpm's own test `tests/rpmvercmp.at`.
    const TABLE: [(&str, &str, Ordering); 28] = [
        ("1.0", "1.0", Equal),
        ("1.0", "2.0", Less),
        ("2.0.1", "2.0", Greater),
        ("2.0.1a", "2.0.1", Greater),
        ("5.5p1", "5.5p10", Less),
        ("10xyz", "10.1xyz", Less),
        ("xyz10", "xyz10.1", Less),
        ("xyz.4", "8", Less),
        ("5.5p2", "5.6p1", Less),
        ("6.0.rc1", "6.0", Greater),
        ("10b2", "10a1", Greater),
        ("7.0a2", "7.0a2", Equal),
        ("1.0aa", "1.0a", Greater),
        ("10.0001", "10.1", Equal),
        ("10.0001", "10.0039", Less),
        ("4.999.9", "5.0", Less),
        ("20101121", "20101122", Less),
        ("2_0", "2.0", Equal),
        ("a+", "a_", Equal),
        ("1.0~rc1", "1.0", Less),
        ("1.0~rc1", "1.0~rc2", Less),
        ("1.0~rc1~git123", "1.0~rc1", Less),
        ("1.0^", "1.0", Greater),
        ("1.0^git1", "1.0^git2", Less),
        ("1.0^git1", "1.01", Less),
        ("1.0^20160101", "1.0.1", Less),
        ("1.0~rc1^git1", "1.0~rc1", Greater),
        ("1.0^git1~pre", "1.0^git1", Less),
    ];

    #[test]
    fn versions_are_ordered_as_rpm_orders_them() {
        for (one, other, order) in TABLE {
            assert_eq!(super::part(one, other), order, "{one} and {other}");
            assert_eq!(super::part(other, one), order.reverse(), "{other} and {one}");
        }
        for (one, other) in [("1:1-1", "2-1"), ("2-10", "2-9"), ("2.1-1", "2-9")] {
            assert_eq!(super::compare(one, other), Greater, "{one} and {other}");
        }
    }
}
