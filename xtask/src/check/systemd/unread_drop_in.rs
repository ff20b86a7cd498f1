//! `unread-drop-in`: files below the folders of units that systemd does not read, because the folder is not named after a
//! unit of the image, or the file does not end in `.conf`.

use std::collections::BTreeSet;

use lapstrake::suggest::nearest;
use lapstrake::value::{ImagePath, UnitName};

use super::loaded::{Manager, is_known};
use super::quadlet_generator;
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

pub(super) const CHECK: Check = Check::warning(
    "unread-drop-in",
    "systemd reads `UNIT.d/NAME.conf` for a unit that it has, and nothing else below the folders of units",
    check,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").text("[Service]\nNice=5\n", "/etc/systemd/system/app.service/override.conf")"#,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n"))
    .text("[Service]\nNice=5\n", "/etc/systemd/system/app.service.d/override.conf")"##,
});

/// The folders of links to other units.
const LINKS: [&str; 3] = [".wants", ".requires", ".upholds"];
/// The kinds whose folders are over all units of the kind.
const KINDS: [&str; 11] = [
    "automount",
    "device",
    "mount",
    "path",
    "scope",
    "service",
    "slice",
    "socket",
    "swap",
    "target",
    "timer",
];
/// What generators name the services that they make.
const GENERATED: [&str; 10] = [
    "app-",
    "cloud-",
    "dbus-:",
    "lvm2-",
    "netplan-",
    "run-",
    "systemd-cryptsetup@",
    "systemd-integritysetup@",
    "systemd-veritysetup@",
    "systemd-zram-setup@",
];
/// A service is made of each script here.
const SCRIPTS: [&str; 2] = ["/etc/init.d", "/etc/rc.d/init.d"];
/// At most so many names are compared with all units.
const MOST_LOOKUPS: usize = 100;

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    for manager in Manager::ALL {
        let mut names = None;
        for directory in manager.directories() {
            let folders = subject.tree().children(directory).filter(Node::is_directory);
            let folders = folders.filter(|folder| !LINKS.iter().any(|end| folder.ends_with(end)));
            for folder in folders {
                let files = files(subject.tree(), folder.path());
                if files.is_empty() || faults.len() >= MOST_LOOKUPS {
                    continue;
                }
                let names = names.get_or_insert_with(|| names_of(subject, manager));
                faults.extend(of_folder(subject, manager, &folder, &files, names));
            }
        }
    }
    faults
}

/// Returns the files of the layers below a folder. People read some.
fn files<'a>(tree: &Tree<'a>, folder: &ImagePath) -> Vec<Node<'a>> {
    let is_note = |name: &str| name.starts_with('.') || name.to_ascii_uppercase().starts_with("README");
    let files = tree.below(folder.as_str()).filter(|node| !node.is_directory() && node.site().is_some());
    files.filter(|node| !is_note(node.path().file_name())).collect()
}

/// The names of the units of a manager.
pub(super) struct Names {
    pub(super) all: BTreeSet<String>,
    /// Those that the layers bring.
    pub(super) ours: BTreeSet<String>,
}

pub(super) fn names_of(subject: &Subject<'_>, manager: Manager) -> Names {
    let mut names = Names { all: BTreeSet::new(), ours: BTreeSet::new() };
    for node in manager.directories().iter().flat_map(|directory| subject.tree().children(directory)) {
        let name = node.path().file_name();
        if !node.is_directory() && UnitName::has_suffix(name) {
            names.all.insert(name.to_owned());
            if node.site().is_some() {
                names.ours.insert(name.to_owned());
            }
        }
    }
    names
}

fn of_folder(
    subject: &Subject<'_>,
    manager: Manager,
    folder: &Node<'_>,
    files: &[Node<'_>],
    names: &Names,
) -> Vec<Fault> {
    let path = folder.path();
    let name = path.file_name();
    let of = name.strip_suffix(".d");
    let is_kind = of.is_some_and(|of| KINDS.contains(&of));
    let unit = of.and_then(|of| UnitName::parse(of).ok());
    if !is_kind && unit.is_none() {
        let message =
            format!("`{}` is not read: `{path}` is not the folder of a unit's drop-ins", files[0].path());
        let fault = Fault::at(&files[0], message);
        return vec![match meant(name, names) {
            Some(meant) => fault.help(format!("did you mean `{meant}.d`?")),
            None => fault.help("name the folder after the unit, with `.d`: `app.service.d`"),
        }];
    }
    if let Some(unit) = unit.filter(|unit| !is_there(subject.tree(), manager, unit, names)) {
        // The stand-in lacks most units of a real base.
        let near = if subject.is_on_stand_in() { &names.ours } else { &names.all };
        let near = near_unit(&unit, near);
        if subject.is_on_stand_in() && near.is_none() {
            return Vec::new();
        }
        let message = format!("`{}` is not read: the image does not have `{unit}`", files[0].path());
        let help = match near {
            Some(near) => format!("did you mean `{near}.d`?"),
            None => format!("bring `{unit}` by `.unit(…)`, or leave the drop-in out"),
        };
        return vec![Fault::at(&files[0], message).help(help)];
    }
    let unread = files.iter().filter_map(|file| {
        let is_deeper = file.path().parent().is_none_or(|parent| parent != *path);
        let why = match () {
            () if is_deeper => format!("systemd looks into no folder of `{path}`"),
            () if !file.ends_with(".conf") => "its name does not end in `.conf`".to_owned(),
            () => return None,
        };
        let meant = file.path().file_name().trim_end_matches(".conf");
        let fault = Fault::at(file, format!("`{}` is not read: {why}", file.path()));
        Some(fault.help(format!("name it `{path}/{meant}.conf`")))
    });
    unread.collect()
}

/// Returns the unit of the same kind whose name is most like another.
pub(super) fn near_unit(unit: &UnitName, names: &BTreeSet<String>) -> Option<String> {
    let (stem, kind) = unit.as_str().rsplit_once('.')?;
    let stems = names.iter().filter_map(|name| name.strip_suffix(kind)?.strip_suffix('.'));
    nearest(stem, stems).map(|near| format!("{near}.{kind}"))
}

/// Returns the unit after which a folder is meant to be named.
fn meant<'n>(folder: &'n str, names: &'n Names) -> Option<&'n str> {
    let folder = folder.strip_suffix(".d").unwrap_or(folder);
    let folder = folder.strip_suffix(".conf").unwrap_or(folder);
    if UnitName::parse(folder).is_ok() {
        return Some(folder);
    }
    let of_kind =
        names.all.iter().map(String::as_str).find(|name| name.strip_suffix(".service") == Some(folder));
    of_kind.or_else(|| nearest(folder, names.all.iter().map(String::as_str)))
}

/// Returns whether a unit is there, or one whose name begins as it does up to its last `-`, or may be made at boot.
fn is_there(tree: &Tree<'_>, manager: Manager, unit: &UnitName, names: &Names) -> bool {
    let name = unit.as_str();
    if is_known(tree, manager, unit) || GENERATED.iter().any(|start| name.starts_with(start)) {
        return true;
    }
    let (stem, kind) = name.rsplit_once('.').unwrap_or((name, ""));
    let prefix = stem.strip_suffix('@').unwrap_or(stem);
    let is_started = |all: &String| {
        let (other, other_kind) = all.rsplit_once('.').unwrap_or((all, ""));
        other_kind == kind && other.len() > prefix.len() && other.starts_with(prefix)
    };
    if prefix.ends_with('-') && names.all.iter().any(is_started) {
        return true;
    }
    let is_script = SCRIPTS.iter().any(|directory| tree.get(&format!("{directory}/{stem}")).is_some());
    kind == "service" && (is_script || is_of_quadlet(tree, stem))
}

/// Returns whether podman's generator may make a service of that name.
fn is_of_quadlet(tree: &Tree<'_>, stem: &str) -> bool {
    let quadlets = quadlet_generator::DIRECTORIES.iter().flat_map(|directory| tree.below(directory));
    let mut quadlets = quadlets.filter(|node| quadlet_generator::is_quadlet(node.path().file_name()));
    quadlets.any(|node| {
        let (name, kind) = node.path().file_name().rsplit_once('.').unwrap_or_default();
        // A template makes a template.
        let is_named = stem == name
            || stem.strip_suffix(kind).and_then(|stem| stem.strip_suffix('-')) == Some(name)
            || name.strip_suffix('@').is_some_and(|name| stem.starts_with(&format!("{name}@")));
        is_named || node.text().is_none_or(|text| text.contains("ServiceName="))
    })
}
