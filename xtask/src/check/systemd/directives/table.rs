//! The directives that systemd knows, from `table.txt`: it is data, and nothing here judges a unit.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::kind::Kind;
use super::version::of_version;

/// A directive in the sections that have it.
pub(super) struct Directive {
    pub(super) sections: Vec<&'static str>,
    pub(super) kind: Kind,
    /// The version of systemd that added it.
    pub(super) since: u32,
}

/// The table, by the names of the directives. A name can have a meaning for each section.
static TABLE: LazyLock<HashMap<&'static str, Vec<Directive>>> = LazyLock::new(|| {
    let mut table: HashMap<_, Vec<Directive>> = HashMap::new();
    let mut sections = Vec::new();
    for row in rows(include_str!("table.txt")) {
        if let Some(header) = row.strip_prefix('[').and_then(|row| row.strip_suffix(']')) {
            sections = header.split(' ').collect();
            continue;
        }
        let (kind, names) = row.split_once(':').expect("a row of the table has a kind and names");
        let kind = Kind::of(kind).expect("the kinds of the table are known");
        for (name, since) in names.split_whitespace().map(of_version) {
            let directive = Directive { sections: sections.clone(), kind: kind.clone(), since };
            table.entry(name).or_default().push(directive);
        }
    }
    table
});

/// The sections of each kind of unit beside `[Unit]` and `[Install]`, by the suffix of its name.
const SECTIONS: [(&str, &str); 11] = [
    ("automount", "Automount"),
    ("device", "Device"),
    ("mount", "Mount"),
    ("path", "Path"),
    ("scope", "Scope"),
    ("service", "Service"),
    ("slice", "Slice"),
    ("socket", "Socket"),
    ("swap", "Swap"),
    ("target", "Target"),
    ("timer", "Timer"),
];

/// Returns the rows of the table. A row goes on in the lines that are indented.
fn rows(text: &'static str) -> Vec<&'static str> {
    let mut rows: Vec<&'static str> = Vec::new();
    let mut start = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !line.starts_with(' ') {
            rows.extend(start.map(|start: usize| text[start..at].trim_end()));
            start = Some(at).filter(|_| !line.starts_with(['#', '\n']));
        }
        at += line.len();
    }
    rows.extend(start.map(|start| text[start..at].trim_end()));
    rows
}

/// Returns the section of a kind of unit, which has the suffix.
pub(super) fn section_of(suffix: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(kind, _)| *kind == suffix).map(|(_, section)| *section)
}

/// Returns the suffix of the units that have a section.
pub(super) fn suffix_of(section: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|(_, name)| *name == section).map(|(suffix, _)| *suffix)
}

/// Returns a directive of a section.
pub(super) fn directive(section: &str, name: &str) -> Option<&'static Directive> {
    TABLE.get(name)?.iter().find(|directive| directive.sections.contains(&section))
}

/// Returns the sections in which a directive is known.
pub(super) fn sections_with(name: &str) -> Vec<&'static str> {
    TABLE.get(name).into_iter().flatten().flat_map(|directive| directive.sections.iter().copied()).collect()
}

/// Returns the names of the directives of a section.
pub(super) fn names(section: &str) -> impl Iterator<Item = &'static str> + use<'_> {
    let has = move |directive: &Directive| directive.sections.contains(&section);
    TABLE.iter().filter(move |(_, directives)| directives.iter().any(has)).map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::process::Command;

    use super::super::version::OLDEST;
    use super::*;

    const MANAGER: &str = "/usr/lib/systemd/systemd";

    /// The names that the systemd of this machine has, by `--dump-configuration-items`, and its version.
    fn dumped() -> Option<(u32, BTreeSet<(String, String)>)> {
        let run = |argument: &str| {
            let output = Command::new(MANAGER).arg(argument).output().ok()?;
            String::from_utf8(output.stdout).ok()
        };
        let version = run("--version")?.split_whitespace().nth(1)?.parse().ok()?;
        let (mut section, mut names) = (String::new(), BTreeSet::new());
        for line in run("--dump-configuration-items")?.lines() {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((name, _)) = line.split_once('=') {
                names.insert((section.clone(), name.to_owned()));
            }
        }
        Some((version, names))
    }

    #[test]
    fn the_table_has_the_directives_that_systemd_lists() {
        let Some((version, listed)) = dumped() else {
            assert!(std::env::var_os("CI").is_none(), "{MANAGER} is missing");
            eprintln!("\n*** SKIPPED: this machine has no {MANAGER} ***\n");
            return;
        };
        let known = |directive: &Directive, name: &str| {
            let is_there = directive.since <= version;
            let sections = directive.sections.iter().filter(move |_| is_there);
            sections.map(|section| ((*section).to_owned(), name.to_owned())).collect::<Vec<_>>()
        };
        let table: BTreeSet<_> =
            TABLE.iter().flat_map(|(name, all)| all.iter().flat_map(|one| known(one, name))).collect();
        let missing: Vec<_> = listed.difference(&table).collect();
        assert!(version > 262 || missing.is_empty(), "{missing:?}");
        // Later versions removed the directives of the first hierarchy of control groups.
        let added: Vec<_> = table.difference(&listed).collect();
        assert!(version != OLDEST || added.is_empty(), "{added:?}");
    }

    #[test]
    fn each_name_is_once_in_a_section() {
        for (name, directives) in TABLE.iter() {
            let mut sections = sections_with(name);
            sections.sort_unstable();
            let count = sections.len();
            sections.dedup();
            assert_eq!(count, sections.len(), "{name}: {}", directives.len());
        }
        assert_eq!(directive("Service", "OpenFile").map(|directive| directive.since), Some(253));
        assert!(directive("Socket", "OpenFile").is_none());
    }
}
