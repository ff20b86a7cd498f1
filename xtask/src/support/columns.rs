//! How wide lines are: it wraps text by words and cuts paths in the middle, and knows nothing of what they say.

use std::io::{IsTerminal, stderr, stdout};
use std::os::fd::AsFd;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Lines are not made narrower than this, because no word would fit.
const NARROWEST: usize = 40;
/// The width of pages such as `--help` where no terminal says another.
const PAGE: usize = 80;

/// The columns that a line may have. Into a file or a pipe, lines are as long as what they say, so that each is found by
/// `grep` and no path is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Columns(Option<usize>);

impl Columns {
    /// Lines of any length.
    pub(crate) const ANY: Self = Self(None);

    /// Returns the columns of stdout: those of the terminal, or else of `COLUMNS`.
    pub(crate) fn of_stdout() -> Self {
        Self::of(&stdout())
    }

    /// Returns the columns of stderr, as [`Columns::of_stdout`].
    pub(crate) fn of_stderr() -> Self {
        Self::of(&stderr())
    }

    fn of(stream: &(impl IsTerminal + AsFd)) -> Self {
        let of_terminal = || rustix::termios::tcgetwinsize(stream).ok().map(|size| usize::from(size.ws_col));
        let columns = stream.is_terminal().then(of_terminal).flatten().filter(|columns| *columns > 0);
        let of_variable = || std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
        columns.or_else(of_variable).map_or(Self::ANY, Self::new)
    }

    pub(crate) fn new(columns: usize) -> Self {
        Self(Some(columns.max(NARROWEST)))
    }

    /// Returns the width of a page, which is wrapped also where it goes into a file.
    pub(crate) fn of_page(self) -> usize {
        self.0.unwrap_or(PAGE)
    }

    /// Returns how many columns there are, if that is known.
    pub(crate) fn limit(self) -> Option<usize> {
        self.0
    }

    /// Wraps each line of a text by words. The first line begins after `used` columns, the others are indented by `indent`
    /// and the indentation that the line of the text has. A word that is wider than a line stays whole.
    pub(crate) fn wrap(self, text: &str, used: usize, indent: usize) -> String {
        let Some(columns) = self.0 else { return text.to_owned() };
        let mut out = String::new();
        for (number, line) in text.split('\n').enumerate() {
            let own = line.len() - line.trim_start_matches(' ').len();
            let mut at = used;
            if number > 0 {
                out.push('\n');
                at = indent;
            }
            out.push_str(&line[..own]);
            at += own;
            for (position, word) in line[own..].split(' ').enumerate() {
                let width = word.width();
                if position > 0 && at + 1 + width > columns && at > indent + own {
                    out.push('\n');
                    out.push_str(&" ".repeat(indent + own));
                    at = indent + own;
                } else if position > 0 {
                    out.push(' ');
                    at += 1;
                }
                out.push_str(word);
                at += width;
            }
        }
        out
    }

    /// Joins the parts of a row, each after two spaces. A part that does not fit begins a line that is indented by `indent`, and
    /// a part that is wider than a line is cut in its middle. The row itself begins after `used` columns.
    pub(crate) fn row(self, parts: &[String], used: usize, indent: usize) -> String {
        let Some(columns) = self.0 else { return parts.join("  ") };
        let mut out = String::new();
        let mut at = used;
        for (number, part) in parts.iter().enumerate() {
            if number > 0 && at + 2 + part.width() > columns {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                at = indent;
            } else if number > 0 {
                out.push_str("  ");
                at += 2;
            }
            let cut = cut(part, columns.saturating_sub(at));
            at += cut.width();
            out.push_str(&cut);
        }
        out
    }
}

/// Cuts a text in its middle, so that both of its ends can be read.
fn cut(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let half = room.saturating_sub(1) / 2;
    let take = |characters: &mut dyn Iterator<Item = char>, room: usize| {
        let mut width = 0;
        let fits = |c: &char| {
            width += c.width().unwrap_or(0);
            width <= room
        };
        characters.take_while(fits).collect::<String>()
    };
    let head = take(&mut text.chars(), half);
    let tail = take(&mut text.chars().rev(), room.saturating_sub(1).saturating_sub(head.width()));
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::Columns;

    #[test]
    fn text_is_wrapped_by_words_and_a_word_is_never_broken() {
        let columns = Columns::new(40);
        let text = "the first line is full after forty columns, and `/a/word/that/is/wider/than/all/the/columns` is whole";
        assert_eq!(
            columns.wrap(text, 7, 2),
            "the first line is full after\n  forty columns, and\n  \
             `/a/word/that/is/wider/than/all/the/columns`\n  is whole"
        );
        assert_eq!(Columns::ANY.wrap(text, 7, 2), text);
        assert_eq!(columns.wrap("two\n  lines", 0, 4), "two\n  lines");
        assert_eq!(
            columns.wrap("two\n    lines of which the second is indented", 0, 0),
            "two\n    lines of which the second is\n    indented"
        );
        // Each of these characters is two columns wide.
        assert_eq!(
            columns.wrap("車載情報端末の構成 車載情報端末の構成 車載", 0, 0),
            "車載情報端末の構成 車載情報端末の構成\n車載"
        );
    }

    #[test]
    fn a_path_is_cut_in_its_middle_and_only_where_a_line_has_no_room() {
        let parts = [
            "0644 0:0 /usr/share/a".to_owned(),
            "<- deploy/a".to_owned(),
            "xtask/src/main.rs:7:9".to_owned(),
        ];
        assert_eq!(
            Columns::new(80).row(&parts, 4, 8),
            "0644 0:0 /usr/share/a  <- deploy/a  xtask/src/main.rs:7:9"
        );
        assert_eq!(
            Columns::new(40).row(&parts, 4, 8),
            "0644 0:0 /usr/share/a  <- deploy/a\n        xtask/src/main.rs:7:9"
        );
        let long = ["/usr/share/gateway/translations/dashboard/de.json".to_owned()];
        assert_eq!(Columns::new(40).row(&long, 10, 8), "/usr/share/gat…shboard/de.json");
        assert_eq!(Columns::ANY.row(&long, 10, 8), long[0]);
    }
}
