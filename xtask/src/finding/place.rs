//! A place in a file of the workspace that an entry brings: the line of a unit, beside the call that brings the unit.

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::Span;
use serde::Serialize;
use std::fmt;

/// A line longer than this is not shown, and its columns are not counted.
const LONG: usize = 2 << 10;

/// The line of a file of the workspace, such as `deploy/sensord.service`, that has a fault, and the part of the line.
///
/// ```
/// use lapstrake_xtask::check::Checks;
/// use lapstrake_xtask::prelude::*;
///
/// let line = "u dæmon daemon";
/// let image = Image::new("demo", Base::stand_in()).layer(Layer::new("app").text(line, "/etc/motd"));
/// let found = Checks::default().findings(&image);
/// let places: Vec<&lapstrake_xtask::Place> = found.iter().filter_map(|found| found.place.as_deref()).collect();
/// assert!(places.is_empty(), "no file has the text");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Place {
    /// The file, as the description names it: relative to the workspace.
    pub file: Utf8PathBuf,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, in characters, counted from 1.
    pub column: u32,
    /// The column after the last one.
    pub end_column: u32,
    /// Where the file is on this machine.
    #[serde(skip)]
    host: Utf8PathBuf,
    /// The line itself, unless it is too long or must not be shown.
    #[serde(skip)]
    text: Option<String>,
}

impl Place {
    /// Returns the place of a part of a file, whose text is `text`.
    pub(crate) fn new(file: &Utf8Path, host: &Utf8Path, text: &str, span: &Span) -> Self {
        let (file, host, line) = (file.to_owned(), host.to_owned(), span.line);
        let whole = |text| Self { file, line, column: 1, end_column: 1, host, text };
        let Some((before, part, after)) = around(text, span) else { return whole(None) };
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        let column = count(before).saturating_add(1);
        let end_column = column.saturating_add(count(part));
        // The renderer makes other control characters visible, but not those that a terminal may take for an escape.
        let shown = |c: char| if matches!(c, '\u{80}'..='\u{9f}') { char::REPLACEMENT_CHARACTER } else { c };
        let text = [before, part, after].concat().chars().map(shown).collect();
        Self { column, end_column, ..whole(Some(text)) }
    }

    /// Returns the place without the text that is there.
    pub(crate) fn without_text(self) -> Self {
        Self { text: None, ..self }
    }

    /// Returns the line itself, if it may be shown.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns where the file is in a workspace, or on this machine if the file is of another workspace.
    pub(super) fn within(&self, root: &Utf8Path) -> &Utf8Path {
        let root = root.canonicalize_utf8();
        root.ok().and_then(|root| self.host.strip_prefix(root).ok()).unwrap_or(&self.host)
    }
}

/// Returns what is before a span on its line, the part of the span that is on the line, and what is after it; none if
/// the line is long.
fn around<'t>(text: &'t str, span: &Span) -> Option<(&'t str, &'t str, &'t str)> {
    let (above, below) = (text.get(..span.bytes.start)?, text.get(span.bytes.start..)?);
    let near = &above[above.ceil_char_boundary(above.len().saturating_sub(LONG))..];
    let before = match near.rfind('\n') {
        Some(at) => &near[at + 1..],
        None if near.len() == above.len() => near,
        None => return None,
    };
    let near = &below[..below.floor_char_boundary(LONG)];
    let rest = match near.find('\n') {
        Some(at) => near[..at].trim_end_matches('\r'),
        None if near.len() == below.len() => near,
        None => return None,
    };
    let end = rest.floor_char_boundary(span.bytes.len().min(rest.len()));
    let part = rest[..end].trim_end();
    Some((before, part, &rest[part.len()..]))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, line: u32, word: &str) -> Place {
        let span = Span::of_line(text, line).unwrap().word(text, word);
        Place::new(Utf8Path::new("deploy/a.service"), Utf8Path::new("/w/deploy/a.service"), text, &span)
    }

    #[test]
    fn columns_are_characters_of_the_line() {
        let place = place("[Service]\r\nUser=é x\r\n", 2, "x");
        assert_eq!((place.line, place.column, place.end_column), (2, 8, 9));
        assert_eq!(place.text(), Some("User=é x"));
        assert_eq!(place.to_string(), "deploy/a.service:2:8");
    }

    #[test]
    fn a_span_of_several_lines_is_shown_to_the_end_of_its_first() {
        let text = "After=a \\\n  b\n";
        let span = Span { line: 1, bytes: 6..13 };
        let place = Place::new(Utf8Path::new("a"), Utf8Path::new("/a"), text, &span);
        assert_eq!((place.line, place.column, place.end_column), (1, 7, 10));
        assert_eq!(place.text(), Some("After=a \\"));
    }

    /// A hostile file has as many faults as lines, and must not be read as often.
    #[test]
    fn each_of_many_lines_is_found_without_a_look_at_the_others() {
        let text = "After=x\n".repeat(1 << 17);
        let started = std::time::Instant::now();
        let path = Utf8Path::new("a");
        let places = Span::lines(&text).map(|line| Place::new(path, path, &text, &line.word(&text, "x")));
        assert_eq!(places.map(|place| u64::from(place.column)).sum::<u64>(), 7 << 17);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }

    #[test]
    fn a_line_of_any_length_is_left_out_and_an_escape_is_not_passed_on() {
        let long = "x".repeat(1 << 20);
        let long = place(&format!("a\n{long}"), 2, "");
        assert_eq!((long.line, long.column, long.text()), (2, 1, None));
        assert_eq!(place("a=\u{9b}31m", 1, "a").text(), Some("a=\u{fffd}31m"));
    }
}
