//! `privileged-port`: a port below 1024 for a service that is not root's. Only what is plainly written is
//! judged: an argument or a variable that is a port, or ends in one.

use lapstrake::systemd::{Command, words};
use lapstrake::value::UnitKind;

use super::loaded::{DIRECTORIES, Loaded, Setting, loaded};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::warning(
    "privileged-port",
    "a process that is not root's needs `CAP_NET_BIND_SERVICE` to listen on a port below 1024",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("web")
    .with(File::text("#!/bin/sh\n", "/usr/bin/web").mode(0o755))
    .unit(Unit::text("web.service", "[Service]\nExecStart=/usr/bin/web --listen 0.0.0.0:443\nUser=dbus\n"))"##,
    fixed: r##"Layer::new("web")
    .with(File::text("#!/bin/sh\n", "/usr/bin/web").mode(0o755))
    .unit(Unit::text(
        "web.service",
        "[Service]\nExecStart=/usr/bin/web --listen 0.0.0.0:443\nUser=dbus\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n",
    ))"##,
});

const CAPABILITY: &str = "CAP_NET_BIND_SERVICE";

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for unit in loaded(subject).iter().filter(|unit| needs_capability(subject, unit)) {
        if let Some((port, setting)) = ports(subject, unit).into_iter().next() {
            let message = format!("`{}` seems to listen on port {port}, and does not run as root", unit.name);
            let help = format!(
                "add `AmbientCapabilities={CAPABILITY}` to its `[Service]`, or let a `.socket` unit listen"
            );
            faults.push(setting.fault(message).help(help));
        }
    }
    faults
}

/// Whether the service opens its sockets itself, as somebody who may not open all.
fn needs_capability(subject: &Subject<'_>, unit: &Loaded<'_>) -> bool {
    let user = unit.value("Service", "User").map(|setting| setting.value);
    let is_root =
        matches!(user.as_deref(), None | Some("root" | "0")) && !unit.is_on("Service", "DynamicUser");
    let given = unit.values("Service", "AmbientCapabilities");
    let is_given = given.iter().any(|setting| setting.value.to_ascii_uppercase().contains(CAPABILITY));
    // A socket unit of the same name hands over what systemd has opened.
    let socket = unit.name.as_str().replace(".service", ".socket");
    let is_handed = !unit.values("Service", "Sockets").is_empty()
        || DIRECTORIES.iter().any(|place| subject.tree().get(&format!("{place}/{socket}")).is_some());
    unit.name.kind() == UnitKind::Service && !is_root && !is_given && !is_handed
}

fn ports<'a>(subject: &Subject<'a>, unit: &Loaded<'a>) -> Vec<(u16, Setting<'a>)> {
    let mut ports = Vec::new();
    for setting in unit.values("Service", "ExecStart").into_iter().filter(Setting::is_ours) {
        for command in Command::parse(&setting.value).unwrap_or_default() {
            let program = subject.tree().follow(&command.program);
            if command.is_privileged || program.is_some_and(|node| node.has_capabilities()) {
                continue;
            }
            let mut before = "";
            for argument in &command.arguments {
                let (name, value) = argument.split_once('=').unwrap_or((before, argument));
                ports.extend(port(name, value).map(|port| (port, setting.clone())));
                before = argument;
            }
        }
    }
    for setting in unit.values("Service", "Environment").into_iter().filter(Setting::is_ours) {
        for word in words(&setting.value).unwrap_or_default() {
            let found = word.split_once('=').and_then(|(name, value)| port(name, value));
            ports.extend(found.map(|port| (port, setting.clone())));
        }
    }
    ports
}

/// The privileged port that a value is: one after an address, or one whose name says that it listens.
fn port(name: &str, value: &str) -> Option<u16> {
    let name = name.to_ascii_lowercase();
    let listens = ["port", "listen", "bind"].iter().any(|word| name.contains(word));
    let text = match value.rsplit_once(':') {
        Some((address, port)) if listens || is_any(address) => port,
        None if listens => value,
        _ => return None,
    };
    text.parse().ok().filter(|port| (1..1024).contains(port))
}

/// An address that nobody connects to: it can only be listened on.
fn is_any(address: &str) -> bool {
    matches!(address, "0.0.0.0" | "[::]" | "*")
}
