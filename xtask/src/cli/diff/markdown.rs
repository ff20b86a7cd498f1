//! A comparison for a comment on a pull request: tables, those that are long folded.

use super::words::{counts, facts, layers, shown, summary};
use crate::difference::Difference;

/// A table of more rows is folded.
const OPEN: usize = 5;

pub(super) fn of(difference: &Difference<'_>, all: bool) -> String {
    let mut text = format!("**{}**\n", escape(&summary(difference)));
    if difference.is_same_image() {
        return text;
    }
    let rows: Vec<_> = layers(difference)
        .into_iter()
        .map(|line| format!("| {} | {} | {} | {} |\n", line.sign, code(&line.name), line.bytes, line.note))
        .collect();
    text += &format!("\n| | layer | download | |\n|---|---|---:|---|\n{}", rows.concat());
    for part in &difference.parts {
        if part.changes.is_empty() && part.unknown.is_empty() {
            continue;
        }
        let title = format!("{}: {}", part.part.title(), counts(part));
        let is_folded = part.changes.len() > OPEN;
        text += &if is_folded {
            format!("\n<details>\n<summary>{title}</summary>\n\n")
        } else {
            format!("\n**{title}**\n\n")
        };
        for reason in &part.unknown {
            text += &format!("- {}\n", escape(reason));
        }
        let (lines, more) = shown(&part.changes, all);
        if !lines.is_empty() {
            text += if part.unknown.is_empty() { "" } else { "\n" };
            text += "| | name | |\n|---|---|---|\n";
        }
        for change in lines {
            let facts: Vec<_> = facts(change).iter().map(|fact| escape(fact)).collect();
            text += &format!("| {} | {} | {} |\n", change.how.sign(), code(&change.name), facts.join(", "));
        }
        if more > 0 {
            text += &format!("\nand {more} more\n");
        }
        if is_folded {
            text += "\n</details>\n";
        }
    }
    text
}

/// Escapes what Markdown, and HTML in it, would not show as it is. A name can have any character.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' | '#' | '~' | '@' | '!' => escaped.extend(['\\', c]),
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '&' => escaped += "&amp;",
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Returns a name as code. In a table, a pipe ends a cell even in code, and a backtick would end the code.
fn code(name: &str) -> String {
    if name.contains(['`', '|', '\\']) || name.contains(char::is_control) {
        return escape(name);
    }
    format!("`{name}`")
}

#[cfg(test)]
mod tests {
    use super::{code, escape};

    #[test]
    fn no_name_ends_its_cell_or_its_code() {
        assert_eq!(code("/etc/motd"), "`/etc/motd`");
        assert_eq!(code("/a|b"), "/a\\|b");
        assert_eq!(code("/a`b"), "/a\\`b");
        assert_eq!(
            escape("<script>@all *x* &amp;\n| y"),
            "&lt;script&gt;\\@all \\*x\\* &amp;amp;\u{fffd}\\| y"
        );
    }
}
