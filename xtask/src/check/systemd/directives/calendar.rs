//! A calendar expression, as systemd.time(7) has it. It is judged, not computed.

/// The names that stand for an expression.
const SHORTHANDS: [&str; 14] = [
    "minutely",
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "annually",
    "anually",
    "quarterly",
    "semiannually",
    "semi-annually",
    "biannually",
    "bi-annually",
    "bianually",
];

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Returns whether systemd reads a text as a calendar expression: `Mon..Fri *-*-* 10:00`. Whether the time zone is known is
/// a question for the image.
pub(super) fn is_calendar(text: &str) -> bool {
    let text = text.trim_matches([' ', '\t']);
    if let Some(seconds) = text.strip_prefix('@') {
        return !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    }
    let mut words: Vec<&str> = text.split_ascii_whitespace().collect();
    if words.len() > 1 && words.last().is_some_and(|last| is_zone(last)) {
        words.pop();
    }
    if let [word] = words.as_slice()
        && SHORTHANDS.iter().any(|name| name.eq_ignore_ascii_case(word))
    {
        return true;
    }
    let has_weekdays = words.first().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
    if has_weekdays && !is_weekdays(words.remove(0)) {
        return false;
    }
    match words.as_slice() {
        [] => has_weekdays,
        [one] => is_date(one) || is_time(one),
        [date, time] => is_date(date) && is_time(time),
        _ => false,
    }
}

fn is_zone(word: &str) -> bool {
    let is_name = word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "_+-/".contains(c));
    word.eq_ignore_ascii_case("UTC") || is_name && !is_weekdays(word)
}

fn weekday(name: &str) -> Option<usize> {
    let is_named = |day: &&str| day.eq_ignore_ascii_case(name) || day[..3].eq_ignore_ascii_case(name);
    WEEKDAYS.iter().position(is_named)
}

/// Returns whether a word is a list of weekdays. systemd takes a comma at its end.
fn is_weekdays(word: &str) -> bool {
    let days = word.strip_suffix(',').unwrap_or(word);
    days.split(',').all(|days| match days.split_once("..").or_else(|| days.split_once('-')) {
        Some((from, to)) => weekday(from).zip(weekday(to)).is_some_and(|(from, to)| from <= to),
        None => weekday(days).is_some(),
    })
}

fn is_date(word: &str) -> bool {
    // `~` counts the days from the end of the month.
    let Some((before, day)) = word.rsplit_once(['-', '~']) else { return false };
    let is_month = |month: &str| is_chain(month, &[1..=12]);
    is_chain(day, &[1..=31])
        && match before.split_once('-') {
            Some((year, month)) => is_chain(year, &[0..=99, 1970..=2199]) && is_month(month),
            None => is_month(before),
        }
}

fn is_time(word: &str) -> bool {
    let parts: Vec<_> = word.split(':').collect();
    let (hours, minutes, seconds) = match parts.as_slice() {
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, *seconds),
        _ => return false,
    };
    let are_whole = [hours, minutes].iter().all(|part| !part.replace("..", "").contains('.'));
    are_whole && is_chain(hours, &[0..=23]) && is_chain(minutes, &[0..=59]) && is_chain(seconds, &[0..=60])
}

/// Returns whether a part is `*`, or values, ranges and repetitions within some bounds, between commas.
fn is_chain(part: &str, bounds: &[std::ops::RangeInclusive<u32>]) -> bool {
    let is_within = |value: &u32| bounds.iter().any(|bound| bound.contains(value));
    let last = bounds.iter().map(|bound| *bound.end()).max().unwrap_or_default();
    let is_link = |link: &str| {
        let (values, repeated) = match link.split_once('/') {
            Some((values, repeated)) => (values, Some(repeated)),
            None => (link, None),
        };
        let (from, to) = match values.split_once("..") {
            Some((from, to)) => (from, Some(to)),
            None => (values, None),
        };
        let Some(from) = number(from).filter(is_within) else { return false };
        if to.is_some_and(|to| number(to).filter(is_within).is_none_or(|to| to < from)) {
            return false;
        }
        let is_repetition = |text: &str| {
            let is_some = text.contains(|c: char| matches!(c, '1'..='9'));
            number(text).is_some_and(|by| is_some && (to.is_some() || from.saturating_add(by) <= last))
        };
        repeated.is_none_or(is_repetition)
    };
    part == "*" || part.split(',').all(is_link)
}

/// Returns the whole part of a number.
fn number(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits(fraction).then(|| whole.parse().ok().filter(|_| is_digits(whole))).flatten()
}

#[cfg(test)]
mod tests {
    use super::is_calendar;

    /// What `OnCalendar=` of systemd 252 takes and refuses.
    #[test]
    fn calendars_are_those_of_systemd() {
        for right in [
            "daily",
            "Weekly",
            "semi-annually",
            "daily UTC",
            "daily Europe/Berlin",
            "Mon",
            "mon",
            "Mon..Fri",
            "Mon,Wed",
            "Mon-Fri",
            "Sat,Mon..Wed 10:00 UTC",
            "Mon UTC",
            "Mon,",
            "Mon  10:00",
            "*-*-* *:0/15",
            "*:0/15",
            "12:30",
            "12:30:10.5",
            "2025-1-1",
            "*-*~1",
            "*-*~1..5",
            "10-15",
            "*-*-1,2,3 0:0",
            "Fri *-*-13",
            "@1234",
            "*-*",
            "*:*:*",
            "*:5..30/5",
            "0/2:00",
            "2000..2010-1-1",
            "2025-02-30",
            "25-1-1",
            "10:00 utc",
            "10:00 Europe/Berlin",
            "*:5..10/20",
            "*-*-1/30",
            "*:*:0/2.5",
            "*:*:60",
            "10:00,30",
            "*-*-1..5,10..15 1,2:3",
            "*-02~03 12:00",
        ] {
            assert!(is_calendar(right), "{right}");
        }
        for wrong in [
            "",
            "12",
            "2025-13-01",
            "*-*-32",
            "25:00",
            "10:60",
            "fortnightly",
            "*",
            "Mon Tue",
            "Mon, Tue",
            "tues",
            ",Mon",
            "10:00:",
            ":10",
            "Mon..",
            "Fri..Mon",
            "*-*-* 4:00:00 random",
            "1900-1-1",
            "2200-1-1",
            "*-*-~5",
            "*-*-1..",
            "*-*-5..1",
            "*:0/0",
            "12:5.5",
            "*-*-1/31",
            "*:*/5",
            "*:0/60",
            "*:30/40",
            "*:0/1.5",
            "Mon daily",
            "@",
            "@x",
            "*-",
            "-1",
            "2025-1-1T10:00",
            "10:00 2025-1-1",
            "24:00",
            "1-2-3-4",
            "1:2:3:4",
            "every day",
            "10:00Z",
        ] {
            assert!(!is_calendar(wrong), "{wrong}");
        }
    }
}
