//! `dbus-service` and `dbus-policy`: names on the system bus that nothing starts, or that nobody may take.

use lapstrake::systemd::UnitFile;
use lapstrake::value::{UnitKind, UnitName};

use super::loaded::{self, Loaded, Names, loaded};
use crate::check::{Check, Example, Fault, Node, Subject};

pub(super) const SERVICE: Check = Check::warning(
    "dbus-service",
    "the bus starts a service by its file, which names a unit or a program of the image",
    service,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text(
    "[D-BUS Service]\nName=org.example.App\nExec=/bin/false\nSystemdService=app.service\n",
    "/usr/share/dbus-1/system-services/org.example.App.service",
)"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))
    .text(
        "[D-BUS Service]\nName=org.example.App\nExec=/bin/false\nSystemdService=app.service\n",
        "/usr/share/dbus-1/system-services/org.example.App.service",
    )"##,
});

pub(super) const POLICY: Check = Check::warning(
    "dbus-policy",
    "the system bus lets nobody take a name that no policy allows, and a service with `Type=dbus` fails without its name",
    policy,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nType=dbus\nBusName=org.example.App\nExecStart=/usr/bin/app\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nType=dbus\nBusName=org.example.App\nExecStart=/usr/bin/app\n"))
    .text(
        "<busconfig><policy user=\"root\"><allow own=\"org.example.App\"/></policy></busconfig>\n",
        "/usr/share/dbus-1/system.d/org.example.App.conf",
    )"##,
});

const SERVICES: &str = "/usr/share/dbus-1/system-services";
const POLICIES: [&str; 2] = ["/usr/share/dbus-1/system.d", "/etc/dbus-1/system.d"];
const SECTION: &str = "D-BUS Service";

fn service(subject: &Subject<'_>) -> Vec<Fault> {
    let files = subject.tree().children(SERVICES);
    let files = files.filter(|node| node.is_file() && node.site().is_some() && node.ends_with(".service"));
    let names = Names::of(subject.tree());
    files.filter_map(|node| of_file(subject, &node, &names)).collect()
}

fn of_file(subject: &Subject<'_>, node: &Node<'_>, names: &Names<'_, '_>) -> Option<Fault> {
    let file = UnitFile::parse(node.text()?);
    let value = |key: &str| file.assigned(SECTION, key).last();
    let path = node.path();
    let Some(name) = value("Name") else {
        let message = format!("`{path}` has no `Name=` in `[{SECTION}]`, so the bus ignores it");
        return Some(Fault::at(node, message).help(format!("add `[{SECTION}]` and `Name=`")));
    };
    if path.file_name().strip_suffix(".service") != Some(name.value.as_str()) {
        let message =
            format!("`{path}` has `Name={}`, and dbus-broker ignores a file of another name", name.value);
        let help = format!("name it `{SERVICES}/{}.service`", name.value);
        return Some(Fault::at_span(node, &name.value_at, message).help(help));
    }
    let Some(unit) = value("SystemdService") else {
        let message =
            format!("`{path}` has neither `SystemdService=` nor `Exec=`, so the bus can't start it");
        let help = "add `SystemdService=`, with the unit that has the name";
        return value("Exec").is_none().then(|| Fault::at(node, message).help(help));
    };
    let at = &unit.value_at;
    let unit = UnitName::parse(&unit.value).ok()?;
    if subject.runs_unseen() {
        return None;
    }
    // Its unit may be made by `Alias=` where it is enabled.
    if !loaded::exists(subject.tree(), &unit) && !is_alias(subject, &unit) {
        let message =
            format!("the bus starts `{unit}` for `{}`, which is not a unit of the image", name.value);
        return Some(Fault::at_span(node, at, message).help(match names.near(&unit) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("bring `{unit}` by `.unit(…)`"),
        }));
    }
    let started = Loaded::named(subject.tree(), &unit)?;
    let taken = started.value("Service", "BusName")?;
    let is_by_bus = started.value("Service", "Type").is_some_and(|setting| setting.value == "dbus");
    let message =
        format!("the bus starts `{unit}` for `{}`, and that has `BusName={}`", name.value, taken.value);
    let is_other = is_by_bus && taken.value != name.value && !taken.value.contains('%');
    is_other.then(|| Fault::at_span(node, at, message).help("write the same name in both files"))
}

/// Returns whether a unit of the layers has a name as an alias.
fn is_alias(subject: &Subject<'_>, name: &UnitName) -> bool {
    loaded(subject).iter().any(|unit| {
        let aliases = unit.values("Install", "Alias");
        aliases.iter().any(|setting| setting.value.split_whitespace().any(|word| word == name.as_str()))
    })
}

fn policy(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for unit in loaded(subject).iter().filter(|unit| unit.name.kind() == UnitKind::Service) {
        let is_by_bus = unit.value("Service", "Type").is_some_and(|setting| setting.value == "dbus");
        let Some(name) = unit.value("Service", "BusName").filter(|_| is_by_bus) else { continue };
        if !name.is_ours() || name.value.contains('%') || is_allowed(subject, &name.value) {
            continue;
        }
        let message =
            format!("`{}` takes `{}`, and no policy of the system bus allows it", unit.name, name.value);
        let help = format!("allow `own=\"{0}\"` in `{1}/{0}.conf`", name.value, POLICIES[0]);
        faults.push(name.fault(message).help(help));
    }
    faults
}

/// Returns whether a policy lets anybody take a name. A policy whose text is not known may.
fn is_allowed(subject: &Subject<'_>, name: &str) -> bool {
    let files = POLICIES.iter().flat_map(|directory| subject.tree().children(directory));
    let mut files = files.filter(|node| node.ends_with(".conf"));
    files.any(|node| {
        let Some(text) = subject.tree().text(node.path().as_str()) else { return true };
        let quoted = text.split(['"', '\'']).collect::<Vec<_>>();
        quoted.windows(2).any(|pair| {
            let key = pair[0].trim_end().trim_end_matches('=').trim_end();
            let is_prefix =
                name.strip_prefix(pair[1]).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            key.ends_with(" own") && (pair[1] == name || pair[1] == "*")
                || key.ends_with("own_prefix") && is_prefix
        })
    })
}
