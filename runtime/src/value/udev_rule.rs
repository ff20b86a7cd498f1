//! One udev rule, as udev(7) reads it.

use super::Invalid;

const WHAT: &str = "udev rule";

/// The keys of udev(7), and whether each takes an attribute in braces.
const KEYS: [(&str, bool); 31] = [
    ("ACTION", false),
    ("ATTR", true),
    ("ATTRS", true),
    ("CONST", true),
    ("DEVPATH", false),
    ("DRIVER", false),
    ("DRIVERS", false),
    ("ENV", true),
    ("GOTO", false),
    ("GROUP", false),
    ("IMPORT", true),
    ("KERNEL", false),
    ("KERNELS", false),
    ("LABEL", false),
    ("MODE", false),
    ("NAME", false),
    ("OPTIONS", false),
    ("OWNER", false),
    ("PROGRAM", false),
    ("RESULT", false),
    ("RUN", true),
    ("SECLABEL", true),
    ("SUBSYSTEM", false),
    ("SUBSYSTEMS", false),
    ("SYMLINK", false),
    ("SYSCTL", true),
    ("TAG", false),
    ("TAGS", false),
    ("TEST", true),
    ("PHYSDEVPATH", false),
    ("WAIT_FOR", false),
];
/// The longer ones come first.
const OPERATORS: [&str; 6] = ["==", "!=", "+=", "-=", ":=", "="];

/// Returns why a line is not a rule; none for a rule: pairs of a key and a quoted value, with commas between.
pub(super) fn fault(text: &str) -> Option<Invalid> {
    let at = |rest: &str| text.len() - rest.len();
    let invalid = |from: &str, reason: String| {
        let start = at(from);
        Some(Invalid::new(WHAT, text, start..text.len(), reason))
    };
    let mut rest = text.trim_start();
    if rest.is_empty() || text.contains('\n') {
        return Some(Invalid::whole(WHAT, text, "is empty, or more than one line"));
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let Some((_, braces)) = KEYS.iter().find(|(known, _)| *known == key) else {
            let near = crate::suggest::nearest(&rest[..end.max(1)], KEYS.iter().map(|(key, _)| *key));
            let error = invalid(rest, format!("has no key of udev at `{}`", rest.escape_debug()))?;
            return Some(match near {
                Some(near) if end > 0 => error.or(format!("did you mean `{near}`?")),
                _ => error,
            });
        };
        let after = match after.strip_prefix('{').map(|inner| inner.split_once('}')) {
            Some(Some((name, after))) if *braces && !name.is_empty() => after,
            Some(_) => return invalid(rest, format!("has `{key}` with braces that it does not take")),
            None => after,
        };
        let after = after.trim_start();
        let Some(value) = OPERATORS.iter().find_map(|operator| after.strip_prefix(operator)) else {
            return invalid(rest, format!("has no operator after `{key}`"));
        };
        let value = value.trim_start();
        let quoted = value.strip_prefix('e').unwrap_or(value).strip_prefix('"');
        let Some(end) = quoted.and_then(closing) else {
            return invalid(rest, format!("has no value in double quotes for `{key}`"));
        };
        rest = quoted.unwrap_or_default()[end + 1..].trim_start_matches([',', ' ', '\t']);
    }
    None
}

/// Returns where the closing quote is.
fn closing(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| match c {
        '"' if !escaped => Some(at),
        _ => {
            escaped = c == '\\' && !escaped;
            None
        }
    })
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn rules_of_udev_are_taken() {
        for rule in [
            r#"SUBSYSTEM=="net", ACTION=="add", ATTR{address}=="00:11:22:33:44:55", NAME="can0""#,
            r#"KERNEL=="ttyUSB[0-9]*", ATTRS{idVendor}=="0403", SYMLINK+="gnss", GROUP="dialout", MODE="0660""#,
            r#"ACTION!="add|change", GOTO="end""#,
            r#"LABEL="end""#,
            r#"ENV{SYSTEMD_WANTS}+="gnss@%k.service", TAG+="systemd""#,
            r#"RUN{program}+="/usr/bin/logger \"quoted\"""#,
        ] {
            assert_eq!(fault(rule), None, "{rule}");
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
        ] {
            let error = fault(rule).unwrap_or_else(|| panic!("{rule}")).to_string();
            assert!(error.contains(why), "{rule}: {error}");
        }
        assert_eq!(fault(r#"SUBSYTEM=="net""#).unwrap().help(), Some("did you mean `SUBSYSTEM`?"));
    }
}
