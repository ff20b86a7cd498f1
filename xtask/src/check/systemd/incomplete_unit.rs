//! `incomplete-unit`: timers, sockets, paths, mounts and swaps that systemd refuses, because they do not say what they are
//! for, or because their name says something else.

use lapstrake::value::{UnitKind, UnitName};

use super::directives;
use super::loaded::{Loaded, loaded};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "incomplete-unit",
    "systemd refuses a timer without a time, a socket without an address, a path unit without a path, a mount without a source, a mount or swap of another name, and `Type=oneshot` with `Restart=always`",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").unit(Unit::text("run-cache.mount", "[Mount]\nType=tmpfs\nWhat=tmpfs\nWhere=/run/app-cache\n"))"#,
    fixed: r#"Layer::new("app").unit(Unit::text("run-app\\x2dcache.mount", "[Mount]\nType=tmpfs\nWhat=tmpfs\nWhere=/run/app-cache\n"))"#,
});

/// What a timer waits for (systemd.timer(5)).
const TIMES: [&str; 8] = [
    "OnActiveSec",
    "OnBootSec",
    "OnStartupSec",
    "OnUnitActiveSec",
    "OnUnitInactiveSec",
    "OnCalendar",
    "OnClockChange",
    "OnTimezoneChange",
];
/// What a socket listens on (systemd.socket(5)).
const ADDRESSES: [&str; 8] = [
    "ListenStream",
    "ListenDatagram",
    "ListenSequentialPacket",
    "ListenFIFO",
    "ListenSpecial",
    "ListenNetlink",
    "ListenMessageQueue",
    "ListenUSBFunction",
];
/// What a path unit watches (systemd.path(5)).
const PATHS: [&str; 5] = ["PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let units = loaded(subject);
    units
        .iter()
        .filter_map(|unit| lacking(unit).or_else(|| misnamed(unit)).or_else(|| contradictory(unit)))
        .collect()
}

/// Returns the fault of a unit of the layers that lacks all settings of which it needs one.
fn lacking(unit: &Loaded<'_>) -> Option<Fault> {
    let (section, keys, help): (_, &[&str], _) = match unit.name.kind() {
        UnitKind::Timer => ("Timer", &TIMES, "add `OnCalendar=`, or `OnBootSec=`"),
        UnitKind::Socket => ("Socket", &ADDRESSES, "add `ListenStream=`"),
        UnitKind::Path => ("Path", &PATHS, "add `PathChanged=`, or `PathExists=`"),
        UnitKind::Mount => ("Mount", &["What"], "add `What=`"),
        // Without `What=`, a swap is on the path that its name says.
        _ => return None,
    };
    let node = unit.ours()?;
    // A value that systemd ignores is none.
    let values: Vec<_> = keys
        .iter()
        .flat_map(|key| unit.values(section, key).into_iter().map(move |setting| (*key, setting)))
        .collect();
    if values.iter().any(|(key, setting)| directives::is_taken(section, key, &setting.value)) {
        return None;
    }
    if let Some((_, setting)) = values.iter().rfind(|(_, setting)| setting.is_ours()) {
        let message = format!(
            "`{}` has nothing that starts it and that systemd reads, so systemd refuses it",
            unit.name
        );
        return Some(setting.fault(message).help(help).for_line(&setting.node, setting.line()));
    }
    let what = match keys {
        [key] => format!("has no `{key}=`"),
        _ => "says nothing that starts it".to_owned(),
    };
    let message = format!("`{}` {what} in `[{section}]`, so systemd refuses it", unit.name);
    let fault = match unit.header(section) {
        Some(header) => Fault::at_span(&node, header, message),
        None => Fault::at(&node, message),
    };
    Some(fault.help(help))
}

/// Returns the fault of a service whose type does not go with its other settings.
fn contradictory(unit: &Loaded<'_>) -> Option<Fault> {
    let kind = unit.value("Service", "Type").filter(|_| unit.name.kind() == UnitKind::Service)?;
    let (setting, what, help) = match kind.value.as_str() {
        "oneshot" => {
            let restart = unit.value("Service", "Restart")?;
            let is_refused = matches!(restart.value.as_str(), "always" | "on-success");
            let what = format!("is `Type=oneshot` and has `Restart={}`", restart.value);
            is_refused.then_some((restart, what, "write `Restart=on-failure`"))?
        }
        "dbus" if unit.value("Service", "BusName").is_none() => {
            (kind, "is `Type=dbus` and has no `BusName=`".to_owned(), "add `BusName=`")
        }
        _ => return None,
    };
    let message = format!("`{}` {what}, so systemd refuses it", unit.name);
    setting.is_ours().then(|| setting.fault(message).help(help))
}

/// Returns the fault of a mount, an automount or a swap whose name is of another path.
fn misnamed(unit: &Loaded<'_>) -> Option<Fault> {
    let (section, key, suffix) = match unit.name.kind() {
        UnitKind::Mount => ("Mount", "Where", "mount"),
        UnitKind::Automount => ("Automount", "Where", "automount"),
        UnitKind::Swap => ("Swap", "What", "swap"),
        _ => return None,
    };
    let setting = unit.value(section, key).filter(|setting| setting.is_ours() || unit.ours().is_some())?;
    let path = simplified(&setting.value)?;
    let named = UnitName::parse(&format!("{}.{suffix}", escaped(&path))).ok();
    // What a swap is on may be named by a tag, whose device is known on the vehicle alone.
    if setting.value.contains('%') || named.as_ref() == Some(&unit.name) || unit.name.is_template() {
        return None;
    }
    let message =
        format!("`{}` has `{key}={}`, and systemd takes it by its name alone", unit.name, setting.value);
    let fault = setting.fault(message);
    Some(match named {
        Some(named) => fault.help(format!("name it `{named}`, as `systemd-escape --path` says")),
        None => fault,
    })
}

/// Returns an absolute path as systemd compares it: without doubled slashes, and without one at the end.
fn simplified(path: &str) -> Option<String> {
    let parts: Vec<_> =
        path.strip_prefix('/')?.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Some(parts.join("/"))
}

/// Returns a path, without the slash before it, as the name of a unit has it (systemd.unit(5)).
fn escaped(path: &str) -> String {
    if path.is_empty() {
        return "-".to_owned();
    }
    let escape = |(at, byte): (usize, u8)| match byte {
        b'/' => "-".to_owned(),
        b'.' if at == 0 => "\\x2e".to_owned(),
        b':' | b'_' | b'.' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    path.bytes().enumerate().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `systemd-escape --path` of systemd 252.
    #[test]
    fn a_path_is_escaped_as_systemd_escape_does() {
        for (path, name) in [
            ("/", "-"),
            ("/var/lib/app", "var-lib-app"),
            ("//var/lib//app-data/", "var-lib-app\\x2ddata"),
            ("/.hidden/.x", "\\x2ehidden-.x"),
            ("/dev/disk/by-label/A B", "dev-disk-by\\x2dlabel-A\\x20B"),
            ("/mnt/é", "mnt-\\xc3\\xa9"),
            ("/a_b:c", "a_b:c"),
        ] {
            assert_eq!(escaped(&simplified(path).unwrap()), name, "{path}");
        }
        assert_eq!(simplified("relative"), None);
    }
}
