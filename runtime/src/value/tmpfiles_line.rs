//! One line of a tmpfiles.d file: its shape, not what it does to the running system.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "tmpfiles.d line";
const KINDS: &str = "fwdDevqQpLcbCxXrRzZtThHaAm";

/// A line of tmpfiles.d(5): a type with its modifiers, an absolute path, and up to five more fields.
///
/// ```
/// use lapstrake::value::TmpfilesLine;
///
/// assert!(TmpfilesLine::parse("d /var/lib/sensord 0750 sensord sensord -").is_ok());
/// assert_eq!(TmpfilesLine::parse("d var/lib/sensord").unwrap_err().offending(), "var/lib/sensord");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TmpfilesLine(String);

impl TmpfilesLine {
    /// Parses a line. A path may start with a specifier, which systemd expands: `%t/sensord`.
    ///
    /// ```
    /// # use lapstrake::value::TmpfilesLine;
    /// let error = TmpfilesLine::parse("mkdir /var/lib/sensord").unwrap_err();
    /// assert_eq!(error.offending(), "mkdir");
    /// assert_eq!(error.help(), Some("write `d PATH MODE USER GROUP -`"));
    /// ```
    ///
    /// # Errors
    /// When it is several lines, the type is unknown, or the path is missing or not absolute.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(at) = text.find(['\n', '\0']) {
            return Err(Invalid::new(WHAT, text, at..at + 1, "is more than one line"));
        }
        let mut fields = text.split_whitespace();
        let kind = fields.next().unwrap_or_default();
        let mut letters = kind.chars();
        let known =
            letters.next().is_some_and(|c| KINDS.contains(c)) && letters.all(|c| "+!-=~^$?".contains(c));
        if !known {
            let at = text.find(kind).unwrap_or(0);
            let reason =
                format!("starts with `{}`, which is not a type of tmpfiles.d(5)", kind.escape_debug());
            return Err(
                Invalid::new(WHAT, text, at..at + kind.len(), reason).or("write `d PATH MODE USER GROUP -`")
            );
        }
        let path = fields.next().unwrap_or_default();
        // A quoted path or one that starts with a specifier (%t) is systemd's to expand.
        if !path.trim_start_matches('"').starts_with(['/', '%']) {
            if path.is_empty() {
                let reason = "names no path";
                return Err(
                    Invalid::whole(WHAT, text, reason).or(format!("write `{kind} /PATH MODE USER GROUP -`"))
                );
            }
            // The fields are parts of the text, so the second starts where its pointer says.
            let at = path.as_ptr().addr() - text.as_ptr().addr();
            let reason = format!("has the path `{}`, which is not absolute", path.escape_debug());
            let meant = format!("{}/{}", &text[..at], &text[at..]);
            let error = Invalid::new(WHAT, text, at..at + path.len(), reason);
            return Err(error.or_write(&meant, Self::parse));
        }
        Ok(Self(text.to_owned()))
    }

    /// The fields, quotes and escapes taken: type, path, mode, user, group, age, argument. Specifiers
    /// stay as they are written.
    ///
    /// ```
    /// # use lapstrake::value::TmpfilesLine;
    /// let line = TmpfilesLine::parse("d \"/var/lib/a b\" 0750").unwrap();
    /// assert_eq!(line.fields(), ["d", "/var/lib/a b", "0750"]);
    /// ```
    pub fn fields(&self) -> Vec<String> {
        crate::words::words(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for TmpfilesLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(TmpfilesLine);
