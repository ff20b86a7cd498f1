//! Splits a line of configuration into words by the quoting of systemd.syntax(7). It must not know what the words mean.

use std::ops::Range;

/// The words of a line: white space parts them, but in quotes; C's escapes are taken. None where a quote
/// or an escape is left open.
///
/// ```
/// use lapstrake::systemd::words;
///
/// assert_eq!(words(r#"u web - "Web server" /srv\x20web"#).unwrap(), ["u", "web", "-", "Web server", "/srv web"]);
/// assert_eq!(words("u web - \"Web"), None);
/// ```
pub fn words(line: &str) -> Option<Vec<String>> {
    split(line, usize::MAX).map(|(words, _)| words.into_iter().map(|word| word.text).collect())
}

/// A word of a line, and its bytes in the line with quotes and escapes.
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: Range<usize>,
}

/// Returns the first `most` words of a line, and the bytes of what follows them without the white space around it.
pub(crate) fn split(line: &str, most: usize) -> Option<(Vec<Word>, Range<usize>)> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while words.len() < most {
        let at = line.len() - rest.as_str().len();
        let Some(c) = rest.next() else { break };
        let is_blank = matches!(c, ' ' | '\t' | '\r' | '\n');
        if quote.is_none() && is_blank {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(|| Word { text: String::new(), at: at..at });
        match (quote, c) {
            (_, '\\') => word.text.push_str(&unescape(&mut rest)?),
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (Some(_) | None, _) => word.text.push(c),
        }
        word.at.end = line.len() - rest.as_str().len();
    }
    words.extend(word);
    let left = rest.as_str();
    let start = line.len() - left.trim_start().len();
    let end = start + left.trim().len();
    quote.is_none().then_some((words, start..end))
}

/// Returns the first specifier of a text that is not among `known`. systemd takes `%` and a letter or digit for one.
pub(crate) fn unknown_specifier<'t>(text: &'t str, known: &str) -> Option<&'t str> {
    let mut from = 0;
    while let Some(at) = text[from..].find('%').map(|at| from + at) {
        let c = text[at + 1..].chars().next()?;
        if c.is_ascii_alphanumeric() && !known.contains(c) {
            return text.get(at..at + 2);
        }
        from = at + 1 + c.len_utf8();
    }
    None
}

/// What stands after a backslash; an escape that C does not know stays as it is written.
fn unescape(rest: &mut std::str::Chars<'_>) -> Option<String> {
    let c = rest.next()?;
    let digits = match c {
        'x' => Some((2, 16)),
        'u' => Some((4, 16)),
        'U' => Some((8, 16)),
        '0'..='7' => Some((3, 8)),
        _ => None,
    };
    if let Some((count, radix)) = digits {
        let leading = if radix == 8 { c.to_string() } else { String::new() };
        let text: String = leading.chars().chain(rest.clone().take(count - leading.len())).collect();
        let value = u32::from_str_radix(&text, radix).ok().filter(|_| text.len() == count);
        if let Some(value) = value.and_then(char::from_u32) {
            rest.nth(count - leading.len() - 1);
            return Some(value.to_string());
        }
        return Some(format!("\\{c}"));
    }
    Some(match c {
        'a' => "\x07".to_owned(),
        'b' => "\x08".to_owned(),
        'f' => "\x0c".to_owned(),
        'n' => "\n".to_owned(),
        'r' => "\r".to_owned(),
        't' => "\t".to_owned(),
        'v' => "\x0b".to_owned(),
        's' => " ".to_owned(),
        '\\' | '"' | '\'' => c.to_string(),
        _ => format!("\\{c}"),
    })
}
