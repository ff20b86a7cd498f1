//! `state-directory`: a directory that both the unit and tmpfiles.d make, each in its own way.

use lapstrake::value::UnitKind;

use super::loaded::{Loaded, loaded};
use crate::check::tmpfiles::{Line, lines};
use crate::check::{Check, Example, Fault, Subject};

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
    fixed: r##"Layer::new("app")
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

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let lines: Vec<_> =
        lines(subject.tree()).into_iter().filter(|line| matches!(line.kind(), 'd' | 'D')).collect();
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
                    if !setting.is_ours() && line.node.site().is_none() {
                        continue;
                    }
                    let name = &unit.name;
                    let message =
                        format!("`{path}` is made by `{key}=` of `{name}` and by tmpfiles.d: {reason}");
                    let fault = if setting.is_ours() {
                        setting.fault(message).also_at_span(&line.node, &line.word(&path), "and here")
                    } else {
                        line.fault_at(&path, message)
                    };
                    faults.push(fault.help(format!("leave the line of tmpfiles.d out: `{key}=` does it")));
                }
            }
        }
    }
    faults
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
