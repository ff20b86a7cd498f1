//! `state-directory`: a directory that both the unit and tmpfiles.d make, each in its own way.

use lapstrake::value::{TmpfilesLine, UnitKind};

use super::loaded::{Loaded, loaded};
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

pub(super) const CHECK: Check = Check::warning(
    "state-directory",
    "systemd and tmpfiles.d take the directory from one another when they disagree on its owner or mode",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nUser=dbus\nStateDirectory=app\n"))
    .tmpfiles("app", ["d /var/lib/app 0755 root root -"])"##,
    mended: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nUser=dbus\nStateDirectory=app\n"))"##,
});

/// Settings that make a directory, and where (systemd.exec(5)).
const MADE: [(&str, &str); 4] = [
    ("StateDirectory", "/var/lib"),
    ("CacheDirectory", "/var/cache"),
    ("LogsDirectory", "/var/log"),
    ("RuntimeDirectory", "/run"),
];

/// A line of tmpfiles.d that makes a directory.
struct Line<'a> {
    node: Node<'a>,
    fields: Vec<String>,
}

impl Line<'_> {
    fn given(&self, at: usize) -> Option<&str> {
        self.fields.get(at).map(String::as_str).filter(|field| !field.is_empty() && *field != "-")
    }
}

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let lines = lines(subject.tree());
    let mut faults = Vec::new();
    for unit in loaded(subject).iter().filter(|unit| unit.name.kind() == UnitKind::Service) {
        for (key, place) in MADE {
            for setting in unit.values("Service", key) {
                // `NAME:LINK` makes a link too.
                let names = setting.value.split_whitespace().filter_map(|word| word.split(':').next());
                for path in names.map(|name| format!("{place}/{name}")) {
                    let Some(line) = lines.iter().find(|line| line.given(1) == Some(&path)) else { continue };
                    let Some(reason) = disagreement(unit, key, line) else { continue };
                    // Of two files of the base nothing is said.
                    let ours = [setting.node, line.node].into_iter().find(|node| node.site().is_some());
                    let Some(node) = ours else { continue };
                    let name = &unit.name;
                    let message =
                        format!("`{path}` is made by `{key}=` of `{name}` and by tmpfiles.d: {reason}");
                    let fault = Fault::at(&node, message).also(&line.node, "and here");
                    faults.push(fault.help(format!("leave the line of tmpfiles.d out: `{key}=` does it")));
                }
            }
        }
    }
    faults
}

fn lines<'a>(tree: &Tree<'a>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for node in ["/usr/lib/tmpfiles.d", "/etc/tmpfiles.d"].iter().flat_map(|place| tree.children(place)) {
        let text = node.text().unwrap_or_default().lines();
        let parsed = text.filter_map(|line| TmpfilesLine::parse(line.trim()).ok()).map(|line| line.fields());
        let directories =
            parsed.filter(|fields| fields.first().is_some_and(|kind| kind.starts_with(['d', 'D'])));
        lines.extend(directories.map(|fields| Line { node, fields }));
    }
    lines
}

/// In what the two differ.
fn disagreement(unit: &Loaded<'_>, key: &str, line: &Line<'_>) -> Option<String> {
    if unit.is_on("Service", "DynamicUser") && key != "RuntimeDirectory" {
        return Some("with `DynamicUser=` it is a link into `private`".to_owned());
    }
    let user = unit.value("Service", "User").map_or("root".to_owned(), |setting| setting.value);
    let owner = line.given(3).unwrap_or("root").trim_start_matches(':');
    let is_number = |name: &str| name.parse::<u32>().is_ok();
    if owner != user && !user.contains('%') && !is_number(owner) && !is_number(&user) {
        return Some(format!("there it is `{owner}`'s, here `{user}`'s"));
    }
    let mode =
        unit.value("Service", &format!("{key}Mode")).map_or("0755".to_owned(), |setting| setting.value);
    let bits = |text: &str| u32::from_str_radix(text.trim_start_matches(['~', ':']), 8).ok();
    let other = line.given(2).unwrap_or("0755");
    (bits(&mode)? != bits(other)?).then(|| format!("there its mode is `{other}`, here `{mode}`"))
}
