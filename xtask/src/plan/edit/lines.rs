//! `key=value` lines below `[section]` lines, as systemd.syntax(7), TOML's tables and most configuration files have
//! them.

use std::iter;
use std::ops::Range;

use super::{Unfit, shown, with_end};

/// What is between a key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Tight,
    Spaced,
}

impl Style {
    fn sign(self) -> &'static str {
        match self {
            Self::Tight => "=",
            Self::Spaced => " = ",
        }
    }
}

/// Returns the style that most keys of a file have.
pub(super) fn style(text: &str) -> Style {
    let keys = text.lines().filter(|line| !is_comment(line) && line.contains('='));
    let (spaced, tight): (Vec<_>, Vec<_>) = keys.partition(|line| line.contains(" = "));
    if spaced.len() > tight.len() { Style::Spaced } else { Style::Tight }
}

/// Returns the text with the key set.
pub(super) fn set(text: &str, section: &str, key: &str, value: &str, style: Style) -> Result<String, Unfit> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let ranges = ranges(&lines, section);
    let is_of_key = |line: &&str| {
        let name = (!is_comment(line)).then(|| line.split_once('=')).flatten();
        name.is_some_and(|(name, _)| name.trim() == key)
    };
    let in_section = ranges.iter().flat_map(Clone::clone);
    let mut found = in_section.filter(|at| is_of_key(&lines[*at]));
    let (first, second) = (found.next(), found.next());
    if let (Some(first), Some(second)) = (first, second) {
        let why = format!("has `{}` twice, in lines {} and {}", shown(key), first + 1, second + 1);
        return Err(Unfit::new(why).help("write `.replace(…)` with the line that shall change"));
    }
    if let Some(at) = first {
        let (name, old) = lines[at].split_once('=').unwrap_or((lines[at], ""));
        let is_spaced = name.ends_with(' ') && old.starts_with(' ');
        let sign = if is_spaced { Style::Spaced } else { Style::Tight }.sign();
        let changed = format!("{}{sign}{value}\n", name.trim_end());
        // A value may go on in the next lines.
        let goes_on = |line: &&&str| line.trim_end().ends_with('\\');
        let more = lines[at..].iter().take_while(goes_on).count();
        let after = (at + more + 1).min(lines.len());
        return Ok(lines[..at].concat() + &changed + &lines[after..].concat());
    }
    let added = format!("{key}{}{value}\n", style.sign());
    let Some(last) = ranges.last() else {
        let gap = if text.is_empty() { "" } else { "\n" };
        return Ok(format!("{}{gap}[{section}]\n{added}", with_end(text)));
    };
    // After the last line of the section that says something, so that blank lines before the next one stay.
    let filled = last.clone().rev().find(|at| !lines[*at].trim().is_empty());
    let at = filled.map_or(last.start, |filled| filled + 1);
    Ok(with_end(&lines[..at].concat()) + &added + &lines[at..].concat())
}

/// Returns whether TOML agrees that the key has that value.
pub(super) fn is_toml(text: &str, section: &str, key: &str, value: &str) -> Result<(), Unfit> {
    let parsed = |text: &str| text.parse::<toml::Table>();
    let wanted = parsed(&format!("value = {value}")).map_err(|_| {
        let unfit = Unfit::new(format!("is TOML, and `{}` is not a value of TOML", shown(value)));
        unfit.help(format!("write `{value:?}` with its quotes, as TOML has a text"))
    })?;
    let table = parsed(text).map_err(|error| {
        Unfit::new(format!("would not be TOML any more: {}", error.message().lines().next().unwrap_or("")))
    })?;
    let names = section.split('.').filter(|name| !name.is_empty()).chain([key]);
    let mut found = Some(&toml::Value::Table(table)).cloned();
    for name in names {
        found = found.and_then(|value| value.get(name.trim_matches('"')).cloned());
    }
    if found.as_ref() == wanted.get("value") {
        return Ok(());
    }
    Err(Unfit::new(format!("says `{}` in a way that `set` does not know", shown(key)))
        .help("write `.replace(…)` with the lines that shall change"))
}

/// Returns the lines of each section of that name; those before the first section for the empty name.
fn ranges(lines: &[&str], section: &str) -> Vec<Range<usize>> {
    let heads: Vec<(usize, &str)> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((at, head(line)?))).collect();
    if section.is_empty() {
        let end = heads.first().map_or(lines.len(), |(at, _)| *at);
        return iter::once(0..end).collect();
    }
    let ends = heads.iter().skip(1).map(|(at, _)| *at).chain([lines.len()]);
    let named = heads.iter().zip(ends).filter(|((_, name), _)| *name == section);
    named.map(|((at, _), end)| at + 1..end).collect()
}

fn head(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']').filter(|name| !name.starts_with('['))
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with(['#', ';'])
}
