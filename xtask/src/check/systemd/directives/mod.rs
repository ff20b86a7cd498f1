//! `unit-directive` and `unit-value`: the lines of units and drop-ins that systemd does not know or does not take. The files
//! that the layers bring are judged, those of users' managers too.

#[cfg(test)]
mod agreement;
mod calendar;
mod kind;
mod named;
mod number;
mod table;
mod value;
mod version;
mod wrong;

use std::collections::{HashMap, HashSet};

use lapstrake::Span;
use lapstrake::suggest::nearest;
use lapstrake::systemd::{Assignment, Section, UnitFile};
use lapstrake::value::{ImagePath, UnitName};

use super::loaded::is_text;
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const DIRECTIVE: Check = Check::warning(
    "unit-directive",
    "systemd ignores a section or a directive that it does not know, and only its log says so",
    |subject| faults(subject, Judge::unknown),
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nReadOnlyPath=/etc\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nReadOnlyPaths=/etc\n"))"##,
});

pub(super) const VALUE: Check = Check::warning(
    "unit-value",
    "systemd ignores a value that it can't read; it does not load a unit in which a command, an account or a root is wrong",
    |subject| faults(subject, Judge::wrong),
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nRestart=allways\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nRestart=always\n"))"##,
});

/// Where the units of the system and of users are.
const DIRECTORIES: [&str; 5] = [
    "/etc/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/etc/systemd/user",
    "/usr/lib/systemd/user",
];
/// At most so many lines of a file are reported.
const MOST_LINES: usize = 20;
/// At most so many names are looked up among those of the table.
const MOST_NAMES: usize = 100;

/// A unit or a drop-in of a layer.
struct File<'a> {
    node: Node<'a>,
    /// The section of its kind of unit beside `[Unit]` and `[Install]`.
    section: &'static str,
    is_drop_in: bool,
}

impl File<'_> {
    /// Returns what a message calls it.
    fn name(&self) -> &str {
        let path = self.node.path();
        if self.is_drop_in { path.as_str() } else { path.file_name() }
    }
}

/// Returns the files that systemd reads as units and drop-ins.
fn files<'a>(subject: &Subject<'a>) -> Vec<File<'a>> {
    let tree = subject.tree();
    let mut files = Vec::new();
    for node in DIRECTORIES.iter().flat_map(|directory| tree.children(directory)) {
        let name = node.path().file_name();
        if node.is_directory() {
            // `service.d` is over every service.
            let suffix = name.strip_suffix(".d").map(|unit| unit.rsplit('.').next().unwrap_or(unit));
            let Some(section) = suffix.and_then(table::section_of) else { continue };
            let confs = tree.children(node.path().as_str()).filter(|conf| conf.ends_with(".conf"));
            files.extend(confs.map(|node| File { node, section, is_drop_in: true }));
        } else if UnitName::parse(name).is_ok() {
            let section = name.rsplit('.').next().and_then(table::section_of);
            files.extend(section.map(|section| File { node, section, is_drop_in: false }));
        }
    }
    files.retain(|file| file.node.site().is_some() && file.node.is_file() && is_text(&file.node));
    files
}

/// Judges the lines of all files by one rule.
struct Judge {
    version: Option<u32>,
    /// The names of the table that are like others.
    near: HashMap<(String, String), Option<&'static str>>,
}

type Rule = fn(&mut Judge, &File<'_>, &UnitFile) -> Vec<Fault>;

fn faults(subject: &Subject<'_>, rule: Rule) -> Vec<Fault> {
    let mut judge = Judge { version: version::version(subject.tree()), near: HashMap::new() };
    let mut faults = Vec::new();
    for file in files(subject) {
        let parsed = UnitFile::parse(file.node.text().unwrap_or_default());
        let mut found = rule(&mut judge, &file, &parsed);
        let count = found.len();
        found.truncate(MOST_LINES);
        if count > MOST_LINES {
            let more = format!("`{}` has {} more such lines", file.name(), count - MOST_LINES);
            found.push(Fault::at(&file.node, more));
        }
        faults.extend(found);
    }
    faults
}

/// Returns whether some systemd takes a value of a directive.
pub(super) fn is_taken(section: &str, key: &str, value: &str) -> bool {
    let directive = table::directive(section, key);
    directive.is_none_or(|directive| value::wrong(&directive.kind, value, None).is_none())
}

/// Returns the lines of the files for which one of the two checks has a finding, so that systemd-analyze need not repeat it.
pub(super) fn judged(subject: &Subject<'_>) -> HashSet<(ImagePath, u32)> {
    let mut judge = Judge { version: version::version(subject.tree()), near: HashMap::new() };
    let mut lines = HashSet::new();
    for file in files(subject) {
        let parsed = UnitFile::parse(file.node.text().unwrap_or_default());
        let mut add = |at: &Span| lines.insert((file.node.path().clone(), at.line));
        for section in parsed.sections() {
            if judge.unknown_section(&file, section).is_some() {
                add(&section.at);
            }
            for assignment in read(section) {
                let is_wrong = judge.wrong_value(&file, section, assignment).is_some();
                if is_wrong || judge.unknown_name(&file, section, assignment).is_some() {
                    add(&assignment.key_at);
                }
            }
        }
    }
    lines
}

/// Returns the assignments that systemd does not leave to others.
fn read(section: &Section) -> impl Iterator<Item = &Assignment> {
    section.assignments.iter().filter(|assignment| !assignment.key.starts_with("X-"))
}

/// Returns the sections of a file that its kind of unit has.
fn known_sections<'u>(file: &File<'_>, parsed: &'u UnitFile) -> impl Iterator<Item = &'u Section> {
    let own = file.section;
    parsed.sections().iter().filter(move |section| is_known(own, &section.name))
}

fn is_known(own: &str, section: &str) -> bool {
    section == own || matches!(section, "Unit" | "Install")
}

impl Judge {
    /// Returns the faults of sections and names.
    fn unknown(&mut self, file: &File<'_>, parsed: &UnitFile) -> Vec<Fault> {
        let mut faults: Vec<_> =
            parsed.sections().iter().filter_map(|section| self.unknown_section(file, section)).collect();
        for section in known_sections(file, parsed) {
            faults
                .extend(read(section).filter_map(|assignment| self.unknown_name(file, section, assignment)));
        }
        faults
    }

    /// Returns the faults of values.
    fn wrong(&mut self, file: &File<'_>, parsed: &UnitFile) -> Vec<Fault> {
        let values =
            known_sections(file, parsed).flat_map(|section| read(section).map(move |it| (section, it)));
        values.filter_map(|(section, assignment)| self.wrong_value(file, section, assignment)).collect()
    }

    #[expect(clippy::unused_self, reason = "one rule beside the others")]
    fn unknown_section(&self, file: &File<'_>, section: &Section) -> Option<Fault> {
        let name = section.name.as_str();
        if name.starts_with("X-") || is_known(file.section, name) {
            return None;
        }
        let own = file.section;
        let (what, help) = match table::suffix_of(name) {
            Some(suffix) => (
                format!("which only `.{suffix}` units have"),
                format!("write `[{own}]`, or bring a `.{suffix}` unit"),
            ),
            None => match nearest(name, ["Unit", "Install", own]) {
                Some(near) => ("which systemd does not know".to_owned(), format!("did you mean `[{near}]`?")),
                None => (
                    "which systemd does not know".to_owned(),
                    format!("write `[X-{}]` for what another program reads", name.trim_start_matches('-')),
                ),
            },
        };
        let message = format!("`{}` has the section `[{name}]`, {what}: it ignores it", file.name());
        Some(Fault::at_span(&file.node, &section.at, message).help(help))
    }

    fn unknown_name(&mut self, file: &File<'_>, section: &Section, assignment: &Assignment) -> Option<Fault> {
        let (own, key, named) = (section.name.as_str(), assignment.key.as_str(), file.name());
        if !is_known(file.section, own) {
            return None;
        }
        let ignored = |why: String| format!("`{named}` has `{key}=` in `[{own}]`, {why}: systemd ignores it");
        let (message, help) = if let Some(directive) = table::directive(own, key) {
            let version = self.version.filter(|version| *version < directive.since)?;
            let why = format!("which systemd {} added, and the image has systemd {version}", directive.since);
            (ignored(why), "leave it out, or build on a base with a newer systemd".to_owned())
        } else {
            let sections = table::sections_with(key);
            let known = sections.iter().find(|name| is_known(file.section, name));
            match known.or(sections.first()) {
                Some(other) if known.is_some() => {
                    (ignored(format!("which belongs in `[{other}]`")), format!("move it to `[{other}]`"))
                }
                Some(other) => {
                    let suffix = table::suffix_of(other).unwrap_or_default();
                    let why = format!("which only `[{other}]` of `.{suffix}` units has");
                    (ignored(why), "leave it out".to_owned())
                }
                None => {
                    let help = match self.near(own, key) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "systemd.directives(7) lists the directives".to_owned(),
                    };
                    (ignored("which is not a directive".to_owned()), help)
                }
            }
        };
        Some(Fault::at_span(&file.node, &assignment.key_at, message).help(help))
    }

    fn near(&mut self, section: &str, key: &str) -> Option<&'static str> {
        let is_full = self.near.len() >= MOST_NAMES;
        let known = (section.to_owned(), key.to_owned());
        if let Some(near) = self.near.get(&known) {
            return *near;
        }
        let near = if is_full { None } else { nearest(key, table::names(section)) };
        if !is_full {
            self.near.insert(known, near);
        }
        near
    }

    fn wrong_value(&self, file: &File<'_>, section: &Section, assignment: &Assignment) -> Option<Fault> {
        if !is_known(file.section, &section.name) {
            return None;
        }
        let directive = table::directive(&section.name, &assignment.key)?;
        let wrong = value::wrong(&directive.kind, &assignment.value, self.version)?;
        let text = file.node.text().unwrap_or_default();
        let key = &assignment.key;
        let (shown, span) = match &wrong.word {
            Some(word) => (format!("`{key}={word}`"), assignment.value_at.word(text, word)),
            None => (format!("`{key}=`"), assignment.value_at.clone()),
        };
        let what = match (wrong.is_refused, file.is_drop_in) {
            (true, false) => "systemd does not load the unit",
            (true, true) => "systemd does not read the rest of the file",
            (false, _) => "systemd ignores it",
        };
        let message = format!("`{}` has {shown}, and {}: {what}", file.name(), wrong.why);
        let mut fault =
            Fault::at_span(&file.node, &span, message).for_line(&file.node, assignment.key_at.line);
        if wrong.is_refused && !file.is_drop_in {
            fault = fault.as_fatal("systemd does not load the unit");
        }
        Some(match wrong.help {
            Some(help) => fault.help(help),
            None => fault,
        })
    }
}
