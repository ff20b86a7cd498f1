//! Values that are numbers: sizes, limits, parts of a whole, modes and signals.

/// The signals that systemd knows by a name (signal(7)), without `SIG`.
const SIGNALS: [&str; 32] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "KILL", "PIPE", "PROF", "PWR",
    "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2",
    "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN",
];
/// The last signal of Linux, `SIGRTMAX`.
const LAST_SIGNAL: i64 = 64;
/// How many signals of real time there are.
const OF_REAL_TIME: i64 = 30;
/// The ends of sizes, in the order in which a size can have them.
const SIZES: [char; 7] = ['E', 'P', 'T', 'G', 'M', 'K', 'B'];

/// Returns an integer as systemd reads it: `0x`, `0o` and `0b` give another base.
pub(super) fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let based = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(start, base)| Some((digits.strip_prefix(start)?, base)));
    let (digits, base) = based.unwrap_or((digits, 10));
    // The parser of the standard library would take a second sign.
    let is_number = digits.chars().all(|c| c.is_ascii_alphanumeric());
    i64::from_str_radix(digits, base).ok().filter(|_| is_number).map(|number| sign * number)
}

pub(super) fn is_unsigned(text: &str) -> bool {
    integer(text).is_some_and(|number| (0..=i64::from(u32::MAX)).contains(&number))
}

/// Returns whether it is an octal mode without a sign.
pub(super) fn is_mode(text: &str) -> bool {
    let is_octal = text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    is_octal && u32::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777)
}

pub(super) fn is_signal(text: &str) -> bool {
    if let Some(number) = integer(text) {
        return (1..=LAST_SIGNAL).contains(&number);
    }
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let offset = |start: &str, sign: char| {
        let rest = name.strip_prefix(start)?;
        let number = if rest.is_empty() { 0 } else { rest.strip_prefix(sign)?.parse().ok()? };
        Some((0..=OF_REAL_TIME).contains(&number))
    };
    offset("RTMIN", '+').or_else(|| offset("RTMAX", '-')).unwrap_or_else(|| SIGNALS.contains(&name))
}

/// Returns the names of signals, to suggest one.
pub(super) fn signals() -> impl Iterator<Item = String> {
    SIGNALS.iter().map(|name| format!("SIG{name}"))
}

/// Returns whether it is a size: `1.5G`, `1G 512M`, a number of bytes.
pub(super) fn is_size(text: &str) -> bool {
    let mut rest = text.trim();
    let mut sizes = SIZES.iter();
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        if !is_decimal(&rest[..digits]) {
            return false;
        }
        rest = rest[digits..].trim_start();
        let Some(end) = rest.chars().next() else { return true };
        // Each part is smaller than the part before it.
        if !sizes.any(|size| *size == end) {
            return false;
        }
        rest = rest[end.len_utf8()..].trim_start();
        if rest.is_empty() {
            return true;
        }
    }
}

/// Returns whether it is a number with or without a fraction.
fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    [whole, fraction].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns whether it is a part of a whole: `50%`, `12.5%`, `5‰`.
pub(super) fn is_part(text: &str) -> bool {
    let number = text.strip_suffix(['%', '\u{2030}', '\u{2031}']);
    number.is_some_and(is_decimal)
}

pub(super) fn is_memory(text: &str) -> bool {
    text == "infinity" || is_part(text) || is_size(text)
}

/// Returns whether it is a part of the time of processors that is not zero.
pub(super) fn is_quota(text: &str) -> bool {
    is_part(text) && text.contains(|c: char| matches!(c, '1'..='9'))
}

pub(super) fn is_tasks(text: &str) -> bool {
    text == "infinity" || is_part(text) || integer(text).is_some_and(|number| number > 0)
}

pub(super) fn is_weight(text: &str) -> bool {
    integer(text).is_some_and(|number| (1..=10_000).contains(&number))
}

/// Returns whether it is a limit, or a soft and a hard one.
pub(super) fn is_limits(text: &str, is_limit: fn(&str) -> bool) -> bool {
    let (soft, hard) = text.split_once(':').unwrap_or((text, text));
    [soft, hard].iter().all(|limit| *limit == "infinity" || is_limit(limit))
}

pub(super) fn is_count(text: &str) -> bool {
    integer(text).is_some_and(|number| number >= 0)
}
