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
