//! `preset`: lines of preset files that decide about no unit, and preset files in folders that nothing reads.

use std::collections::BTreeMap;

use lapstrake::Span;
use lapstrake::value::UnitName;

use super::loaded::{Manager, is_known};
use super::unread_drop_in::{Names, names_of, near_unit};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const CHECK: Check = Check::warning(
    "preset",
    "the first line of the preset files that matches a unit decides whether it is enabled, and no other line does",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))
    .text("disable *\nenable app.service\n", "/usr/lib/systemd/system-preset/50-app.preset")"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))
    .text("enable app.service\ndisable *\n", "/usr/lib/systemd/system-preset/50-app.preset")"##,
});

/// With more lines in the image, none is judged.
const MOST_LINES: usize = 5000;
const TOPS: [&str; 3] = ["/usr/lib/systemd", "/usr/local/lib/systemd", "/etc/systemd"];

/// A line of a preset file.
struct Line<'a> {
    node: Node<'a>,
    at: Span,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    action: &'static str,
    pattern: String,
}

impl Rule {
    /// Returns what a line says (systemd.preset(5)); none where systemd ignores it. Instances may follow a template.
    fn parse(line: &str) -> Option<Self> {
        let (action, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let action = ["enable", "disable", "ignore"].into_iter().find(|known| *known == action)?;
        let rest = rest.trim();
        let pattern = if action == "enable" { rest.split([' ', '\t']).next().unwrap_or(rest) } else { rest };
        (!pattern.is_empty()).then(|| Self { action, pattern: pattern.to_owned() })
    }

    fn is_of(&self, name: &str) -> bool {
        matches(self.pattern.as_bytes(), name.as_bytes())
    }
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = unread(subject);
    for (manager, folder) in [(Manager::System, "system-preset"), (Manager::User, "user-preset")] {
        faults.extend(of_manager(subject, manager, folder));
    }
    faults
}

/// Returns a fault for each preset file that is beside the folders of presets.
fn unread(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let files = TOPS.iter().flat_map(|top| tree.below(top)).filter(|node| node.ends_with(".preset"));
    let files = files.filter(|node| node.is_file() && node.site().is_some());
    let is_read = |node: &Node<'_>| {
        let folder = node.path().parent();
        folder.is_some_and(|folder| {
            matches!(folder.file_name(), "system-preset" | "user-preset")
                && folder.parent().is_some_and(|top| TOPS.contains(&top.as_str()))
        })
    };
    let fault = |node: Node<'_>| {
        let name = node.path().file_name();
        let message = format!("`{}` is not read: systemd does not look for presets there", node.path());
        Fault::at(&node, message).help(format!("put it at `/usr/lib/systemd/system-preset/{name}`"))
    };
    files.filter(|node| !is_read(node)).map(fault).collect()
}

fn of_manager(subject: &Subject<'_>, manager: Manager, folder: &str) -> Vec<Fault> {
    let tree = subject.tree();
    // A file of the same name in a directory that comes last hides the others, and names are sorted.
    let mut files: BTreeMap<String, Node<'_>> = BTreeMap::new();
    for top in TOPS {
        let nodes = tree.children(&format!("{top}/{folder}")).filter(|node| node.ends_with(".preset"));
        files.extend(nodes.map(|node| (node.path().file_name().to_owned(), node)));
    }
    if files.values().all(|node| !is_judged(node)) {
        return Vec::new();
    }
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for node in files.into_values() {
        let text = tree.text(node.path().as_str()).unwrap_or_default();
        for at in Span::lines(text).filter(|at| !at.of(text).starts_with(['#', ';'])) {
            match Rule::parse(at.of(text)) {
                Some(rule) => lines.push(Line { node: node.clone(), at, rule }),
                None if is_judged(&node) => {
                    let message = format!("systemd ignores `{}` of a preset", at.of(text).escape_debug());
                    let help = "write `enable UNIT` or `disable UNIT`";
                    faults.push(Fault::at_span(&node, &at, message).help(help));
                }
                None => {}
            }
        }
    }
    if lines.len() <= MOST_LINES && !subject.runs_unseen() {
        faults.extend(of_lines(subject, manager, &lines));
    }
    faults
}

/// Whether a file is the image's own. The presets of a distribution name what it could have.
fn is_judged(node: &Node<'_>) -> bool {
    node.site().is_some() && !node.is_of_packages()
}

fn of_lines(subject: &Subject<'_>, manager: Manager, lines: &[Line<'_>]) -> Vec<Fault> {
    let names = names_of(subject, manager);
    // For each unit, the line that decides.
    let deciding: Vec<_> = names
        .all
        .iter()
        .filter_map(|name| Some((name, lines.iter().position(|line| line.rule.is_of(name))?)))
        .collect();
    let mut faults = Vec::new();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| is_judged(&line.node)) {
        if deciding.iter().any(|(_, first)| *first == at) {
            continue;
        }
        let matched: Vec<_> = deciding.iter().filter(|(name, _)| line.rule.is_of(name)).collect();
        let Some((unit, first)) =
            matched.iter().find(|(_, first)| lines[*first].rule.action != line.rule.action)
        else {
            if matched.is_empty() {
                faults.extend(without_unit(subject, manager, line, &names));
            }
            continue;
        };
        let (first, Rule { action, pattern }) = (&lines[*first], &line.rule);
        let message = format!(
            "`{action} {pattern}` decides nothing: `{} {}` of `{}` is before it and matches `{unit}`",
            first.rule.action,
            first.rule.pattern,
            first.node.path()
        );
        let fault = Fault::at_span(&line.node, &line.at, message);
        let fault = fault.also_at_span(&first.node, &first.at, "the line that decides");
        faults.push(fault.help("name the file so that it is sorted before, or write the line above"));
    }
    faults
}

/// Returns the fault of a line that matches no unit.
fn without_unit(subject: &Subject<'_>, manager: Manager, line: &Line<'_>, names: &Names) -> Option<Fault> {
    let Rule { action, pattern } = &line.rule;
    let is_glob = pattern.contains(['*', '?', '[']);
    let unit = UnitName::parse(pattern).ok();
    if pattern == "*" || unit.as_ref().is_some_and(|unit| is_known(subject.tree(), manager, unit)) {
        return None;
    }
    let near = if subject.is_on_stand_in() { &names.ours } else { &names.all };
    let near = unit.filter(|_| !is_glob).and_then(|unit| near_unit(&unit, near));
    // The stand-in lacks most units of a real base.
    if subject.is_on_stand_in() && near.is_none() {
        return None;
    }
    let message = format!("`{action} {pattern}` decides nothing: the image does not have such a unit");
    let help = match near {
        Some(near) => format!("did you mean `{action} {near}`?"),
        None => "write the name of a unit file of the image, or leave the line out".to_owned(),
    };
    Some(Fault::at_span(&line.node, &line.at, message).help(help))
}

/// Whether a name matches a pattern with `*`, `?` and `[…]` (fnmatch(3), without escapes).
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where the last `*` was, and what it has taken.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let one = match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => set(&pattern[p..], name[n]),
            Some(byte) => (*byte == name[n]).then_some(1),
            None => None,
        };
        match (one, star) {
            (Some(length), _) => (p, n) = (p + length, n + 1),
            (None, Some((at, taken))) => {
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// Returns the length of the set at the start of a pattern, if the byte is in it. A `[` without an end is itself.
fn set(pattern: &[u8], byte: u8) -> Option<usize> {
    let is_negated = matches!(pattern.get(1), Some(b'!' | b'^'));
    let first = 1 + usize::from(is_negated);
    let Some(end) = (first + 1..pattern.len()).find(|at| pattern[*at] == b']') else {
        return (byte == b'[').then_some(1);
    };
    let (members, mut at, mut is_in) = (&pattern[first..end], 0, false);
    while at < members.len() {
        if let [low, b'-', high, ..] = members[at..] {
            is_in |= (low..=high).contains(&byte);
            at += 3;
        } else {
            is_in |= members[at] == byte;
            at += 1;
        }
    }
    (is_in != is_negated).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    /// The units that `systemctl preset-all` enables, if it is here.
    fn enabled(lines: &str, units: &[&str]) -> Option<Vec<String>> {
        let root = tempfile::TempDir::new().unwrap();
        let folder = root.path().join("usr/lib/systemd/system");
        let presets = root.path().join("usr/lib/systemd/system-preset");
        fs::create_dir_all(&folder).unwrap();
        fs::create_dir_all(&presets).unwrap();
        fs::write(presets.join("50-x.preset"), lines).unwrap();
        for unit in units {
            fs::write(folder.join(unit), "[Install]\nWantedBy=multi-user.target\n").unwrap();
        }
        let root_argument = format!("--root={}", root.path().display());
        let Ok(output) = Command::new("systemctl").args([&root_argument, "preset-all"]).output() else {
            assert!(std::env::var_os("CI").is_none(), "systemctl is missing");
            return None;
        };
        assert!(output.status.success(), "{output:?}");
        let links = fs::read_dir(root.path().join("etc/systemd/system/multi-user.target.wants"));
        let links = links.into_iter().flatten().map(|link| link.unwrap().file_name().into_string().unwrap());
        let mut links: Vec<_> = links.collect();
        links.sort();
        Some(links)
    }

    #[test]
    fn a_line_decides_where_systemctl_lets_it() {
        let units = ["a.service", "ab.service", "b-c.service", "x.socket", "z.timer"];
        for line in [
            "enable a.service",
            "enable a*",
            "enable ?.service",
            "enable *.socket\ndisable *",
            "disable *\nenable a.service",
            "enable a.service\ndisable a*\nenable *",
            "enable [ab]*.service",
            "enable [!a]*",
            "enable [a-c].service\ndisable *",
            "  enable   a.service",
            "enable\ta.service",
            "Enable a.service",
            "enabled a.service",
            "enable a.service # comment",
            "; enable a.service",
            "disable a.service ab.service",
            "disable b-c.service\nenable b-*",
            "enable *service",
            "enable a",
            "disable",
            "disable [a",
        ] {
            let Some(enabled) = enabled(&format!("{line}\ndisable x.socket\n"), &units) else { return };
            let rules = line.lines().chain(["disable x.socket"]).map(str::trim);
            let rules: Vec<_> =
                rules.filter(|line| !line.starts_with(['#', ';'])).filter_map(Rule::parse).collect();
            let decided = |unit: &&str| {
                let first = rules.iter().find(|rule| rule.is_of(unit));
                first.is_none_or(|rule| rule.action == "enable")
            };
            let expected: Vec<_> = units.into_iter().filter(decided).collect();
            assert_eq!(enabled, expected, "{line}");
        }
    }
}
