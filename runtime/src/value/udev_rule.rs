//! The syntax of udev rules, by udev(7) and the reader of systemd 252.

use std::ops::Range;

use super::Invalid;
use crate::Span;
use crate::suggest::nearest;

const WHAT: &str = "udev rule";

/// A rule for devices: pairs of a key and a value.
///
/// ```
/// use lapstrake::value::UdevRule;
///
/// let rule = UdevRule::parse(r#"KERNEL=="ttyUSB0", SYMLINK+="gnss""#).unwrap();
/// let keys: Vec<_> = rule.pairs.iter().map(|pair| (pair.key.as_str(), pair.value.as_str())).collect();
/// assert_eq!(keys, [("KERNEL", "ttyUSB0"), ("SYMLINK", "gnss")]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UdevRule {
    /// The pairs, in order.
    pub pairs: Vec<UdevPair>,
}

/// A key of a rule, its operator and its value.
///
/// ```
/// use lapstrake::value::{UdevPair, UdevRule};
///
/// let rule = UdevRule::parse(r#"ENV{SYSTEMD_WANTS}+="gnss.service""#).unwrap();
/// let pair: &UdevPair = &rule.pairs[0];
/// assert_eq!((pair.key.as_str(), pair.attribute.as_deref(), pair.operator), ("ENV", Some("SYSTEMD_WANTS"), "+="));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UdevPair {
    /// The key.
    pub key: String,
    /// What the key has in braces.
    pub attribute: Option<String>,
    /// The operator.
    pub operator: &'static str,
    /// The value, without its quotes.
    pub value: String,
    /// The bytes of the pair in the rule.
    pub at: Range<usize>,
}

/// What a key has in braces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Braces {
    None,
    Optional,
    Required,
}

use Braces::{None as Bare, Optional, Required};

/// The operators that compare.
const MATCH: &[&str] = &["==", "!="];
/// Those of a key that is compared and set. systemd takes some of them for `=`.
const BOTH: &[&str] = &["==", "!=", "=", "+=", ":="];
const BOTH_AND_REMOVE: &[&str] = &["==", "!=", "=", "+=", "-=", ":="];
const SET: &[&str] = &["=", "+=", ":="];
const ONE: &[&str] = &["="];

/// The keys of udev(7), what each has in braces, and its operators.
const KEYS: [(&str, Braces, &[&str]); 29] = [
    ("ACTION", Bare, MATCH),
    ("ATTR", Required, BOTH),
    ("ATTRS", Required, MATCH),
    ("CONST", Required, MATCH),
    ("DEVPATH", Bare, MATCH),
    ("DRIVER", Bare, MATCH),
    ("DRIVERS", Bare, MATCH),
    ("ENV", Required, BOTH),
    ("GOTO", Bare, ONE),
    ("GROUP", Bare, SET),
    ("IMPORT", Required, BOTH),
    ("KERNEL", Bare, MATCH),
    ("KERNELS", Bare, MATCH),
    ("LABEL", Bare, ONE),
    ("MODE", Bare, SET),
    ("NAME", Bare, BOTH),
    ("OPTIONS", Bare, SET),
    ("OWNER", Bare, SET),
    ("PROGRAM", Bare, BOTH),
    ("RESULT", Bare, MATCH),
    ("RUN", Optional, SET),
    ("SECLABEL", Required, SET),
    ("SUBSYSTEM", Bare, MATCH),
    ("SUBSYSTEMS", Bare, MATCH),
    ("SYMLINK", Bare, BOTH),
    ("SYSCTL", Required, BOTH),
    ("TAG", Bare, BOTH_AND_REMOVE),
    ("TAGS", Bare, MATCH),
    ("TEST", Optional, MATCH),
];
/// The longer ones come first.
const OPERATORS: [&str; 6] = ["==", "!=", "+=", "-=", ":=", "="];
/// The properties that a rule can't set.
const READ_ONLY: [&str; 12] = [
    "ACTION",
    "DEVLINKS",
    "DEVNAME",
    "DEVPATH",
    "DEVTYPE",
    "DRIVER",
    "IFINDEX",
    "MAJOR",
    "MINOR",
    "SEQNUM",
    "SUBSYSTEM",
    "TAGS",
];
/// The builtins of all releases.
const BUILTINS: [&str; 13] = [
    "blkid",
    "btrfs",
    "dissect_image",
    "factory_reset",
    "hwdb",
    "input_id",
    "keyboard",
    "kmod",
    "net_driver",
    "net_id",
    "net_setup_link",
    "path_id",
    "uaccess",
];
const USB_ID: &str = "usb_id";
const OPTIONS: [&str; 5] = ["string_escape=none", "string_escape=replace", "db_persist", "watch", "nowatch"];
const OPTIONS_WITH_VALUE: [&str; 4] = ["static_node=", "link_priority=", "log_level=", "dump"];
/// A longer line is ignored.
const LINE_MAX: usize = 16 << 10;

impl UdevRule {
    /// Parses a rule.
    ///
    /// ```
    /// # use lapstrake::value::UdevRule;
    /// let error = UdevRule::parse(r#"SUBSYSTEM="net", NAME="can0""#).unwrap_err();
    /// assert_eq!((error.offending(), error.help()), (r#"SUBSYSTEM="net""#, Some(r#"write `SUBSYSTEM=="net"`"#)));
    /// ```
    ///
    /// # Errors
    /// When udev ignores the rule or a part of it: a key, an operator or a value in braces that it does not know, a value
    /// that is not in double quotes.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        if text.trim().is_empty() || text.contains('\n') {
            return Err(Invalid::whole(WHAT, text, "is empty, or more than one line"));
        }
        if text.len() >= LINE_MAX {
            return Err(Invalid::whole(WHAT, text, "is longer than the 16 KiB that udev reads"));
        }
        if text.ends_with('\\') {
            return Err(Invalid::whole(WHAT, text, "ends in a backslash, and has no next line"));
        }
        let mut pairs = Vec::new();
        let mut rest = next(text);
        while !rest.is_empty() {
            let (pair, after) = pair(text, rest)?;
            fault(text, &pair)?;
            pairs.push(pair);
            rest = next(after);
        }
        match pairs.first() {
            Some(_) => Ok(Self { pairs }),
            None => Err(Invalid::whole(WHAT, text, "has no key")),
        }
    }

    /// Returns the rules of a file as texts, each with where it is. A backslash at the end of a line joins the next line.
    ///
    /// ```
    /// # use lapstrake::value::UdevRule;
    /// let file = "# GNSS\nKERNEL==\"ttyUSB0\", \\\n  SYMLINK+=\"gnss\"\n";
    /// let rules = UdevRule::texts(file);
    /// assert_eq!((rules[0].0.line, rules[0].1.as_str()), (2, r#"KERNEL=="ttyUSB0", SYMLINK+="gnss""#));
    /// ```
    pub fn texts(file: &str) -> Vec<(Span, String)> {
        let mut rules = Vec::new();
        let mut joined: Option<(Span, String)> = None;
        let mut at = 0;
        for (line, number) in file.split('\n').zip(1_u32..) {
            let (start, end) = (at, at + line.len());
            at = end + 1;
            let content = line.strip_suffix('\r').unwrap_or(line).trim_start_matches([' ', '\t']);
            if content.starts_with('#') {
                continue;
            }
            let first = start + (line.len() - line.trim_start().len());
            let (mut span, mut text) =
                joined.take().unwrap_or((Span { line: number, bytes: first..end }, String::new()));
            let last = start + line.trim_end().len();
            span.bytes.end = last.max(span.bytes.start);
            text.push_str(content.strip_suffix('\\').unwrap_or(content));
            if content.ends_with('\\') {
                joined = Some((span, text));
            } else if !text.trim().is_empty() {
                rules.push((span, text));
            }
        }
        // Without a line to join, udev ignores the rule.
        rules.extend(joined.map(|(span, text)| (span, text + "\\")));
        rules
    }
}

/// Returns what follows white space and commas.
fn next(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', ',', '\r'])
}

fn pair<'t>(text: &str, rest: &'t str) -> Result<(UdevPair, &'t str), Invalid> {
    let start = text.len() - rest.len();
    let invalid = |reason: String| Invalid::new(WHAT, text, start..text.trim_end().len(), reason);
    let end = rest.find([' ', '\t', '=', '{', '+', '-', '!', ':']).unwrap_or(rest.len());
    let (key, after) = rest.split_at(end);
    let shown = key.escape_debug();
    let (attribute, after) = match after.strip_prefix('{').map(|inner| inner.split_once('}')) {
        Some(Some((attribute, after))) => (Some(attribute.to_owned()), after),
        Some(None) => return Err(invalid(format!("has no `}}` behind `{shown}{{`"))),
        None => (None, after),
    };
    let after = after.trim_start_matches([' ', '\t']);
    let Some(operator) = OPERATORS.into_iter().find(|operator| after.starts_with(operator)) else {
        let known = KEYS.iter().any(|(known, ..)| *known == key);
        let what = if known { "no operator behind" } else { "no key of udev at" };
        return Err(invalid(format!("has {what} `{shown}`")));
    };
    let value = after[operator.len()..].trim_start_matches([' ', '\t']);
    let quoted = value.strip_prefix(['e', 'i']).unwrap_or(value).strip_prefix('"');
    let Some((quoted, end)) = quoted.and_then(|quoted| Some((quoted, closing(quoted)?))) else {
        let plain = value.split([',', ' ', '\t']).next().unwrap_or_default();
        let error = invalid(format!("has no value in double quotes for `{shown}`"));
        let is_plain = !plain.is_empty() && !plain.contains(['"', '\'', '`']);
        return Err(if is_plain { error.or(format!("write `{key}{operator}\"{plain}\"`")) } else { error });
    };
    let after = &quoted[end + 1..];
    let at = start..text.len() - after.len();
    let value = quoted[..end].replace("\\\"", "\"");
    Ok((UdevPair { key: key.to_owned(), attribute, operator, value, at }, after))
}

/// Returns where the closing quote is. A quote behind a backslash does not close, even if the backslash is behind another.
fn closing(text: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find('"')?;
        if !text[..at].ends_with('\\') {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Returns what udev refuses about a pair.
fn fault(text: &str, pair: &UdevPair) -> Result<(), Invalid> {
    let UdevPair { key, attribute, operator, value, at } = pair;
    let invalid = |reason: String| Err(Invalid::new(WHAT, text, at.clone(), reason));
    let Some((_, braces, operators)) = KEYS.iter().find(|(known, ..)| known == key) else {
        let error =
            Invalid::new(WHAT, text, at.clone(), format!("has no key of udev at `{}`", key.escape_debug()));
        let near = nearest(key, KEYS.iter().map(|(key, ..)| *key)).filter(|_| !key.is_empty());
        return Err(match near {
            Some(near) => error.or(format!("did you mean `{near}`?")),
            None => error,
        });
    };
    let given = attribute.as_deref();
    if given.is_some() && *braces == Bare {
        return invalid(format!("has `{key}` with braces that it does not take"));
    }
    if *braces == Required && given.is_none_or(str::is_empty) {
        return invalid(format!("has `{key}` without what it needs in braces, such as `{key}{{NAME}}`"));
    }
    if !operators.contains(operator) {
        let braces = given.map(|given| format!("{{{given}}}")).unwrap_or_default();
        let meant = match *operator {
            "=" | "+=" | ":=" => "==",
            _ => "=",
        };
        let reason = format!("has `{key}` with `{operator}`, and takes {}", listed(operators));
        let error = Invalid::new(WHAT, text, at.clone(), reason);
        return Err(if operators.contains(&meant) {
            error.or(format!("write `{key}{braces}{meant}\"{value}\"`"))
        } else {
            error
        });
    }
    let is_match = MATCH.contains(operator);
    let given = given.unwrap_or_default();
    match key.as_str() {
        "CONST" if !["arch", "virt", "cvm"].contains(&given) => {
            invalid(format!("has no constant `{given}`: they are `arch`, `virt` and `cvm`"))
        }
        "ENV" if !is_match && READ_ONLY.contains(&given) => {
            invalid(format!("sets the property `{given}`, which no rule can set"))
        }
        "NAME" if !is_match && matches!(value.as_str(), "" | "%k") => {
            invalid(format!("sets the name `{value}`, which has no effect"))
        }
        "TEST" if !given.is_empty() && !is_mode(given) => {
            invalid(format!("tests for the mode `{given}`, which is not octal"))
        }
        "IMPORT" if !["file", "program", "builtin", "db", "cmdline", "parent"].contains(&given) => {
            invalid(format!("imports by `{given}`, which is not a way of udev(7)"))
        }
        "RUN" if !["", "program", "builtin"].contains(&given) => {
            invalid(format!("runs a `{given}`, which is not `program` or `builtin`"))
        }
        "IMPORT" | "RUN" if given == "builtin" => {
            let name = value.split([' ', '\t']).next().unwrap_or_default();
            if BUILTINS.contains(&name) || name == USB_ID {
                return Ok(());
            }
            let error = Invalid::new(WHAT, text, at.clone(), format!("has no builtin `{name}` of udev"));
            Err(match nearest(name, BUILTINS.into_iter().chain([USB_ID])) {
                Some(near) => error.or(format!("did you mean `{near}`?")),
                None => error,
            })
        }
        "OPTIONS" if !is_option(value) => invalid(format!("has no option `{value}` of udev")),
        "MODE" if !value.contains(['$', '%']) && !is_mode(value) => {
            invalid(format!("has the mode `{value}`, which is not octal"))
        }
        _ => Ok(()),
    }
}

fn is_option(value: &str) -> bool {
    OPTIONS.contains(&value) || OPTIONS_WITH_VALUE.iter().any(|start| value.starts_with(start))
}

fn is_mode(text: &str) -> bool {
    u32::from_str_radix(text, 8).is_ok_and(|mode| mode <= 0o7777) && !text.starts_with('+')
}

fn listed(operators: &[&str]) -> String {
    let quoted: Vec<_> = operators.iter().map(|operator| format!("`{operator}`")).collect();
    match quoted.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => quoted.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_udev_are_taken() {
        for rule in [
            r#"SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="00:11:22:33:44:55", NAME="can0""#,
            r#"KERNEL=="ttyUSB[0-9]*", ATTRS{idVendor}=="0403", SYMLINK+="gnss", GROUP="dialout", MODE="0660""#,
            r#"ACTION!="add|change", GOTO="end""#,
            r#"LABEL="end""#,
            r#"ENV{SYSTEMD_WANTS}+="gnss@%k.service", TAG+="systemd""#,
            r#"RUN{program}+="/usr/bin/logger \"quoted\"""#,
            r#"TAG-="systemd""#,
            r#"KERNEL == "a" NAME = "b""#,
        ] {
            assert!(UdevRule::parse(rule).is_ok(), "{rule}: {:?}", UdevRule::parse(rule));
        }
    }

    #[test]
    fn what_udev_ignores_is_an_error() {
        for (rule, why) in [
            ("", "is empty"),
            (r#"SUBSYTEM=="net""#, "has no key of udev"),
            (r"SUBSYSTEM=", "has no value in double quotes"),
            ("KERNEL==ttyUSB0", "has no value in double quotes"),
            (r#"KERNEL "ttyUSB0""#, "has no operator"),
            (r#"KERNEL{x}=="a""#, "braces that it does not take"),
            (r#"MODE="0660"; GROUP="x""#, "has no key of udev"),
            (r#"KERNEL="a", MODE="0660""#, "has `KERNEL` with `=`, and takes `==` or `!=`"),
            (r#"GROUP=="x""#, "has `GROUP` with `==`"),
            (r#"WAIT_FOR=="x""#, "has no key of udev"),
            (r#"MODE="0888""#, "which is not octal"),
        ] {
            let error = UdevRule::parse(rule).unwrap_err().to_string();
            assert!(error.contains(why), "{rule}: {error}");
        }
        let help = |rule: &str| UdevRule::parse(rule).unwrap_err().help().map(str::to_owned);
        assert_eq!(help(r#"SUBSYTEM=="net""#).unwrap(), "did you mean `SUBSYSTEM`?");
        assert_eq!(help(r#"GROUP=="x""#).unwrap(), r#"write `GROUP="x"`"#);
        assert_eq!(help("KERNEL==ttyUSB0").unwrap(), r#"write `KERNEL=="ttyUSB0"`"#);
    }
}
