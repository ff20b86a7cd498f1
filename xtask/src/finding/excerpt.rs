//! The part of a source line that a site means. rustc gives a call's start; where it ends is read off
//! the line itself.

use std::ops::Range;

/// The byte range in `source` of the call at that line and column (both from 1): from there to the end
/// of its parentheses, or of the line.
pub(super) fn span(source: &str, line: u32, column: u32) -> Option<Range<usize>> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    let text = source.lines().nth(index)?;
    let start_of_line = text.as_ptr().addr() - source.as_ptr().addr();
    let skipped = usize::try_from(column.checked_sub(1)?).ok()?;
    let start = text.char_indices().nth(skipped).map(|(at, _)| at)?;
    let end = end_of_call(&text[start..]).unwrap_or(text[start..].trim_end().len());
    Some(start_of_line + start..start_of_line + start + end)
}

fn end_of_call(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_site_means_the_call_that_starts_there() {
        let source = "fn image() {\n    Layer::new(\"a\").bin(\"se)nsord\").dir(\"/x\")\n}\n";
        assert_eq!(&source[span(source, 2, 21).unwrap()], "bin(\"se)nsord\")");
        assert_eq!(&source[span(source, 2, 5).unwrap()], "Layer::new(\"a\")");
    }

    #[test]
    fn a_call_over_several_lines_is_underlined_to_the_end_of_its_first() {
        let source = "layer.file(\n    \"a\",\n)\n";
        assert_eq!(&source[span(source, 1, 7).unwrap()], "file(");
    }

    #[test]
    fn a_site_that_the_source_no_longer_has_means_nothing() {
        assert_eq!(span("", 7, 1), None);
        assert_eq!(span("é\n", 1, 9), None);
    }
}
