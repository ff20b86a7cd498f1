//! `dbus-service` and `dbus-policy`: names on the system bus that nothing starts, or that nobody may take.

use lapstrake::suggest::nearest;
use lapstrake::systemd::UnitFile;
use lapstrake::value::{UnitKind, UnitName};

use super::loaded::{Loaded, Manager, Names, is_known, loaded, loaded_by};
use crate::check::accounts::Accounts;
use crate::check::xml::elements;
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

/// Where the services of the system's bus are, and those of a user's.
const SERVICES: [(&str, Manager); 2] =
    [("/usr/share/dbus-1/system-services", Manager::System), ("/usr/share/dbus-1/services", Manager::User)];
const POLICIES: [&str; 2] = ["/usr/share/dbus-1/system.d", "/etc/dbus-1/system.d"];
const SECTION: &str = "D-BUS Service";

fn service(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let names = Names::of(tree);
    let known = (!subject.lacks_accounts() && !subject.runs_unseen()).then(|| Accounts::of(tree).users);
    let mut faults = Vec::new();
    for (directory, manager) in SERVICES {
        let files = tree.children(directory);
        for node in files.filter(|node| node.is_file() && node.site().is_some() && node.ends_with(".service"))
        {
            let Some(text) = node.text() else { continue };
            let file = UnitFile::parse(text);
            faults.extend(of_file(subject, &node, &file, (directory, manager), &names));
            let user = file.assigned(SECTION, "User").last();
            let (Some(user), Some(known)) = (user, &known) else { continue };
            if !known.contains_key(user.value.as_str()) && user.value.parse::<u32>().is_err() {
                let message = format!(
                    "the service is for the user `{0}`, which nothing makes, so the bus ignores it",
                    user.value
                );
                let help = match nearest(&user.value, known.keys()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("add `.sysusers({0:?}, [\"u {0} -\"])`", user.value),
                };
                faults
                    .push(Fault::at_span(&node, &user.value_at, message).help(help).for_account(&user.value));
            }
        }
    }
    faults
}

fn of_file(
    subject: &Subject<'_>,
    node: &Node<'_>,
    file: &UnitFile,
    (directory, manager): (&str, Manager),
    names: &Names<'_, '_>,
) -> Option<Fault> {
    let value = |key: &str| file.assigned(SECTION, key).last();
    let path = node.path();
    let Some(name) = value("Name") else {
        let message = format!("`{path}` has no `Name=` in `[{SECTION}]`, so the bus ignores it");
        return Some(Fault::at(node, message).help(format!("add `[{SECTION}]` and `Name=`")));
    };
    let is_named = path.file_name().strip_suffix(".service") == Some(name.value.as_str());
    // A user's bus takes any name.
    if manager == Manager::System && !is_named {
        let message =
            format!("`{path}` has `Name={}`, and dbus-broker ignores a file of another name", name.value);
        let help = format!("name it `{directory}/{}.service`", name.value);
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
    if !is_known(subject.tree(), manager, &unit) && !is_alias(subject, manager, &unit) {
        let of_user = if manager == Manager::User { " of a user" } else { "" };
        let message = format!(
            "the bus starts `{unit}` for `{}`, which is not a unit{of_user} of the image",
            name.value
        );
        let near = names.near(&unit).filter(|near| *near != unit.as_str() && manager == Manager::System);
        return Some(Fault::at_span(node, at, message).help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if manager == Manager::User => format!("bring `{unit}` by `Unit::file(…).for_users()`"),
            None => format!("bring `{unit}` by `.unit(…)`"),
        }));
    }
    let started = match manager {
        Manager::System => Loaded::named(subject.tree(), &unit)?,
        Manager::User => loaded_by(subject, manager).into_iter().find(|loaded| loaded.name == unit)?,
    };
    let taken = started.value("Service", "BusName")?;
    let is_by_bus = started.value("Service", "Type").is_some_and(|setting| setting.value == "dbus");
    let message =
        format!("the bus starts `{unit}` for `{}`, and that has `BusName={}`", name.value, taken.value);
    let is_other = is_by_bus && taken.value != name.value && !taken.value.contains('%');
    is_other.then(|| Fault::at_span(node, at, message).help("write the same name in both files"))
}

/// Returns whether a unit of the layers has a name as an alias.
fn is_alias(subject: &Subject<'_>, manager: Manager, name: &UnitName) -> bool {
    loaded_by(subject, manager).iter().any(|unit| {
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
        // `dbus-config` reports what is not XML.
        let Ok(elements) = elements(text) else { return true };
        elements.iter().filter(|element| element.name == "allow").any(|rule| {
            let is_prefix = |prefix: &str| {
                name.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            };
            rule.attribute("own").is_some_and(|own| own.value == name || own.value == "*")
                || rule.attribute("own_prefix").is_some_and(|own| is_prefix(own.value))
        })
    })
}
