//! Whether systemd takes the value of a directive. What depends on the image is for other checks.

use lapstrake::suggest::nearest;
use lapstrake::systemd::{Command, is_time_span, words};
use lapstrake::value::UnitName;

use super::kind::Kind;
use super::wrong::{Wrong, boolean, one_of, path_or_specifier, specifier, unknown_specifier};
use super::{calendar, named, number};

/// The specifiers that a name of a unit can have: no path is one.
const OF_NAMES: &str = "aAbBgGHijlmMnNopquUvwW%";
const URLS: [&str; 5] = ["http://", "https://", "file:/", "info:", "man:"];

/// Returns what systemd of a version does not take in a value. Without a version, everything that some version takes is
/// right.
pub(super) fn wrong(kind: &Kind, value: &str, version: Option<u32>) -> Option<Wrong> {
    // An empty value takes back those before it.
    if value.is_empty() {
        return None;
    }
    match kind {
        Kind::Any => None,
        Kind::Text => specifier(value, version),
        Kind::Boolean => boolean(value, &[], version),
        Kind::StrictBoolean => boolean(value, &[], version).map(Wrong::refused),
        Kind::BooleanOr(words) => boolean(value, words, version),
        Kind::OneOf(words) => one_of(value, words, version),
        Kind::ConditionPath => {
            let path = value.strip_prefix('|').unwrap_or(value);
            path_or_specifier(path.strip_prefix('!').unwrap_or(path), version)
        }
        Kind::Path => path_or_specifier(value, version),
        Kind::RootPath => path_or_specifier(value, version).map(Wrong::refused),
        Kind::EnvironmentFile => path_or_specifier(value.strip_prefix('-').unwrap_or(value), version),
        Kind::WorkingDirectory => working_directory(value, version),
        Kind::Paths => of_words(value, |word| {
            let path = word.strip_prefix('-').unwrap_or(word);
            path_or_specifier(path.strip_prefix('+').unwrap_or(path), version)
        }),
        Kind::MountPaths => of_words(value, |word| path_or_specifier(word, version)),
        Kind::Directories => of_words(value, |word| directory(word, version)),
        Kind::Urls => of_words(value, |word| url(word, version)),
        Kind::Environment => environment(value, version),
        Kind::Command => command(value, version),
        Kind::Account => account(value, version).map(Wrong::refused),
        Kind::Accounts => of_words(value, |word| account(word, version)).map(Wrong::refused),
        Kind::Units(suffix) => of_words(value, |word| unit(word, *suffix)),
        Kind::Unit(suffix) => unit(value, *suffix),
        Kind::Capabilities => of_words(value.strip_prefix('~').unwrap_or(value), named::capability),
        Kind::SystemCalls => of_words(value.strip_prefix('~').unwrap_or(value), named::system_call),
        Kind::Families => of_words(value.strip_prefix('~').unwrap_or(value), named::family),
        _ => scalar(kind, value),
    }
}

/// Judges a value that is one word or one number.
fn scalar(kind: &Kind, value: &str) -> Option<Wrong> {
    let within = |range: std::ops::RangeInclusive<i64>| {
        number::integer(value).is_some_and(|number| range.contains(&number))
    };
    let (is_right, what, example) = match kind {
        Kind::Time => (is_time_span(value), "a time span", "90"),
        Kind::Calendar => (calendar::is_calendar(value), "a calendar expression", "Mon..Fri *-*-* 10:00"),
        Kind::Unsigned => (number::is_unsigned(value), "a number", "5"),
        Kind::Integer => (number::integer(value).is_some(), "a number", "5"),
        Kind::Size => (number::is_size(value), "a size", "64K"),
        Kind::Memory => (number::is_memory(value), "a size, a part of the memory or `infinity`", "512M"),
        Kind::Tasks => (number::is_tasks(value), "a number, a part or `infinity`", "100"),
        Kind::Percent => (number::is_quota(value), "a part of a processor", "50%"),
        Kind::Weight => (number::is_weight(value), "a number from 1 to 10000", "100"),
        Kind::WeightOrIdle => {
            (number::is_weight(value) || value == "idle", "a number from 1 to 10000 or `idle`", "100")
        }
        Kind::Mode => (number::is_mode(value), "an octal mode", "0750"),
        Kind::Nice => (within(-20..=19), "a number from -20 to 19", "5"),
        Kind::OomScore => (within(-1000..=1000), "a number from -1000 to 1000", "-500"),
        Kind::IoPriority => (within(0..=7), "a number from 0 to 7", "4"),
        Kind::Limits => {
            (number::is_limits(value, number::is_count), "a number, or a soft and a hard one", "65536")
        }
        Kind::ByteLimits => {
            (number::is_limits(value, number::is_size), "a size, or a soft and a hard one", "64M")
        }
        Kind::Signal => {
            let near = || nearest(value, number::signals()).unwrap_or_else(|| "SIGTERM".to_owned());
            let wrong = || Wrong::ignored(value, "it is not a signal").help(format!("write `{}`", near()));
            return (!number::is_signal(value)).then(wrong);
        }
        Kind::Level => return named::level(value),
        Kind::Facility => return named::facility(value),
        Kind::Input => return named::input(value),
        Kind::Output => return named::output(value),
        _ => return None,
    };
    let wrong =
        || Wrong::ignored(value, format!("it is not {what}")).help(format!("write for example `{example}`"));
    (!is_right).then(wrong)
}

/// Returns the first wrong word of a list. A list whose quotes are open is for systemd-analyze.
fn of_words(value: &str, wrong: impl Fn(&str) -> Option<Wrong>) -> Option<Wrong> {
    words(value)?.iter().find_map(|word| wrong(word))
}

fn working_directory(value: &str, version: Option<u32>) -> Option<Wrong> {
    let path = value.strip_prefix('-').unwrap_or(value);
    let wrong = path_or_specifier(path, version).filter(|_| path != "~")?;
    Some(if value.starts_with('-') { wrong } else { wrong.refused() })
}

/// Judges the name of a directory below one of systemd's, and of a link to it.
fn directory(word: &str, version: Option<u32>) -> Option<Wrong> {
    for name in word.split(':').take(2).filter(|name| !name.is_empty()) {
        if name.contains('%') {
            if let Some(wrong) = specifier(name, version) {
                return Some(wrong);
            }
        } else if let Some(relative) = name.strip_prefix('/') {
            let last = relative.trim_end_matches('/').rsplit('/').next().unwrap_or(relative);
            let why = "it takes a name below its own directory, not an absolute path";
            return Some(Wrong::ignored(name, why).help(format!("write `{last}`")));
        } else if name.split('/').any(|part| matches!(part, "." | "..")) {
            return Some(Wrong::ignored(name, "it has `.` or `..`"));
        }
    }
    None
}

fn url(word: &str, version: Option<u32>) -> Option<Wrong> {
    if word.contains('%') {
        return specifier(word, version);
    }
    let is_url = URLS.iter().any(|start| word.strip_prefix(start).is_some_and(|rest| !rest.is_empty()));
    let help = "write a URL that begins with `https://`, `man:`, `info:` or `file:/`";
    (!is_url).then(|| Wrong::ignored(word, "it is not a URL that systemd takes").help(help))
}

/// Judges assignments. A value can be a secret, so that no word is shown.
fn environment(value: &str, version: Option<u32>) -> Option<Wrong> {
    let why = match words(value) {
        None => "its quotes are not closed",
        Some(words) if words.iter().any(|word| !is_assignment(word) && !word.contains('%')) => {
            "a word of it is not `NAME=VALUE`"
        }
        Some(words) => {
            let wrong = words.iter().find_map(|word| specifier(word, version))?;
            return Some(Wrong { word: None, ..wrong });
        }
    };
    let help = "quote an assignment with spaces: `Environment=\"NAME=a value\"`".to_owned();
    Some(Wrong { word: None, why: why.to_owned(), help: Some(help), is_refused: false })
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
    })
}

fn command(value: &str, version: Option<u32>) -> Option<Wrong> {
    let prefix: String = value.chars().take_while(|c| "-@:+!|".contains(*c)).collect();
    let judged = |wrong: Wrong, may_fail: bool| if may_fail { wrong } else { wrong.refused() };
    let Some(commands) = Command::parse(value) else {
        let why = if words(value).is_none() { "its quotes are not closed" } else { "it names no program" };
        return Some(judged(Wrong { word: None, ..Wrong::ignored("", why) }, prefix.contains('-')));
    };
    commands.iter().find_map(|command| {
        let program = &command.program;
        let wrong = if let Some(sign) = surplus_sign(value) {
            let why = format!("the sign `{sign}` before the program is one too many");
            Some(Wrong::ignored(program, why).help("`+` and `!` exclude each other"))
        } else if program.contains('%') {
            specifier(program, version)
        } else if program.contains('/') && !program.starts_with('/') {
            let why = "a program is named by an absolute path, or by its name alone";
            Some(
                Wrong::ignored(program, why)
                    .help(format!("write `/usr/bin/{}`", program.rsplit('/').next().unwrap_or(program))),
            )
        } else if program.ends_with('/') {
            Some(Wrong::ignored(program, "the path is a directory"))
        } else {
            None
        };
        let arguments = || command.arguments.iter().find_map(|argument| specifier(argument, version));
        wrong.or_else(arguments).map(|wrong| judged(wrong, command.may_fail))
    })
}

/// Returns a sign before a program that systemd takes for a part of its path.
fn surplus_sign(value: &str) -> Option<char> {
    let mut rest = value;
    let (mut seen, mut is_privileged) = (String::new(), false);
    while let Some(sign) = rest.chars().next().filter(|sign| "-@:+!|".contains(*sign)) {
        let is_of_privilege = matches!(sign, '+' | '!');
        if seen.contains(sign) || is_of_privilege && is_privileged {
            return Some(sign);
        }
        seen.push(sign);
        is_privileged |= is_of_privilege;
        rest = rest.strip_prefix("!!").unwrap_or(&rest[1..]);
    }
    None
}

fn account(word: &str, version: Option<u32>) -> Option<Wrong> {
    if word.contains('%') {
        return specifier(word, version);
    }
    let is_wrong = word.contains([':', '/']) || matches!(word, "." | "..");
    is_wrong.then(|| Wrong::ignored(word, "it is not the name of an account"))
}

fn unit(word: &str, suffix: Option<&'static str>) -> Option<Wrong> {
    if word.contains('%') {
        return unknown_specifier(word, |c| OF_NAMES.contains(c));
    }
    if UnitName::parse(word).is_err() {
        let wanted = suffix.unwrap_or(".service");
        let wrong = Wrong::ignored(word, "it is not the name of a unit");
        let has_suffix = UnitName::has_suffix(word);
        return Some(if has_suffix { wrong } else { wrong.help(format!("write `{word}{wanted}`")) });
    }
    let is_other = suffix.is_some_and(|suffix| !word.ends_with(suffix));
    is_other.then(|| {
        Wrong::ignored(word, format!("it is not the name of a `{}` unit", suffix.unwrap_or_default()))
    })
}
