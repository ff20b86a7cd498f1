//! One line of a sysusers.d file: its shape, not whether its users make sense together.

use std::fmt;
use std::ops::Range;

use super::{Invalid, text_newtype};

const WHAT: &str = "sysusers.d line";

/// A line of sysusers.d(5): a type (`u`, `u!`, `g`, `m`, `r`), a name, and the fields that the type
/// takes.
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
    /// ```
    /// # use lapstrake::value::SysusersLine;
    /// let error = SysusersLine::parse("u web - A small web server").unwrap_err();
    /// assert!(error.to_string().ends_with("a text with spaces wants quotes"));
    /// ```
    ///
    /// # Errors
    /// When it is several lines, leaves a quote or an escape open, the type is unknown, the name is
    /// missing, or fields are too few or too many.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(at) = text.find(['\n', '\0']) {
            return Err(Invalid::new(WHAT, text, at..at + 1, "is more than one line"));
        }
        let Some(fields) = fields(text) else {
            return Err(Invalid::whole(WHAT, text, "has an open quote or escape"));
        };
        let field = |at: usize| fields.get(at).map_or("", |field| &text[field.clone()]);
        let whole = |reason: &str, help: &str| Err(Invalid::whole(WHAT, text, reason).or(help));
        let kind = field(0);
        if kind.is_empty() {
            return whole("is empty", "write `u NAME - \"DESCRIPTION\"`");
        }
        // How many fields a line of that type may have, and what they are.
        let (most, form) = match kind {
            "u" | "u!" => (6, "u NAME ID DESCRIPTION HOME SHELL"),
            "g" => (3, "g NAME GID"),
            "m" => (3, "m USER GROUP"),
            "r" => (3, "r - FROM-TO"),
            _ => {
                let part = fields[0].clone();
                let rest = &text[part.end..];
                let reason = format!(
                    "starts with `{}`; its type is one of `u`, `u!`, `g`, `m`, `r`",
                    kind.escape_debug()
                );
                let error = Invalid::new(WHAT, text, part, reason);
                return Err(match kind {
                    "user" => error.or_write(&format!("u{rest}"), Self::parse),
                    "group" => error.or_write(&format!("g{rest}"), Self::parse),
                    _ => error,
                });
            }
        };
        let help = format!("write `{form}`");
        if field(1).is_empty() {
            return whole("names nobody", &help);
        }
        if fields.len() < 3 && matches!(kind, "m" | "r") {
            return whole("lacks its third field", &help);
        }
        // Up to six columns are read, and `-` is an empty one.
        let beyond =
            fields.iter().enumerate().skip(most).find(|(at, part)| *at > 5 || &text[(*part).clone()] != "-");
        if let Some((_, beyond)) = beyond {
            let reason = format!("has more than {most} fields; a text with spaces wants quotes");
            return Err(Invalid::new(WHAT, text, beyond.start..text.len(), reason).or(help));
        }
        Ok(Self(text.to_owned()))
    }

    /// The fields, quotes and escapes taken: type, name, ID, description, home, shell.
    ///
    /// ```
    /// # use lapstrake::value::SysusersLine;
    /// let line = SysusersLine::parse("u web 990:990 \"Web server\"").unwrap();
    /// assert_eq!(line.fields(), ["u", "web", "990:990", "Web server"]);
    /// ```
    pub fn fields(&self) -> Vec<String> {
        crate::words::words(&self.0).unwrap_or_default()
    }
}

/// Where the fields stand: white space parts them, but in single or double quotes, as systemd reads
/// them; none where a quote or an escape stays open.
fn fields(text: &str) -> Option<Vec<Range<usize>>> {
    let mut fields = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut escaped) {
            continue;
        }
        escaped = c == '\\';
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, ' ' | '\t' | '\r') => fields.extend(start.take().map(|start| start..at)),
            (None, _) => {
                start.get_or_insert(at);
                if matches!(c, '"' | '\'') {
                    quote = Some(c);
                }
            }
        }
    }
    fields.extend(start.map(|start| start..text.len()));
    (quote.is_none() && !escaped).then_some(fields)
}

impl fmt::Display for SysusersLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(SysusersLine);
