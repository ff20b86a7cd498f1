//! One argument of the kernel's command line.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "kernel argument";

/// A kernel argument, `quiet` or `console=ttyS0,115200`: printable ASCII without spaces, but in double
/// quotes (Linux, "The kernel's command-line parameters").
///
/// ```
/// use lapstrake::value::Karg;
///
/// assert!(Karg::parse("systemd.unit=\"multi user.target\"").is_ok());
/// assert!(Karg::parse("quiet splash").unwrap_err().to_string().contains("two arguments"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Karg(String);

impl Karg {
    /// Parses one argument.
    ///
    /// ```
    /// # use lapstrake::value::Karg;
    /// let error = Karg::parse("quiet splash").unwrap_err();
    /// assert_eq!(error.help(), Some(r#"write `"quiet", "splash"`"#));
    /// ```
    ///
    /// # Errors
    /// When it is empty, has no name before its `=`, or holds a space outside of quotes, an open quote, or
    /// other than printable ASCII.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.starts_with('=') {
            return Err(Invalid::whole(WHAT, text, "has no name"));
        }
        let mut quoted = false;
        for (at, c) in text.char_indices() {
            let part = at..at + c.len_utf8();
            match c {
                '"' => quoted = !quoted,
                ' ' if !quoted => {
                    let several: Vec<_> = split(text).map(|argument| format!("{argument:?}")).collect();
                    let reason = match several.len() {
                        0 => return Err(Invalid::whole(WHAT, text, "has no name")),
                        1 => "has a space beside it",
                        2 => "is two arguments",
                        _ => "is several arguments",
                    };
                    let error = Invalid::new(WHAT, text, part, reason);
                    return Err(if split(text).all(|argument| Self::parse(argument).is_ok()) {
                        error.or(format!("write `{}`", several.join(", ")))
                    } else {
                        error
                    });
                }
                ' '..='~' => {}
                _ => {
                    let reason = format!("has `{}`; the kernel takes printable ASCII", c.escape_debug());
                    return Err(Invalid::new(WHAT, text, part, reason));
                }
            }
        }
        if quoted {
            return Err(Invalid::whole(WHAT, text, "has an open quote"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The argument as a text, its quotes as they were written.
    ///
    /// ```
    /// # use lapstrake::value::Karg;
    /// assert_eq!(Karg::parse("console=ttyS0,115200").unwrap().as_str(), "console=ttyS0,115200");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The arguments of a command line, at the spaces outside of quotes.
fn split(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let space = move |c| {
        quoted ^= c == '"';
        c == ' ' && !quoted
    };
    line.split(space).filter(|argument| !argument.is_empty())
}

impl fmt::Display for Karg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(Karg);
