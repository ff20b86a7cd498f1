//! The syntax of a unit file, by systemd.syntax(7). Lenient as systemd is: a line that is none is
//! passed over, never an error, because a base's unit may hold anything.

use std::ops::Range;

use crate::Span;

/// What systemd takes for white space in a line.
const BLANK: [char; 2] = [' ', '\t'];

/// A unit file's sections, in the order they stand.
///
/// ```
/// use lapstrake::systemd::UnitFile;
///
/// let unit = UnitFile::parse("[Service]\nExecStart=/usr/bin/a\nExecStart=\nExecStart=/usr/bin/b \\\n  --long\n");
/// assert_eq!(unit.sections().len(), 1);
/// assert_eq!(unit.values("Service", "ExecStart").collect::<Vec<_>>(), ["/usr/bin/b  --long"]);
/// assert!(unit.ignored().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UnitFile {
    sections: Vec<Section>,
    ignored: Vec<Ignored>,
}

/// One `[Name]` and the assignments under it (systemd.syntax(7)).
///
/// ```
/// use lapstrake::systemd::{Section, UnitFile};
///
/// let unit = UnitFile::parse("[Unit]\nAfter = network.target\n");
/// let section: &Section = &unit.sections()[0];
/// assert_eq!((section.name.as_str(), section.at.line), ("Unit", 1));
/// assert_eq!((section.assignments[0].key.as_str(), section.assignments.len()), ("After", 1));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// The name between the brackets.
    pub name: String,
    /// Where the name is, with its brackets.
    pub at: Span,
    /// The assignments.
    pub assignments: Vec<Assignment>,
}

/// A key and its value, and where they are in the text.
///
/// ```
/// use lapstrake::systemd::{Assignment, UnitFile};
///
/// let text = "[Unit]\nAfter = a.target \\\n  b.target\n";
/// let unit = UnitFile::parse(text);
/// let after: &Assignment = &unit.sections()[0].assignments[0];
/// assert_eq!((after.key.as_str(), after.value.as_str()), ("After", "a.target  b.target"));
/// assert_eq!((after.key_at.line, after.key_at.of(text)), (2, "After"));
/// assert_eq!(after.value_at.of(text), "a.target \\\n  b.target");
/// assert_eq!(after.value_at.word(text, "b.target").line, 3);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Assignment {
    /// The key, trimmed.
    pub key: String,
    /// The value, trimmed, continuation lines joined by a space.
    pub value: String,
    /// Where the key is.
    pub key_at: Span,
    /// Where the value is, from its first to its last byte; empty where the value is.
    pub value_at: Span,
}

/// A line that systemd passes over, with a warning in its log.
///
/// ```
/// use lapstrake::systemd::{Ignored, UnitFile, Unread};
///
/// let unit = UnitFile::parse("User=a\n[Service]\nGroup b\n");
/// let ignored: &[Ignored] = unit.ignored();
/// assert_eq!((ignored[0].at.line, ignored[0].why), (1, Unread::NoSection));
/// assert_eq!((ignored[1].at.line, ignored[1].why), (3, Unread::NoEquals));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ignored {
    /// Where the line is.
    pub at: Span,
    /// Why systemd does not read it.
    pub why: Unread,
}

/// Why systemd does not read a line.
///
/// ```
/// use lapstrake::systemd::{UnitFile, Unread};
///
/// let why = |text: &str| UnitFile::parse(text).ignored()[0].why;
/// assert_eq!(why("[Unit]\n=a\n"), Unread::NoKey);
/// assert_eq!(why("[Unit\n"), Unread::OpenHeader);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unread {
    /// It is an assignment above the first section.
    NoSection,
    /// It has no `=`.
    NoEquals,
    /// It has nothing before `=`.
    NoKey,
    /// It begins with `[` and does not end with `]`. systemd refuses the whole file.
    OpenHeader,
}

/// A line as systemd reads it: several lines of the text, if all but the last end with a backslash.
#[derive(Default)]
struct Logical {
    joined: String,
    /// Where the parts are: their first bytes in `joined`, and in the text with the line.
    parts: Vec<(usize, Span)>,
}

impl Logical {
    fn push(&mut self, part: &str, at: Span) {
        if self.joined.is_empty() {
            self.parts.clear();
        }
        self.parts.push((self.joined.len(), at));
        self.joined.push_str(part);
    }

    /// Returns where bytes of `joined` are in the text.
    fn place(&self, bytes: Range<usize>) -> Span {
        let of = |at: usize, part: Option<&(usize, Span)>| {
            part.map_or((0, 1), |(first, of)| (of.bytes.start + at - first, of.line))
        };
        let (start, line) = of(bytes.start, self.parts.iter().rev().find(|(first, _)| *first <= bytes.start));
        let (end, _) = of(bytes.end, self.parts.iter().rev().find(|(first, _)| *first < bytes.end));
        Span { line, bytes: start..end.max(start) }
    }
}

impl UnitFile {
    /// Reads a unit file.
    ///
    /// ```
    /// use lapstrake::systemd::UnitFile;
    ///
    /// let unit = UnitFile::parse("[Install]\nWantedBy=a.target \\\n# a comment\n  b.target\n");
    /// assert_eq!(unit.values("Install", "WantedBy").collect::<Vec<_>>(), ["a.target  b.target"]);
    /// ```
    pub fn parse(text: &str) -> Self {
        let mut file = Self::default();
        let mut logical = Logical::default();
        let mut at = text.len() - text.strip_prefix('\u{feff}').unwrap_or(text).len();
        let mut number = 1_u32;
        while let Some(rest) = text.get(at..) {
            let end = rest.find(['\n', '\r', '\0']).unwrap_or(rest.len());
            let length = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
            let line = rest[..end].trim_start_matches(BLANK);
            let start = at + end - line.len();
            let span = Span { line: number, bytes: start..start + line.len() };
            // Editors count a line for each `\n`.
            let is_counted = rest[end..].starts_with('\n') || length == 2;
            number = number.saturating_add(u32::from(is_counted));
            at += end + length;
            // A comment inside a continuation is skipped, and the continuation goes on.
            if line.starts_with(['#', ';']) {
                continue;
            }
            logical.push(line, span);
            // Only a backslash that is not escaped itself, and that nothing follows, not even a space.
            let backslashes = logical.joined.len() - logical.joined.trim_end_matches('\\').len();
            if backslashes % 2 == 1 {
                logical.joined.pop();
                logical.joined.push(' ');
                continue;
            }
            file.line(&std::mem::take(&mut logical));
        }
        file.line(&logical);
        file
    }

    fn line(&mut self, logical: &Logical) {
        let line = logical.joined.trim_matches(BLANK);
        let first = logical.joined.len() - logical.joined.trim_start_matches(BLANK).len();
        let at = |range: Range<usize>| logical.place(first + range.start..first + range.end);
        let whole = || at(0..line.len());
        if line.is_empty() {
            return;
        }
        let why = if let Some(name) = line.strip_prefix('[') {
            if let Some(name) = name.strip_suffix(']') {
                self.sections.push(Section { name: name.to_owned(), at: whole(), assignments: Vec::new() });
                return;
            }
            Unread::OpenHeader
        } else {
            match (self.sections.last_mut(), line.split_once('=')) {
                (_, None) => Unread::NoEquals,
                (_, Some(("", _))) => Unread::NoKey,
                (None, Some(_)) => Unread::NoSection,
                (Some(section), Some((key, value))) => {
                    let value = value.trim_start_matches(BLANK);
                    let key = key.trim_end_matches(BLANK);
                    section.assignments.push(Assignment {
                        key: key.to_owned(),
                        value: value.to_owned(),
                        key_at: at(0..key.len()),
                        value_at: at(line.len() - value.len()..line.len()),
                    });
                    return;
                }
            }
        };
        self.ignored.push(Ignored { at: whole(), why });
    }

    /// The lines that systemd passes over, in order.
    pub fn ignored(&self) -> &[Ignored] {
        &self.ignored
    }

    /// The sections, in the order they stand; one may stand several times.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// The values of a key in all sections of a name, in order. An empty one resets what came before it
    /// and is left out together with that.
    pub fn values<'a>(&'a self, section: &str, key: &str) -> impl Iterator<Item = &'a str> {
        self.assigned(section, key).map(|assignment| assignment.value.as_str())
    }

    /// Returns the assignments of [`values`](Self::values).
    ///
    /// ```
    /// use lapstrake::systemd::UnitFile;
    ///
    /// let unit = UnitFile::parse("[Unit]\nAfter=a.target\nAfter=\nAfter=b.target\n");
    /// let lines: Vec<_> = unit.assigned("Unit", "After").map(|after| after.key_at.line).collect();
    /// assert_eq!(lines, [4]);
    /// ```
    pub fn assigned<'a>(&'a self, section: &str, key: &str) -> impl Iterator<Item = &'a Assignment> {
        let mut assigned = Vec::new();
        for assignment in self.all_assigned(section, key) {
            if assignment.value.is_empty() {
                assigned.clear();
            } else {
                assigned.push(assignment);
            }
        }
        assigned.into_iter()
    }

    /// The same for the few keys that are not lists to systemd: an empty value resets nothing.
    pub(super) fn all<'a>(&'a self, section: &str, key: &str) -> impl Iterator<Item = &'a str> {
        self.all_assigned(section, key).map(|assignment| assignment.value.as_str())
    }

    fn all_assigned<'a>(&'a self, section: &str, key: &str) -> impl Iterator<Item = &'a Assignment> {
        let sections = self.sections.iter().filter(move |found| found.name == section);
        sections.flat_map(|section| &section.assignments).filter(move |assignment| assignment.key == key)
    }
}
