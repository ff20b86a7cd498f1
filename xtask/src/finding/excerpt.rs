//! The part of an excerpt that is underlined. rustc gives a call's start; where it ends is read off the line itself.

use std::ops::Range;

use super::spot::Spot;

/// Returns the byte range of a place in `source`: the text of the file for a call, the line itself for a part of a file.
pub(super) fn span(source: &str, spot: Spot<'_>) -> Option<Range<usize>> {
    match spot {
        Spot::Call(site) => call(source, site.line(), site.column()),
        Spot::File(place) => {
            let at = |column: u32| {
                let mut starts = source.char_indices().map(|(at, _)| at).chain([source.len()]);
                starts.nth(usize::try_from(column.checked_sub(1)?).ok()?)
            };
            Some(at(place.column)?..at(place.end_column)?)
        }
    }
}

/// The byte range in `source` of the call at that line and column (both from 1): from there to the end
/// of its parentheses, or of the line.
fn call(source: &str, line: u32, column: u32) -> Option<Range<usize>> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    let text = source.lines().nth(index)?;
    let start_of_line = text.as_ptr().addr() - source.as_ptr().addr();
    let skipped = usize::try_from(column.checked_sub(1)?).ok()?;
    let start = text.char_indices().nth(skipped).map(|(at, _)| at)?;
    let end = end_of_call(&text[start..]).unwrap_or(text[start..].trim_end().len());
    Some(start_of_line + start..start_of_line + start + end)
}

/// The byte range of a call to the end of its parentheses, also on a later line.
pub(super) fn whole_call(source: &str, line: u32, column: u32) -> Option<Range<usize>> {
    let start = call(source, line, column)?.start;
    Some(start..start + end_of_call(&source[start..])?)
}

/// Returns where the first parentheses of a text end. Literals and comments are passed over.
fn end_of_call(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        if let Some(length) = literal(rest, text[..at].chars().next_back()).or_else(|| comment(rest)) {
            rest = &rest[length..];
            continue;
        }
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        rest = &rest[c.len_utf8()..];
    }
    None
}

/// Returns the length of the text or character literal with which a text begins; the whole text if the literal does not
/// end. `before` is the character before it.
fn literal(text: &str, before: Option<char>) -> Option<usize> {
    let raw = text.strip_prefix('r').filter(|_| !before.is_some_and(|c| c.is_alphanumeric() || c == '_'));
    if let Some(raw) = raw {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if let Some(inner) = raw[hashes..].strip_prefix('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let length = inner.find(&end).map(|at| 1 + hashes + 1 + at + end.len());
            return Some(length.unwrap_or(text.len()));
        }
    }
    if let Some(character) = text.strip_prefix('\'') {
        // `'a'` is a character, and `'a` a lifetime.
        let inner = character.chars().next()?;
        if inner == '\\' {
            return character.get(2..)?.find('\'').map(|at| 1 + 2 + at + 1);
        }
        let end = 1 + inner.len_utf8();
        return text[end..].starts_with('\'').then_some(end + 1);
    }
    let inner = text.strip_prefix('"')?;
    let mut is_escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(1 + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

/// Returns the length of the comment with which a text begins.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.strip_prefix("/*").map(|inner| inner.find("*/").map_or(text.len(), |at| 2 + at + 2))
}

#[cfg(test)]
mod tests {
    use super::call;

    #[test]
    fn a_site_means_the_call_that_starts_there() {
        let source = "fn image() {\n    Layer::new(\"a\").bin(\"se)nsord\").dir(\"/x\")\n}\n";
        assert_eq!(&source[call(source, 2, 21).unwrap()], "bin(\"se)nsord\")");
        assert_eq!(&source[call(source, 2, 5).unwrap()], "Layer::new(\"a\")");
    }

    #[test]
    fn a_call_over_several_lines_is_underlined_to_the_end_of_its_first() {
        let source = "layer.file(\n    \"a\",\n)\n";
        assert_eq!(&source[call(source, 1, 7).unwrap()], "file(");
    }

    #[test]
    fn a_site_that_the_source_no_longer_has_means_nothing() {
        assert_eq!(call("", 7, 1), None);
        assert_eq!(call("é\n", 1, 9), None);
    }
}
