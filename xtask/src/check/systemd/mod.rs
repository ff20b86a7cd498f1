//! Units and the files around them: what systemd would refuse, or start and see fail, in the merged tree.
//! Only what the layers bring is judged: a unit of theirs, or a setting that their drop-in adds.

mod activated_unit;
pub(crate) mod analyze;
mod binary_format;
mod dbus;
mod dbus_config;
mod directives;
mod embedded_names;
mod embedded_quadlet;
mod exec;
mod incomplete_unit;
mod install;
mod loaded;
mod made;
mod misplaced_unit;
mod ordering_cycle;
mod preset;
mod privileged_port;
mod quadlet;
mod quadlet_generator;
mod quadlet_keys;
mod script;
mod state_directory;
mod transaction;
mod unit_access;
mod unit_encoding;
mod unit_path;
mod unit_user;
mod unread_drop_in;

pub(super) use loaded::exists;

use super::{Check, Example, Node, Subject};
use crate::support::small_map::SmallMap;

pub(super) const CHECKS: &[Check] = &[
    misplaced_unit::CHECK,
    unit_encoding::CHECK,
    directives::DIRECTIVE,
    directives::VALUE,
    exec::START,
    exec::MISSING,
    exec::MODE,
    script::INTERPRETER,
    script::FORMAT,
    unit_user::CHECK,
    unit_path::CHECK,
    unit_access::CHECK,
    install::TARGET,
    install::REQUIRES,
    install::LINK,
    ordering_cycle::CHECK,
    activated_unit::CHECK,
    unread_drop_in::CHECK,
    preset::CHECK,
    dbus::SERVICE,
    dbus::POLICY,
    dbus_config::CHECK,
    incomplete_unit::CHECK,
    quadlet_generator::CHECK,
    quadlet::KEY,
    quadlet::SOURCE,
    quadlet::IMAGE,
    embedded_quadlet::CHECK,
    state_directory::CHECK,
    privileged_port::CHECK,
    SYSTEMD_ANALYZE,
];

/// What systemd itself says, where this machine has it; `check` asks it, and it needs a process.
pub(crate) const SYSTEMD_ANALYZE: Check = Check::warning(
    "systemd-analyze",
    "systemd ignores what it can't read in a unit; `check` asks the systemd of this machine, where it has one",
    |_| Vec::new(),
)
.shown(Example::Words {
    faulty: "A unit with `Restart=sometimes`, or with a key that this machine's systemd does not know",
    fixed: "What systemd.directives(7) lists, or `--skip systemd-analyze` where the vehicle's systemd is newer",
});

/// The files of each unit that the layers bring or change: its own and the drop-ins over it. A template
/// goes by an instance, because nothing loads it by itself.
pub(crate) fn unit_files<'a>(subject: &Subject<'a>) -> SmallMap<String, Vec<Node<'a>>> {
    let units = loaded::loaded(subject).into_iter().filter(|unit| unit.fragment.is_some());
    let name = |unit: &loaded::Loaded<'_>| match unit.name.instantiate("instance") {
        Some(instance) if unit.name.is_template() => instance.to_string(),
        _ => unit.name.to_string(),
    };
    units.map(|unit| (name(&unit), unit.nodes().collect())).collect()
}
