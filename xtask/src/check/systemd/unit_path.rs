//! `unit-path`: the paths that a service needs before its program starts.

use lapstrake::systemd::words;
use lapstrake::value::UnitKind;

use super::loaded::{Loaded, Manager, Setting, loaded_by};
use super::made::Made;
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::fatal(
    "unit-path",
    "systemd does not start a service whose environment file, working directory or path of its mounts does not exist, unless `-` is before it",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .dir("/usr/share/app")
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nWorkingDirectory=/usr/bin/app\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .dir("/usr/share/app")
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nWorkingDirectory=/usr/share/app\n"))"##,
});

/// What a setting takes, and how its service fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    File,
    Directory,
    /// Paths of any kind.
    Paths,
    /// `SOURCE:DESTINATION:OPTIONS`.
    Binds,
    /// `NAME:PATH`.
    Credential,
}

/// So many of the settings count for the services of users, too.
const OF_USERS: usize = 2;
/// Programs that write files of a device at its first boot.
const PROVISIONERS: [&str; 4] = [
    "/usr/bin/cloud-init",
    "/usr/bin/afterburn",
    "/usr/lib/dracut/modules.d/30ignition",
    "/usr/bin/fdo-client",
];

/// The settings of systemd.exec(5), and how a service fails without their paths (systemd.exec(5), "Process exit codes").
const SETTINGS: [(&str, Takes, &str); 11] = [
    ("EnvironmentFile", Takes::File, "the service does not start"),
    ("WorkingDirectory", Takes::Directory, "the service fails with 200/CHDIR"),
    ("ReadWritePaths", Takes::Paths, NAMESPACE),
    ("ReadOnlyPaths", Takes::Paths, NAMESPACE),
    ("InaccessiblePaths", Takes::Paths, NAMESPACE),
    ("ExecPaths", Takes::Paths, NAMESPACE),
    ("NoExecPaths", Takes::Paths, NAMESPACE),
    ("BindPaths", Takes::Binds, NAMESPACE),
    ("BindReadOnlyPaths", Takes::Binds, NAMESPACE),
    ("LoadCredential", Takes::Credential, CREDENTIALS),
    ("LoadCredentialEncrypted", Takes::Credential, CREDENTIALS),
];
const ROOT: [(&str, Takes, &str); 1] = [("RootDirectory", Takes::Directory, "the service does not start")];
const NAMESPACE: &str = "the service fails with 226/NAMESPACE";
const CREDENTIALS: &str = "the service fails with 243/CREDENTIALS";
/// Settings that show the service another tree than that of the image.
const OTHER_TREES: [&str; 3] = ["MountImages", "TemporaryFileSystem", "RootImage"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let mut units = Vec::new();
    for manager in Manager::ALL {
        let services = loaded_by(subject, manager).into_iter();
        units.extend(
            services.filter(|unit| unit.name.kind() == UnitKind::Service).map(|unit| (manager, unit)),
        );
    }
    if units.is_empty() {
        return Vec::new();
    }
    let made = Made::of(subject.tree());
    units.iter().flat_map(|(manager, unit)| of_unit(subject, *manager, unit, &made)).collect()
}

fn of_unit(subject: &Subject<'_>, manager: Manager, unit: &Loaded<'_>, made: &Made<'_, '_>) -> Vec<Fault> {
    let has_other_tree = OTHER_TREES.iter().any(|key| unit.value("Service", key).is_some());
    // The paths of a service with a root of its own are in that root.
    let settings = match manager {
        Manager::System if has_other_tree || !unit.is_service_in_root() => &ROOT[..],
        Manager::System => &SETTINGS[..],
        // A user's manager makes mounts where it can.
        Manager::User if has_other_tree || !unit.is_service_in_root() => &[],
        Manager::User => &SETTINGS[..OF_USERS],
    };
    let mut faults = Vec::new();
    for (key, takes, fate) in settings.iter().copied() {
        let mut settings = unit.values("Service", key);
        if takes == Takes::Directory {
            // The last one counts.
            settings = settings.pop().into_iter().collect();
        }
        for setting in settings.iter().filter(|setting| setting.is_ours()) {
            let needed = needed(unit, takes, setting);
            faults.extend(needed.iter().filter_map(|path| {
                let (what, doubt) = missing(subject, made, takes, path)?;
                if is_conditional(unit, path) {
                    return None;
                }
                let doubt = doubt.or_else(|| written(subject, made, unit, path));
                let message = format!("`{}` has `{key}={path}`, {what}: {fate}", unit.name);
                let fault = setting.fault_at(path, message).help(help(key, takes, path));
                Some(fault.doubted(doubt))
            }));
        }
    }
    faults
}

/// Returns the paths that a setting can't do without. What has a specifier or a pattern is not judged.
fn needed(unit: &Loaded<'_>, takes: Takes, setting: &Setting<'_>) -> Vec<String> {
    let words = match takes {
        Takes::File | Takes::Directory => vec![setting.value.clone()],
        Takes::Paths | Takes::Binds => words(&setting.value).unwrap_or_default(),
        Takes::Credential => {
            let given = unit.values("Service", "SetCredential");
            let (name, path) = setting.value.split_once(':').unwrap_or((&setting.value, ""));
            let has_default = given.iter().any(|set| set.value.split(':').next() == Some(name));
            if has_default { Vec::new() } else { vec![path.to_owned()] }
        }
    };
    let path = |word: String| match takes {
        Takes::Binds => word.split(':').next().map(str::to_owned),
        Takes::Paths => Some(word.strip_prefix('+').unwrap_or(&word).to_owned()),
        _ => Some(word),
    };
    let is_plain = |path: &String| path.starts_with('/') && !path.contains(['%', '*', '?', '[']);
    words.into_iter().filter_map(path).filter(is_plain).collect()
}

/// Returns what is wrong with a path, and why that may not be so on the device.
fn missing(
    subject: &Subject<'_>,
    made: &Made<'_, '_>,
    takes: Takes,
    path: &str,
) -> Option<(&'static str, Option<&'static str>)> {
    let place = subject.tree().place(path)?;
    let place = place.as_str();
    if let Some(node) = subject.tree().get(place) {
        return match takes {
            Takes::File if node.is_directory() => Some(("which is a directory", None)),
            Takes::Directory if node.is_file() => Some(("which is not a directory", None)),
            _ => None,
        };
    }
    if made.has(place) || made.may_have(place) {
        return None;
    }
    let is_state = place.starts_with("/var/");
    let of_state = is_state.then_some("a program may make it below `/var`");
    Some(("which the image does not have", of_state.or_else(|| subject.stand_in_doubt())))
}

/// Returns why a file below `/etc` may be there before the service is started. systemd does not wait for it.
fn written(
    subject: &Subject<'_>,
    made: &Made<'_, '_>,
    unit: &Loaded<'_>,
    path: &str,
) -> Option<&'static str> {
    if !path.starts_with("/etc/") {
        return None;
    }
    if made.may_be_written(path, unit.name.as_str()) {
        return Some("a command of another service names the path and may write it");
    }
    let is_provisioned = PROVISIONERS.iter().any(|program| subject.tree().get(program).is_some());
    is_provisioned.then_some("the image has a program that may write it at the first boot")
}

/// Returns whether the unit is started only where the path exists.
fn is_conditional(unit: &Loaded<'_>, path: &str) -> bool {
    let keys = [
        "ConditionPathExists",
        "ConditionPathIsDirectory",
        "ConditionFileNotEmpty",
        "ConditionDirectoryNotEmpty",
    ];
    keys.iter().any(|key| unit.values("Unit", key).iter().any(|setting| setting.value == path))
}

fn help(key: &str, takes: Takes, path: &str) -> String {
    let optional = match takes {
        Takes::Credential => {
            return "bring the file in a layer, or give the credential a default by `SetCredential=`"
                .to_owned();
        }
        _ if key == "RootDirectory" => return format!("bring `{path}` in a layer"),
        _ => format!("write `{key}=-{path}` if the service can do without it"),
    };
    match path.strip_prefix("/var/lib/").filter(|name| !name.is_empty() && takes != Takes::File) {
        Some(name) => format!("add `StateDirectory={name}`, or {optional}"),
        None => format!("bring `{path}` in a layer, or {optional}"),
    }
}
