//! One line of a sysusers.d file: its shape, not whether its users make sense together.

use std::fmt;

use super::{Invalid, text_newtype};

const WHAT: &str = "sysusers.d line";

/// A line of sysusers.d(5): a type (`u`, `u!`, `g`, `m`, `r`), a name, and up to four more fields.
///
/// ```
/// use lapstrake::value::SysusersLine;
///
/// assert!(SysusersLine::parse("u sensord - \"Telemetry\" /var/lib/sensord").is_ok());
/// assert_eq!(SysusersLine::parse("user sensord").unwrap_err().offending(), "user");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SysusersLine(String);

impl SysusersLine {
    /// Parses a line.
    ///
    /// # Errors
    /// When it is several lines, the type is unknown, or the name is missing.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(at) = text.find(['\n', '\0']) {
            return Err(Invalid::new(WHAT, text, at..at + 1, "is more than one line"));
        }
        let mut fields = text.split_whitespace();
        let kind = fields.next().unwrap_or_default();
        if !matches!(kind, "u" | "u!" | "g" | "m" | "r") {
            let at = text.find(kind).unwrap_or(0);
            let reason =
                format!("starts with `{}`; its type is one of `u`, `u!`, `g`, `m`, `r`", kind.escape_debug());
            let error = Invalid::new(WHAT, text, at..at + kind.len(), reason);
            return Err(match kind {
                "user" => error.or(format!("write `{}`", text.replacen("user", "u", 1))),
                "group" => error.or(format!("write `{}`", text.replacen("group", "g", 1))),
                _ => error,
            });
        }
        if fields.next().is_none() {
            return Err(Invalid::whole(WHAT, text, "names nobody").or(format!("write `{kind} NAME`")));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SysusersLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(SysusersLine);
