//! Why a text is not the value it should be. One type for all newtypes, so that a finding can show the
//! offending part of any of them alike.

use std::convert::Infallible;
use std::fmt;
use std::ops::Range;

/// A value that does not parse: what it should have been, the part that is wrong, why, and what to
/// write instead.
///
/// ```
/// use lapstrake::value::{ImagePath, Invalid};
///
/// let error: Invalid = ImagePath::parse("/etc/../shadow").unwrap_err();
/// assert_eq!(error.offending(), "..");
/// assert_eq!(error.to_string(), "image path `/etc/../shadow` has a `..`, which an image path can't climb");
/// assert_eq!(error.help(), Some("write `/shadow`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    what: &'static str,
    input: String,
    part: Range<usize>,
    reason: String,
    help: Option<String>,
    /// The source of a literal, and what is meant.
    instead: Option<Box<(String, String)>>,
}

impl Invalid {
    /// `part` is the byte range of `input` that is wrong, cut to the input's length; `reason` reads on
    /// from the value, as in "image path `x` *is relative*".
    ///
    /// For a value of your own, so that a builder call may take it.
    ///
    /// ```
    /// # use lapstrake::value::Invalid;
    /// let error = Invalid::new("port", "80x", 2..3, "has `x`, which is not a digit");
    /// assert_eq!(error.offending(), "x");
    /// assert_eq!(error.to_string(), "port `80x` has `x`, which is not a digit");
    /// ```
    pub fn new(what: &'static str, input: &str, part: Range<usize>, reason: impl Into<String>) -> Self {
        let part = part.start.min(input.len())..part.end.min(input.len());
        Self {
            what,
            input: input.to_owned(),
            part,
            reason: one_line(reason.into()),
            help: None,
            instead: None,
        }
    }

    /// The same, where the whole input is wrong.
    ///
    /// ```
    /// # use lapstrake::value::Invalid;
    /// assert_eq!(Invalid::whole("port", "none", "is not a number").offending(), "none");
    /// ```
    pub fn whole(what: &'static str, input: &str, reason: impl Into<String>) -> Self {
        Self::new(what, input, 0..input.len(), reason)
    }

    /// Adds what to write instead: one line that can be pasted, control characters escaped as Rust's
    /// literals have them. Default: no help.
    ///
    /// ```
    /// # use lapstrake::value::Invalid;
    /// let error = Invalid::whole("port", "http", "is not a number").or("write `80`");
    /// assert_eq!(error.help(), Some("write `80`"));
    /// ```
    pub fn or(mut self, help: impl Into<String>) -> Self {
        self.help = Some(one_line(help.into()));
        self
    }

    /// Adds `meant` as what to write instead, if that would parse.
    pub(crate) fn or_write<T>(self, meant: &str, parse: impl FnOnce(&str) -> Result<T, Self>) -> Self {
        if meant == self.input || parse(meant).is_err() {
            return self;
        }
        let instead = Some(Box::new((format!("{:?}", self.input), format!("{meant:?}"))));
        Self { instead, ..self.or(format!("write `{meant}`")) }
    }

    /// Adds the number to write instead of the input.
    pub(crate) fn or_number(self, meant: &str) -> Self {
        let instead = Some(Box::new((self.input.clone(), meant.to_owned())));
        Self { instead, ..self.or(format!("write `{meant}`")) }
    }

    /// Returns the literal of Rust that is the input, and the literal that is meant, if that is certain.
    ///
    /// ```
    /// # use lapstrake::value::ImagePath;
    /// let error = ImagePath::parse("etc/app.conf").unwrap_err();
    /// assert_eq!(error.instead(), Some(("\"etc/app.conf\"".to_owned(), "\"/etc/app.conf\"".to_owned())));
    /// ```
    pub fn instead(&self) -> Option<(String, String)> {
        self.instead.as_deref().cloned()
    }

    /// What the value should have been: "image path", "mode", "unit name".
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::parse("rwx").unwrap_err().what(), "mode");
    /// ```
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The text as it was given, whole and unescaped.
    ///
    /// ```
    /// # use lapstrake::value::Mode;
    /// assert_eq!(Mode::parse("0o9").unwrap_err().input(), "0o9");
    /// ```
    pub fn input(&self) -> &str {
        &self.input
    }

    /// The bytes of [`input`](Self::input) that are wrong.
    ///
    /// ```
    /// # use lapstrake::value::Invalid;
    /// assert_eq!(Invalid::new("port", "80x", 2..9, "has `x`").part(), 2..3);
    /// ```
    pub fn part(&self) -> Range<usize> {
        self.part.clone()
    }

    /// The part of [`input`](Self::input) that is wrong.
    pub fn offending(&self) -> &str {
        self.input.get(self.part.clone()).unwrap_or_default()
    }

    /// What to write instead, one line to paste; none where several answers are possible.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// A report quotes what the user wrote, and that may hold a newline or a terminal's escape.
fn one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    text.chars().fold(String::new(), |mut line, c| {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
        line
    })
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nobody reads a path of four thousand bytes.
        const SHOWN: usize = 160;
        let (shown, more) = match self.input.char_indices().nth(SHOWN) {
            Some((end, _)) => (&self.input[..end], "…"),
            None => (self.input.as_str(), ""),
        };
        write!(f, "{} `{}{more}` {}", self.what, shown.escape_debug(), self.reason)
    }
}

impl std::error::Error for Invalid {}

impl From<Infallible> for Invalid {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}
