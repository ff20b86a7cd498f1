//! `dbus-config`: files of policies that a bus can't read, or reads otherwise than they say.

use lapstrake::suggest::nearest;
use lapstrake::value::UnitName;

use super::loaded::canonical;
use crate::check::accounts::Accounts;
use crate::check::xml::{Attribute, Element, elements, span};
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

pub(super) const CHECK: Check = Check::warning(
    "dbus-config",
    "dbus-daemon ignores what it can't read, and dbus-broker does not start with a file that is not XML",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text(
    "<busconfig><policy user=\"root\"><allow own=\"org.example.App\"></policy></busconfig>\n",
    "/usr/share/dbus-1/system.d/org.example.App.conf",
)"#,
    fixed: r#"Layer::new("app").text(
    "<busconfig><policy user=\"root\"><allow own=\"org.example.App\"/></policy></busconfig>\n",
    "/usr/share/dbus-1/system.d/org.example.App.conf",
)"#,
});

/// Where each bus reads files ending in `.conf`, and whether it is the system's.
const DIRECTORIES: [(&str, bool); 4] = [
    ("/usr/share/dbus-1/system.d", true),
    ("/etc/dbus-1/system.d", true),
    ("/usr/share/dbus-1/session.d", false),
    ("/etc/dbus-1/session.d", false),
];
const ROOT: &str = "busconfig";
/// dbus-daemon(1), configuration file.
const ELEMENTS: [&str; 21] = [
    "allow",
    "allow_anonymous",
    "apparmor",
    "associate",
    "auth",
    "deny",
    "fork",
    "include",
    "includedir",
    "keep_umask",
    "limit",
    "listen",
    "pidfile",
    "policy",
    "selinux",
    "servicedir",
    "servicehelper",
    "standard_session_servicedirs",
    "standard_system_servicedirs",
    "syslog",
    "type",
];
const USER: &str = "user";
const RULE: [&str; 24] = [
    "eavesdrop",
    "group",
    "log",
    "max_fds",
    "min_fds",
    "own",
    "own_prefix",
    "receive_error",
    "receive_interface",
    "receive_member",
    "receive_path",
    "receive_requested_reply",
    "receive_sender",
    "receive_type",
    "send_broadcast",
    "send_destination",
    "send_destination_prefix",
    "send_error",
    "send_interface",
    "send_member",
    "send_path",
    "send_requested_reply",
    "send_type",
    "user",
];
const SCOPES: [&str; 4] = ["context", "user", "group", "at_console"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = Vec::new();
    let mut accounts = None;
    for (directory, is_system) in DIRECTORIES {
        for node in tree.children(directory).filter(|node| node.is_file() && node.site().is_some()) {
            let Some(text) = node.text().filter(|_| node.ends_with(".conf")) else { continue };
            let elements = match elements(text) {
                Ok(elements) => elements,
                Err(malformed) => {
                    let message = format!("`{}` is not well-formed XML: {}", node.path(), malformed.what);
                    let mut fault = Fault::at_span(&node, &span(text, &malformed.at), message);
                    if let Some(open) = malformed.open {
                        fault = fault.help(format!("write `<{open} …/>`, or `</{open}>` after it"));
                    }
                    faults.push(if is_system && has_broker(tree) {
                        fault.as_fatal(
                            "the image has dbus-broker, and its system bus does not start with the file",
                        )
                    } else {
                        fault
                    });
                    continue;
                }
            };
            if let Some((at, what)) = elements.iter().find_map(|element| unread(element, &elements)) {
                let message = format!("{what}: dbus-broker ignores that, and dbus-daemon the whole file");
                faults.push(Fault::at_span(&node, &span(text, &at), message));
            } else if !subject.runs_unseen() && !subject.lacks_accounts() {
                let accounts = accounts.get_or_insert_with(|| Accounts::of(tree));
                faults
                    .extend(elements.iter().filter_map(|element| of_nobody(element, accounts, &node, text)));
            }
        }
    }
    faults
}

/// Returns whether dbus-broker is the system bus.
fn has_broker(tree: &Tree<'_>) -> bool {
    let has = |name: &str| tree.follow(&format!("/usr/bin/{name}")).is_some();
    let bus = UnitName::parse("dbus.service").ok().and_then(|name| canonical(tree, &name));
    let is_enabled = bus.is_some_and(|bus| bus.as_str() == "dbus-broker.service");
    has("dbus-broker-launch") && (is_enabled || !has("dbus-daemon"))
}

/// Returns what a bus does not know of an element, and where.
fn unread(element: &Element<'_>, all: &[Element<'_>]) -> Option<(std::ops::Range<usize>, String)> {
    let Element { name, at, attributes, parent } = element;
    let (at, parent) = (at.clone(), parent.and_then(|parent| all.get(parent)));
    let is_in_policy = parent.is_some_and(|parent| parent.name == "policy");
    match *name {
        ROOT if parent.is_none() => None,
        _ if parent.is_none() => {
            Some((at, format!("a file of a bus begins with `<{ROOT}>`, not with `<{name}>`")))
        }
        "allow" | "deny" if !is_in_policy => Some((at, format!("`<{name}>` is outside of a `<policy>`"))),
        "allow" | "deny" if attributes.is_empty() => Some((at, format!("`<{name}>` says nothing"))),
        "allow" | "deny" => unknown_attribute(attributes, &RULE, name),
        "policy" => unknown_attribute(attributes, &SCOPES, name).or_else(|| policy(element)),
        ROOT => Some((at, format!("`<{ROOT}>` is in another one"))),
        USER => None,
        _ if ELEMENTS.contains(name) => None,
        _ => {
            let near = nearest(name, ELEMENTS).map(|near| format!(", but `<{near}>`")).unwrap_or_default();
            Some((at, format!("a bus has no element `<{name}>`{near}")))
        }
    }
}

fn unknown_attribute(
    attributes: &[Attribute<'_>],
    known: &[&str],
    element: &str,
) -> Option<(std::ops::Range<usize>, String)> {
    let unknown = attributes.iter().find(|attribute| !known.contains(&attribute.name))?;
    let near = nearest(unknown.name, known).map(|near| format!(", but `{near}`")).unwrap_or_default();
    Some((unknown.at.clone(), format!("`<{element}>` has no attribute `{}`{near}", unknown.name)))
}

/// Returns what is wrong with whom a policy is for.
fn policy(element: &Element<'_>) -> Option<(std::ops::Range<usize>, String)> {
    match &element.attributes[..] {
        [] => Some((
            element.at.clone(),
            "`<policy>` says for whom it is by `user`, `group` or `context`".to_owned(),
        )),
        [one] => {
            let is_wrong = one.name == "context" && !["default", "mandatory"].contains(&one.value);
            is_wrong.then(|| (one.at.clone(), format!("`{}` is not `default` or `mandatory`", one.value)))
        }
        [_, second, ..] => {
            Some((second.at.clone(), "`<policy>` is for one of user, group and context".to_owned()))
        }
    }
}

/// Returns a fault if a policy is for an account that nothing makes.
fn of_nobody(element: &Element<'_>, accounts: &Accounts, node: &Node<'_>, text: &str) -> Option<Fault> {
    if element.name != "policy" {
        return None;
    }
    let (kind, known) = match element.attributes.first()?.name {
        USER => (USER, &accounts.users),
        "group" => ("group", &accounts.groups),
        _ => return None,
    };
    let account = element.attribute(kind)?;
    let name = account.value;
    if name == "*" || name.parse::<u32>().is_ok() || known.contains_key(name) {
        return None;
    }
    let message = format!("the policy is for the {kind} `{name}`, which nothing makes");
    let letter = &kind[..1];
    let help = match nearest(name, known.keys()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add `.sysusers({name:?}, [\"{letter} {name} -\"])`"),
    };
    Some(Fault::at_span(node, &span(text, &account.at), message).help(help).for_account(name))
}
