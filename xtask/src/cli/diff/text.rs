//! A comparison for a terminal: the download first, then each part with its changes.

use super::words::{counts, facts, layers, shown, summary, visible};
use crate::difference::{Difference, Packages, Part};
use crate::support::columns::Columns;

pub(super) fn of(difference: &Difference<'_>, all: bool, columns: Columns) -> String {
    let mut text = format!("{}\n", columns.wrap(&summary(difference), 0, 2));
    if difference.is_same_image() {
        return text;
    }
    let lines = layers(difference);
    let (names, sizes) = (
        lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0),
        lines.iter().map(|line| line.bytes.len()).max().unwrap_or(0),
    );
    for line in lines {
        let row = format!("  {} {:names$}  {:>sizes$}  {}", line.sign, line.name, line.bytes, line.note);
        text += row.trim_end();
        text.push('\n');
    }
    for part in difference.parts.iter().filter(|part| !part.changes.is_empty() || !part.unknown.is_empty()) {
        text += &format!("\n{}: {}\n", part.part.title(), counts(part));
        for reason in &part.unknown {
            text += &format!("  ? {}\n", columns.wrap(&visible(reason), 4, 4));
        }
        let (lines, more) = shown(&part.changes, all);
        for change in lines {
            let parts: Vec<_> = [visible(&change.name)].into_iter().chain(facts(change)).collect();
            text += &format!("  {} {}\n", change.how.sign(), columns.row(&parts, 4, 8));
        }
        if more > 0 {
            text += &format!("  and {more} more; `--all` shows them\n");
        }
    }
    let same = difference.parts.iter().filter(|part| part.changes.is_empty() && part.unknown.is_empty());
    let same: Vec<_> = same.map(|part| same_title(difference, part.part)).collect();
    if !same.is_empty() {
        text += &format!("\n{}\n", columns.wrap(&format!("no change: {}", same.join(", ")), 0, 2));
    }
    if difference.objects > 0 {
        let note = format!(
            "{} objects of the ostree repository, which are the same files, are not listed",
            difference.objects
        );
        text += &format!("{}\n", columns.wrap(&note, 0, 2));
    }
    debug_assert!(difference.part(Part::Files).unknown.is_empty(), "every file is compared");
    text
}

/// Returns the title of a part without a change. Without a database of packages, none were compared.
fn same_title(difference: &Difference<'_>, part: Part) -> &'static str {
    let has_none = [difference.old, difference.new].iter().all(|side| side.packages == Packages::None);
    if part == Part::Packages && has_none { "packages (neither image has a database)" } else { part.title() }
}
