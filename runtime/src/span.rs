//! Where in a text a thing is said. A span is for findings only, as a [`Site`](crate::Site) is.

use std::ops::Range;

/// A word is searched in a span of so many bytes at most, because a long value can name very many.
const SEARCHED: usize = 16 << 10;

/// A part of a text: the line on which it begins, and its bytes.
///
/// ```
/// use lapstrake::Span;
///
/// let text = "[Service]\nUser = sensord\n";
/// let line: Span = Span::of_line(text, 2).unwrap();
/// assert_eq!(line.of(text), "User = sensord");
/// let user = line.word(text, "sensord");
/// assert_eq!((user.line, user.bytes), (2, 17..24));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Span {
    /// The line on which it begins, counted from 1.
    pub line: u32,
    /// Its bytes in the text.
    pub bytes: Range<usize>,
}

impl Span {
    /// Returns a line of a text, without the white space around it; the first line is 1. Lines end at `\n`, as editors
    /// count them.
    ///
    /// ```
    /// # use lapstrake::Span;
    /// assert_eq!(Span::of_line("a\n  b \r\n", 2).unwrap().bytes, 4..5);
    /// assert_eq!(Span::of_line("a\n", 3), None);
    /// ```
    pub fn of_line(text: &str, line: u32) -> Option<Self> {
        let index = usize::try_from(line.checked_sub(1)?).ok()?;
        let found = text.split('\n').nth(index)?;
        let start = found.as_ptr().addr() - text.as_ptr().addr();
        Some(Self::trimmed(text, line, start..start + found.len()))
    }

    /// Returns every line of a text that is not blank.
    ///
    /// ```
    /// # use lapstrake::Span;
    /// let text = "a\n\n b\n";
    /// let lines: Vec<_> = Span::lines(text).map(|line| (line.line, line.of(text))).collect();
    /// assert_eq!(lines, [(1, "a"), (3, "b")]);
    /// ```
    pub fn lines(text: &str) -> impl Iterator<Item = Self> {
        let numbered = text.split('\n').zip(1_u32..).map(|(found, line)| {
            let start = found.as_ptr().addr() - text.as_ptr().addr();
            Self::trimmed(text, line, start..start + found.len())
        });
        numbered.filter(|line| !line.bytes.is_empty())
    }

    fn trimmed(text: &str, line: u32, bytes: Range<usize>) -> Self {
        let found = &text[bytes.clone()];
        let start = bytes.start + (found.len() - found.trim_start().len());
        Self { line, bytes: start..start + found.trim().len() }
    }

    /// Returns what the span has of its text; empty if it is of another text.
    ///
    /// ```
    /// # use lapstrake::Span;
    /// assert_eq!(Span { line: 1, bytes: 0..2 }.of("ab\n"), "ab");
    /// assert_eq!(Span { line: 1, bytes: 0..9 }.of("ab\n"), "");
    /// ```
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.bytes.clone()).unwrap_or_default()
    }

    /// Returns where a word is in it, on the line where the word is; the whole span, if the word is not written so or the
    /// span is very long.
    ///
    /// ```
    /// # use lapstrake::Span;
    /// let text = "After=ab.service \\\n  b.service\n";
    /// let value = Span { line: 1, bytes: 6..30 };
    /// let word = value.word(text, "b.service");
    /// assert_eq!((word.line, word.bytes), (2, 21..30));
    /// assert_eq!(value.word(text, "c.service"), value);
    /// ```
    #[must_use]
    pub fn word(&self, text: &str, word: &str) -> Self {
        let within = Some(self.of(text)).filter(|within| within.len() <= SEARCHED).unwrap_or_default();
        let is_whole = |at: &usize| {
            let (before, after) =
                (within[..*at].chars().next_back(), within[at + word.len()..].chars().next());
            !before.is_some_and(is_inner) && !after.is_some_and(is_inner)
        };
        let whole = within.match_indices(word).map(|(at, _)| at).find(is_whole);
        // A prefix such as that of `ExecStart=-/usr/bin/app` is not parted from its word.
        let found = whole.or_else(|| within.find(word)).filter(|_| !word.is_empty());
        let Some(at) = found else { return self.clone() };
        let lines = within[..at].bytes().filter(|byte| *byte == b'\n').count();
        let line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        let start = self.bytes.start + at;
        Self { line, bytes: start..start + word.len() }
    }
}

/// Whether a character beside a word makes it a part of another.
fn is_inner(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '/')
}
