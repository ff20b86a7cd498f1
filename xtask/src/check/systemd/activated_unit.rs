//! `activated-unit`: timers, sockets and paths whose service does not exist.

use lapstrake::value::{UnitKind, UnitName};

use super::loaded::{Loaded, Names, Setting, exists, loaded};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "activated-unit",
    "systemd does not start a timer, a socket or a path whose service does not exist, so nothing ever starts it",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").unit(Unit::text(
    "upload.timer",
    "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
).enabled())"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/upload").mode(0o755))
    .unit(Unit::text("upload.service", "[Service]\nExecStart=/usr/bin/upload\n"))
    .unit(Unit::text(
        "upload.timer",
        "[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n",
    ).enabled())"##,
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let tree = subject.tree();
    let names = Names::of(tree);
    let mut faults = Vec::new();
    for unit in loaded(subject) {
        let Some((node, activated)) = unit.ours().zip(activated(&unit)) else { continue };
        if exists(tree, &activated) {
            continue;
        }
        let message = format!("`{}` starts `{activated}`, which is not a unit of the image", unit.name);
        let fault = match stated(&unit) {
            Some(setting) => setting.fault(message),
            None => Fault::at(&node, message),
        };
        let fault = fault.help(match names.near(&activated) {
            Some(near) => format!("bring `{activated}` by `.unit(…)`, or did you mean `{near}`?"),
            None => format!("bring `{activated}` by `.unit(…)`"),
        });
        faults.push(fault.doubted(subject.stand_in_doubt().filter(|_| is_stated(&unit))));
    }
    faults
}

/// Whether the unit names what it starts.
fn is_stated(unit: &Loaded<'_>) -> bool {
    stated(unit).is_some()
}

fn stated<'a>(unit: &Loaded<'a>) -> Option<Setting<'a>> {
    let (section, key) = match unit.name.kind() {
        UnitKind::Timer => ("Timer", "Unit"),
        UnitKind::Path => ("Path", "Unit"),
        UnitKind::Socket => ("Socket", "Service"),
        _ => return None,
    };
    unit.value(section, key)
}

/// Returns the unit that a timer, a socket or a path starts (systemd.timer(5), systemd.socket(5), systemd.path(5)). None
/// for other kinds, and for a name with a specifier.
pub(super) fn activated(unit: &Loaded<'_>) -> Option<UnitName> {
    if !matches!(unit.name.kind(), UnitKind::Timer | UnitKind::Path | UnitKind::Socket) {
        return None;
    }
    if let Some(stated) = stated(unit) {
        return UnitName::parse(&stated.value).ok();
    }
    let (stem, _) = unit.name.as_str().rsplit_once('.')?;
    let is_by_connection = unit.name.kind() == UnitKind::Socket && unit.is_on("Socket", "Accept");
    let instances = if is_by_connection && !stem.contains('@') { "@" } else { "" };
    UnitName::parse(&format!("{stem}{instances}.service")).ok()
}
