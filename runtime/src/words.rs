//! Splits a line of configuration into words by the quoting of systemd.syntax(7). It must not know what the words mean.

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
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match (quote, c) {
            (_, '\\') => {
                let escaped = unescape(&mut rest)?;
                word.get_or_insert_default().push_str(&escaped);
            }
            (Some(open), _) if c == open => quote = None,
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            (None, '"' | '\'') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (Some(_) | None, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
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
