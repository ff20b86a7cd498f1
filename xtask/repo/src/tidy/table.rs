//! The table of rooms: a Markdown table whose first column is headed `room` and lists modules in backticks, in the
//! order in which data flows.

/// The rooms of each row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Table(pub(super) Vec<Vec<String>>);

impl Table {
    /// Reads the first such table of a text. The lines may be doc comments.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let lines = text.lines().map(|line| line.trim_start().trim_start_matches("//!").trim());
        let mut lines = lines.skip_while(|line| first_cell(line) != Some("room"));
        lines.next()?;
        let rows = lines.map_while(first_cell).filter(|cell| !cell.starts_with(['-', ':']));
        Some(Self(rows.map(rooms).collect()))
    }

    /// Returns the number of the row of a room.
    pub(super) fn row(&self, room: &str) -> Option<usize> {
        self.0.iter().position(|row| row.iter().any(|name| name == room))
    }

    /// Returns all rooms in order.
    pub(super) fn rooms(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flatten().map(String::as_str)
    }
}

fn first_cell(line: &str) -> Option<&str> {
    line.strip_prefix('|')?.split('|').next().map(str::trim)
}

/// Returns the names in backticks, as modules: `store/` and `inputs.rs` are written as files.
fn rooms(cell: &str) -> Vec<String> {
    let names = cell.split('`').skip(1).step_by(2);
    names.map(|name| name.trim_end_matches('/').trim_end_matches(".rs").to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn rows_are_read_from_a_doc_comment() {
        let text = "//! Text.\n//!\n//! | other | x |\n//! |---|---|\n//! | `no` | |\n//!\n//! | room | from | to |\n\
                    //! |---|---|---|\n//! | `project` | `x` | |\n//! | `engine/`, `inputs.rs` | | |\n//!\n//! | `z` |\n";
        let table = Table::parse(text).unwrap();
        assert_eq!(table.0, [vec!["project"], vec!["engine", "inputs"]]);
        assert_eq!(table.row("inputs"), Some(1));
        assert_eq!(table.row("z"), None);
        assert_eq!(Table::parse("# Title\n"), None);
    }
}
