//! `unit-user`: as whom a service runs.

use super::loaded::{Loaded, Setting, loaded};
use crate::check::accounts::Accounts;
use crate::check::{Check, Example, Fault, Subject};
use crate::support::small_map::SmallMap;
use lapstrake::suggest::nearest;

pub(super) const CHECK: Check = Check::fatal(
    "unit-user",
    "a service that runs as a user or group that nothing makes fails with 217/USER or 216/GROUP",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nUser=app\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .sysusers("app", ["u app -"])
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nUser=app\n"))"##,
});

/// Settings of systemd.exec(5) and systemd.socket(5), and whether they name groups.
const NAMED: [(&str, bool); 5] = [
    ("User", false),
    ("SocketUser", false),
    ("Group", true),
    ("SocketGroup", true),
    ("SupplementaryGroups", true),
];
const SECTIONS: [&str; 4] = ["Service", "Socket", "Mount", "Swap"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.lacks_accounts() {
        return Vec::new();
    }
    let accounts = Accounts::of(subject.tree());
    let mut faults = Vec::new();
    for unit in loaded(subject) {
        for section in SECTIONS {
            for (key, is_group) in NAMED {
                let known = if is_group { &accounts.groups } else { &accounts.users };
                for setting in settings(&unit, section, key) {
                    for name in unknown(&setting.value, known) {
                        let letter = if is_group { 'g' } else { 'u' };
                        let message = format!("`{}` has `{key}={name}`, which nothing makes", unit.name);
                        let help = match nearest(name, known.keys()) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => format!("add `.sysusers({name:?}, [\"{letter} {name} -\"])`"),
                        };
                        faults.push(setting.fault_at(name, message).help(help).for_account(name));
                    }
                }
            }
        }
    }
    faults
}

/// What counts of a setting, as far as a layer says it.
fn settings<'a>(unit: &Loaded<'a>, section: &str, key: &str) -> Vec<Setting<'a>> {
    let mut settings = unit.values(section, key);
    if key != "SupplementaryGroups" {
        // systemd makes the user of a dynamic one.
        if unit.is_on(section, "DynamicUser") {
            return Vec::new();
        }
        settings = settings.pop().into_iter().collect();
    }
    settings.retain(Setting::is_ours);
    settings
}

fn unknown<'v>(value: &'v str, known: &SmallMap<String, Option<u32>>) -> impl Iterator<Item = &'v str> {
    let is_unknown =
        |name: &&str| !name.contains('%') && name.parse::<u32>().is_err() && !known.contains_key(*name);
    value.split_whitespace().filter(is_unknown).collect::<Vec<_>>().into_iter()
}
