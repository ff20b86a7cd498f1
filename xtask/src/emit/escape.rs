//! Paths and texts with any content as one line that a Containerfile's parser reads as it was meant.

/// A text in a comment: on one line, in quotes, so that neither a newline nor a last backslash can make
/// it anything else.
pub(super) fn comment(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            // Bidirectional and other invisible characters could make a comment read as what it is not.
            c if c.is_control() || !(c.is_ascii() || c.is_alphanumeric()) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A word of LABEL: in double quotes, with what expands or ends it escaped. Control characters can't be
/// said there; the plan has refused them.
pub(super) fn word(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

/// The exec form: a JSON array, in which nothing is expanded.
pub(crate) fn exec<S: AsRef<str>>(argv: impl IntoIterator<Item = S>) -> String {
    let mut array = String::from("[");
    for word in argv {
        if array.len() > 1 {
            array += ", ";
        }
        array += &json_string(word.as_ref());
    }
    array + "]"
}

/// A JSON string of ASCII alone, so that no byte of it can end a line for any parser.
fn json_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            c => out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{comment, exec, word};

    #[test]
    fn a_comment_stays_one_line_that_no_backslash_ends() {
        assert_eq!(comment("/a\nRUN evil\\"), r#""/a\nRUN evil\\""#);
        assert_eq!(comment("/é \u{202e}x"), "\"/é \\u{202e}x\"");
    }

    #[test]
    fn the_exec_form_is_json_that_means_the_same() {
        let argv = ["rm", "-rf", "--", "/a b/\"$x\\\n\u{7f}é\u{1f600}"];
        let parsed: Vec<String> = serde_json::from_str(&exec(argv)).unwrap();
        assert_eq!(parsed, argv);
        assert!(exec(argv).is_ascii() && !exec(argv).contains('\n'));
    }

    #[test]
    fn a_label_is_expanded_by_nobody() {
        assert_eq!(word("$HOME \"x\" \\"), r#""\$HOME \"x\" \\""#);
    }
}
