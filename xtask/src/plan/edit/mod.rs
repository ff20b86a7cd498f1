//! Changes of a packaged text file: what `Edit` says, applied to the text that is below. Pure.

mod json;
mod lines;
mod place;
#[cfg(test)]
mod tests;

use lapstrake::entry::Change;
use lapstrake::suggest::nearest;
use lapstrake::value::ImagePath;

pub(super) use place::{Content, Edited, Lower};

/// A change does not fit the text that it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unfit {
    /// A fragment that reads on from the path of the file.
    pub(super) why: String,
    pub(super) help: Option<String>,
}

impl Unfit {
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// How a file says the value of a key. What is not known to be another format has `key=value` lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Lines,
    Toml,
    Json,
}

impl Format {
    fn of(path: &ImagePath) -> Self {
        match path.file_name().rsplit_once('.') {
            Some((_, "json")) => Self::Json,
            Some((_, "toml")) => Self::Toml,
            _ => Self::Lines,
        }
    }
}

/// Returns the text after the changes, each of which is made on the result of those before. Those that do not fit
/// leave the text as it is, and all of them are reported.
pub(super) fn edited(path: &ImagePath, text: &str, changes: &[Change]) -> Result<String, Vec<Unfit>> {
    let mut text = text.to_owned();
    let mut unfit = Vec::new();
    for change in changes {
        match change_text(Format::of(path), &text, change) {
            Ok(changed) => text = changed,
            Err(why) => unfit.push(why),
        }
    }
    if unfit.is_empty() { Ok(text) } else { Err(unfit) }
}

fn change_text(format: Format, text: &str, change: &Change) -> Result<String, Unfit> {
    match change {
        Change::Replace { from, to } => match occurrences(text, from)? {
            1 => Ok(text.replacen(from.as_str(), to, 1)),
            several => {
                let why = format!("has {several} times `{}`, and `replace` is for one place", shown(from));
                Err(Unfit::new(why).help("write more of the line, or `.replace_all(…)` for all of them"))
            }
        },
        Change::ReplaceAll { from, to } => {
            occurrences(text, from)?;
            Ok(text.replace(from.as_str(), to))
        }
        Change::InsertAfter { line, text: added } => insert_after(text, line, added),
        Change::Append(added) => Ok(with_end(text) + &with_end(added)),
        Change::Set { section, key, value } => {
            if key.is_empty() || [section, key, value].into_iter().any(|part| part.contains('\n')) {
                return Err(Unfit::new(
                    "can't hold that key: it is empty, or a part of it has several lines",
                ));
            }
            match format {
                Format::Json => json::set(text, section, key, value),
                Format::Toml => {
                    let changed = lines::set(text, section, key, value, lines::Style::Spaced)?;
                    lines::is_toml(&changed, section, key, value).map(|()| changed)
                }
                Format::Lines => lines::set(text, section, key, value, lines::style(text)),
            }
        }
    }
}

/// Returns how often a text occurs, which is at least once.
fn occurrences(text: &str, part: &str) -> Result<usize, Unfit> {
    if part.is_empty() {
        return Err(Unfit::new("can't be changed at an empty text: it is everywhere"));
    }
    match text.matches(part).count() {
        0 => {
            let unfit = Unfit::new(format!("has no `{}`", shown(part)));
            let line = part.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            Err(match nearest(line.trim(), text.lines().map(str::trim)) {
                Some(near) => unfit.help(format!("did you mean `{}`?", shown(near))),
                None => unfit,
            })
        }
        count => Ok(count),
    }
}

fn insert_after(text: &str, line: &str, added: &str) -> Result<String, Unfit> {
    let wanted = line.trim();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut at = lines.iter().enumerate().filter(|(_, line)| line.trim() == wanted).map(|(at, _)| at);
    let (first, second) = (at.next(), at.next());
    let Some(first) = first.filter(|_| !wanted.is_empty()) else {
        let unfit = Unfit::new(format!("has no line `{}`", shown(wanted)));
        return Err(match nearest(wanted, lines.iter().map(|line| line.trim())) {
            Some(near) => unfit.help(format!("did you mean `{}`?", shown(near))),
            None => unfit,
        });
    };
    if let Some(second) = second {
        let why =
            format!("has the line `{}` twice, in lines {} and {}", shown(wanted), first + 1, second + 1);
        return Err(Unfit::new(why).help("name a line that is there once"));
    }
    let (before, after) = lines.split_at(first + 1);
    Ok(with_end(&before.concat()) + &with_end(added) + &after.concat())
}

/// Returns the text with a newline at its end, if it is not empty.
fn with_end(text: &str) -> String {
    let is_ended = text.is_empty() || text.ends_with('\n');
    if is_ended { text.to_owned() } else { format!("{text}\n") }
}

/// Returns a text as a message shows it: one line, and not all of a long one.
fn shown(text: &str) -> String {
    const MOST: usize = 60;
    let text = text.escape_debug().to_string();
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
