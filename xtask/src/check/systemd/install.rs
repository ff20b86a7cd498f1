//! `install-target`, `unit-requires` and `wants-link`: the other units that a unit names.

use lapstrake::suggest::nearest;
use lapstrake::value::UnitName;

use super::loaded::{DIRECTORIES, Loaded, Setting, exists, known, loaded};
use crate::check::{Check, Example, Fault, Node, Subject, Tree};

pub(super) const TARGET: Check =
    Check::fatal("install-target", "a unit that is wanted by none that exists is never started", target)
        .shown(Example::Layers {
            faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n[Install]\nWantedBy=multiuser.target\n"))"##,
            fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\n[Install]\nWantedBy=multi-user.target\n"))"##,
        });

pub(super) const REQUIRES: Check = Check::fatal(
    "unit-requires",
    "systemd does not start a unit that requires another which does not exist",
    requires,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Unit]\nRequires=vsomeip.service\n[Service]\nExecStart=/usr/bin/app\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Unit]\nWants=vsomeip.service\n[Service]\nExecStart=/usr/bin/app\n"))"##,
});

pub(super) const LINK: Check = Check::warning(
    "wants-link",
    "systemd passes over a link of a `.wants` directory whose unit does not exist",
    link,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").symlink("../app.service", "/usr/lib/systemd/system/multi-user.target.wants/app.service")"#,
    fixed: r#"Layer::new("app").symlink("../remote-fs.target", "/usr/lib/systemd/system/multi-user.target.wants/remote-fs.target")"#,
});

/// The units that a layer's settings name, each with the key and the file that names it. What holds a
/// specifier, or is not a name, is reported by the plan where it matters.
fn named<'a>(
    unit: &Loaded<'a>,
    section: &str,
    keys: &[&'static str],
) -> Vec<(&'static str, UnitName, Setting<'a>)> {
    let mut named = Vec::new();
    for key in keys {
        for setting in unit.values(section, key).into_iter().filter(Setting::is_ours) {
            let names = setting.value.split_whitespace().filter_map(|word| UnitName::parse(word).ok());
            named.extend(names.map(|name| (*key, name, setting.clone())));
        }
    }
    named
}

fn target(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let tree = subject.tree();
    let mut faults = Vec::new();
    for unit in loaded(subject) {
        let pulls = named(&unit, "Install", &["WantedBy", "RequiredBy", "UpheldBy"]);
        let is_pulled = pulls.iter().any(|(_, name, _)| exists(tree, name));
        let also = named(&unit, "Install", &["Also"]);
        for (key, name, setting) in pulls.into_iter().chain(also).filter(|(_, name, _)| !exists(tree, name)) {
            let fault = absent(&unit, key, &name, &setting, tree);
            let is_started = is_pulled && key != "Also";
            let doubt = is_started.then_some("another line of `[Install]` has it started");
            faults.push(fault.doubted(doubt.or_else(|| subject.stand_in_doubt())));
        }
    }
    faults
}

fn requires(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let tree = subject.tree();
    let mut faults = Vec::new();
    for unit in loaded(subject) {
        let required = named(&unit, "Unit", &["Requires", "Requisite", "BindsTo"]);
        let absent_ones = required.into_iter().filter(|(_, name, _)| !exists(tree, name));
        let found = absent_ones.map(|(key, name, setting)| absent(&unit, key, &name, &setting, tree));
        faults.extend(found.map(|fault| fault.doubted(subject.stand_in_doubt())));
    }
    faults
}

fn absent(unit: &Loaded<'_>, key: &str, name: &UnitName, setting: &Setting<'_>, tree: &Tree<'_>) -> Fault {
    let message = format!("`{}` has `{key}={name}`, which is not a unit of the image", unit.name);
    setting.fault_at(name.as_str(), message).help(match nearest(name.as_str(), known(tree)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("bring `{name}` by `.unit(…)`, or leave it out"),
    })
}

fn link(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() {
        return Vec::new();
    }
    let tree = subject.tree();
    let pulls = |node: &Node<'_>| {
        let ends = [".wants", ".requires", ".upholds"];
        node.is_directory() && ends.iter().any(|end| node.path().as_str().ends_with(end))
    };
    let directories: Vec<_> =
        DIRECTORIES.iter().flat_map(|directory| tree.children(directory)).filter(pulls).collect();
    let links = directories.iter().flat_map(|directory| tree.children(directory.path().as_str()));
    let mut faults = Vec::new();
    for node in links.filter(|node| node.site().is_some()) {
        if UnitName::parse(node.path().file_name()).is_ok_and(|name| !exists(tree, &name)) {
            let message = format!("`{}` pulls in a unit that the image does not have", node.path());
            let help = "bring the unit by `.unit(Unit::file(…).enabled())`, which makes the link too";
            faults.push(Fault::at(&node, message).help(help));
        }
    }
    faults
}
