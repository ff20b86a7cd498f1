//! One line of a sysusers.d file: its shape, not whether its users make sense together.

use std::fmt;

use super::{Invalid, text_newtype};
use crate::words::{split, unknown_specifier};

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
    /// missing, fields are too few or too many, or systemd refuses a name, a number, a range or a path.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if let Some(at) = text.find(['\n', '\0']) {
            return Err(Invalid::new(WHAT, text, at..at + 1, "is more than one line"));
        }
        let Some((fields, _)) = split(text, usize::MAX) else {
            return Err(Invalid::whole(WHAT, text, "has an open quote or escape"));
        };
        let field = |at: usize| fields.get(at).map_or("", |field| field.text.as_str());
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
                let part = fields[0].at.clone();
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
        let is_given = |at: usize| !matches!(field(at), "" | "-");
        if field(1).is_empty() || !is_given(1) && kind != "r" {
            return whole("names nobody", &help);
        }
        if !is_given(2) && matches!(kind, "m" | "r") {
            return whole("lacks its third field", &help);
        }
        // Up to six columns are read, and `-` is an empty one.
        let beyond = fields.iter().enumerate().skip(most).find(|(at, part)| *at > 5 || part.text != "-");
        if let Some((_, beyond)) = beyond {
            let reason = format!("has more than {most} fields; a text with spaces wants quotes");
            return Err(Invalid::new(WHAT, text, beyond.at.start..text.len(), reason).or(help));
        }
        for (at, part) in fields.iter().enumerate().skip(1).filter(|(at, _)| is_given(*at)) {
            if let Some(reason) = fault(kind, at, &part.text) {
                let reason = format!("has `{}`, {reason}", part.text.escape_debug());
                return Err(Invalid::new(WHAT, text, part.at.clone(), reason));
            }
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

/// The specifiers of sysusers.d(5).
const SPECIFIERS: &str = "aAbBHlmMoTvVwW%";
/// The most bytes of a name.
const NAME_MAX: usize = 31;

/// Returns why systemd-sysusers ignores a line for a field that is not empty.
fn fault(kind: &str, at: usize, field: &str) -> Option<String> {
    if let Some(unknown) = unknown_specifier(field, SPECIFIERS) {
        return Some(format!("and systemd-sysusers does not know the specifier `{unknown}`"));
    }
    // systemd judges what the specifiers become.
    if field.contains('%') {
        return None;
    }
    match (kind, at) {
        ("r", 1) => Some("but a range has no name: write `-`".to_owned()),
        (_, 1) | ("m", 2) => name_fault(field),
        ("r", 2) => range_fault(field),
        ("g", 2) if field.starts_with('/') => None,
        ("g", 2) => number_fault(field),
        (_, 2) => id_fault(field),
        (_, 3) if field.contains(':') => Some("and a description has no `:`".to_owned()),
        (_, 4 | 5) => path_fault(field),
        _ => None,
    }
}

fn name_fault(name: &str) -> Option<String> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_other = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.len() > NAME_MAX {
        Some(format!("but a name has at most {NAME_MAX} bytes"))
    } else if !name.starts_with(is_first) {
        Some("but a name begins with a letter or `_`".to_owned())
    } else {
        let other = name.chars().find(|c| !is_other(*c));
        other.map(|c| format!("but a name has no `{}`: letters, digits, `_` and `-`", c.escape_debug()))
    }
}

/// `UID`, `UID:GID`, `UID:GROUP`, `-:GROUP`, or a path whose owner's number is taken.
fn id_fault(id: &str) -> Option<String> {
    if id.starts_with('/') {
        return None;
    }
    let (user, group) = id.split_once(':').map_or((id, None), |(user, group)| (user, Some(group)));
    let group = group.filter(|group| number_fault(group).is_some());
    if group.is_some_and(|group| name_fault(group).is_some()) {
        return Some("which is not `UID:GID` or `UID:GROUP`".to_owned());
    }
    if user == "-" { None } else { number_fault(user) }
}

fn number_fault(id: &str) -> Option<String> {
    let is_decimal = id.bytes().all(|byte| byte.is_ascii_digit()) && (id == "0" || !id.starts_with('0'));
    match id.parse::<u32>().ok().filter(|_| is_decimal) {
        None => Some("which is not a number of an account".to_owned()),
        // (uid_t) -1, in 16 and in 32 bits.
        Some(0xffff | u32::MAX) => Some("which the kernel takes for no account".to_owned()),
        Some(_) => None,
    }
}

fn range_fault(range: &str) -> Option<String> {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    if number_fault(first).or(number_fault(last)).is_some() {
        return Some("which is not a range `FROM-TO`".to_owned());
    }
    let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
    (first > last).then(|| "which ends before it begins".to_owned())
}

fn path_fault(path: &str) -> Option<String> {
    let is_normal = path.starts_with('/') && !path.split('/').any(|part| part == "..");
    let is_path = is_normal && !path.contains(|c: char| c == ':' || c.is_control());
    (!is_path).then(|| "which is not an absolute path without `..` and `:`".to_owned())
}

impl fmt::Display for SysusersLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_newtype!(SysusersLine);
