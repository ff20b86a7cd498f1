//! A change of a file of the workspace that takes a fault away: what `check --fix` does, and what an editor can do.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake::Site;
use serde::Serialize;

use super::{Place, excerpt};

/// A change of a file of the workspace that takes a fault away, and that is certain: no other is meant.
///
/// `cargo xtask image check --fix` makes it.
///
/// ```
/// use lapstrake_xtask::{Fix, check::Checks};
/// use lapstrake_xtask::prelude::*;
///
/// let mode = 755; // decimal
/// let image = Image::new("demo", Base::stand_in())
///     .layer(Layer::new("app").with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(mode)));
/// let found = Checks::default().findings(&image);
/// let fix = found[0].fix.as_deref();
/// assert!(matches!(fix, Some(Fix::Literal { old, new, .. }) if old == "755" && new == "0o755"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Fix {
    /// Another text for a part of a line.
    Replace {
        /// The part.
        place: Box<Place>,
        /// What is there.
        old: String,
        /// What is to be there.
        new: String,
    },
    /// A line before another one.
    Insert {
        /// The line that is there, or a part of it.
        place: Box<Place>,
        /// The new line, without its end.
        line: String,
    },
    /// Another literal in a call of the description.
    Literal {
        /// The call.
        site: Site,
        /// The literal that is there.
        old: String,
        /// What is to be there: literals with commas between them.
        new: String,
    },
    /// The right to execute a file.
    Executable {
        /// The file, as the description names it.
        file: Utf8PathBuf,
        /// Where the file is on this machine.
        #[serde(skip)]
        host: Utf8PathBuf,
    },
}

/// A change of a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    /// The bytes to replace.
    pub(crate) bytes: (usize, usize),
    pub(crate) new: String,
}

impl Fix {
    /// Returns the file that it changes.
    pub(crate) fn file(&self, root: &Utf8Path) -> Utf8PathBuf {
        match self {
            Self::Replace { place, .. } | Self::Insert { place, .. } => root.join(place.within(root)),
            Self::Literal { site, .. } => root.join(site.file()),
            Self::Executable { host, .. } => host.clone(),
        }
    }

    /// Returns the change of the text of its file; none if the text is not what was checked.
    pub(crate) fn edit(&self, text: &str) -> Option<Edit> {
        match self {
            Self::Replace { place, old, new } => {
                let bytes =
                    part(text, place).filter(|bytes| text.get(bytes.clone()) == Some(old.as_str()))?;
                Some(Edit { bytes: (bytes.start, bytes.end), new: new.clone() })
            }
            Self::Insert { place, line } => {
                let shown = place.text()?;
                let whole = line_of(text, place.line).filter(|bytes| text[bytes.clone()] == *shown)?;
                let end = if text[whole.end..].starts_with("\r\n") { "\r\n" } else { "\n" };
                Some(Edit { bytes: (whole.start, whole.start), new: format!("{line}{end}") })
            }
            Self::Literal { site, old, new } => {
                let call = excerpt::whole_call(text, site.line(), site.column())?;
                let within = &text[call.clone()];
                // The description is compiled, so a fix that was made is found again by a run of the old program.
                if new.contains(old.as_str()) && within.contains(new.as_str()) {
                    return None;
                }
                let is_inner = |c: char| c.is_alphanumeric() || c == '_' || c == '"' || c == '\\';
                let is_alone = |at: &usize| {
                    let after = within[at + old.len()..].chars().next();
                    let before = within[..*at].chars().next_back();
                    !before.is_some_and(is_inner) && !after.is_some_and(is_inner)
                };
                let mut found = within.match_indices(old.as_str()).map(|(at, _)| at).filter(is_alone);
                let at = call.start + found.next().filter(|_| found.next().is_none())?;
                Some(Edit { bytes: (at, at + old.len()), new: new.clone() })
            }
            Self::Executable { .. } => None,
        }
    }
}

/// Returns the bytes of a line, without its end.
fn line_of(text: &str, line: u32) -> Option<Range<usize>> {
    let index = usize::try_from(line.checked_sub(1)?).ok()?;
    let found = text.split('\n').nth(index)?;
    let start = found.as_ptr().addr() - text.as_ptr().addr();
    Some(start..start + found.trim_end_matches('\r').len())
}

/// Returns the bytes of a place.
fn part(text: &str, place: &Place) -> Option<Range<usize>> {
    let line = line_of(text, place.line)?;
    let at = |column: u32| {
        let mut starts = text[line.clone()].char_indices().map(|(at, _)| at).chain([line.len()]);
        Some(line.start + starts.nth(usize::try_from(column.checked_sub(1)?).ok()?)?)
    };
    Some(at(place.column)?..at(place.end_column)?)
}

#[cfg(test)]
mod tests {
    use lapstrake::Span;

    use super::*;

    fn place(text: &str, line: u32, word: &str) -> Place {
        let span = Span::of_line(text, line).unwrap().word(text, word);
        Place::new(Utf8Path::new("a.conf"), Utf8Path::new("/w/a.conf"), text, &span)
    }

    fn changed(fix: &Fix, text: &str) -> Option<String> {
        let Edit { bytes: (start, end), new } = fix.edit(text)?;
        Some([&text[..start], &new, &text[end..]].concat())
    }

    #[test]
    fn a_part_of_a_line_is_replaced_if_it_is_still_there() {
        let text = "é\nd /x 0644 a\n";
        let fix =
            Fix::Replace { place: Box::new(place(text, 2, "0644")), old: "0644".into(), new: "0755".into() };
        assert_eq!(changed(&fix, text).as_deref(), Some("é\nd /x 0755 a\n"));
        assert_eq!(changed(&fix, "é\nd /y  0644 a\n"), None);
        assert_eq!(changed(&fix, ""), None);
    }

    #[test]
    fn a_line_is_inserted_with_the_line_end_of_the_file() {
        let text = "# a\r\nu web 990:990\r\n";
        let fix = Fix::Insert { place: Box::new(place(text, 2, "990")), line: "g web 990".into() };
        assert_eq!(changed(&fix, text).as_deref(), Some("# a\r\ng web 990\r\nu web 990:990\r\n"));
        assert_eq!(changed(&fix, "# a\r\nu web 990\r\n"), None);
    }

    #[track_caller]
    fn here() -> Site {
        Site::caller()
    }

    #[test]
    fn a_literal_is_replaced_in_its_own_call_and_nowhere_else() {
        let site = here();
        let column = usize::try_from(site.column()).unwrap() - 1;
        let above = "\n".repeat(usize::try_from(site.line()).unwrap() - 1);
        let source = |call: &str| format!("{above}{}{call}.mode(755)\n", " ".repeat(column));
        let fix = Fix::Literal { site, old: "755".into(), new: "0o755".into() };
        let of =
            |call: &str| changed(&fix, &source(call)).map(|text| text[above.len() + column..].to_owned());
        assert_eq!(of("mode(755)").as_deref(), Some("mode(0o755).mode(755)\n"));
        assert_eq!(of("mode(\n    // 755)\n    755,\n)"), None, "it may be either");
        assert_eq!(of("text(r#\")755\"#, 0o755, 1755)"), None, "no literal of a call is a part of another");
        assert_eq!(of("text(')', \"(\", 755)").as_deref(), Some("text(')', \"(\", 0o755).mode(755)\n"));
        assert_eq!(changed(&fix, "mode(755)\n"), None, "the source has changed");
        let longer = Fix::Literal { site, old: "\"b\"".into(), new: "\"a\", \"b\"".into() };
        assert_eq!(changed(&longer, &source("lines([\"a\", \"b\"])")), None, "it is made once");
    }
}
