//! `install-target`, `unit-requires` and `wants-link`: the other units that a unit names.

use lapstrake::value::UnitName;

use super::loaded::{DIRECTORIES, Loaded, Names, Setting, exists, is_masked, loaded};
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
    "systemd does not start a unit that requires another which does not exist, is masked or can't be started beside it",
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
        // An empty value takes back what `[Install]` has, and no dependency.
        let settings =
            if section == "Unit" { unit.all_values(section, key) } else { unit.values(section, key) };
        for setting in settings.into_iter().filter(Setting::is_ours) {
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
    let names = Names::of(tree);
    let mut faults = Vec::new();
    for unit in loaded(subject) {
        let pulls = named(&unit, "Install", &["WantedBy", "RequiredBy", "UpheldBy"]);
        let is_pulled = pulls.iter().any(|(_, name, _)| exists(tree, name));
        let also = named(&unit, "Install", &["Also"]);
        for (key, name, setting) in pulls.into_iter().chain(also).filter(|(_, name, _)| !exists(tree, name)) {
            let fault = absent(&unit, key, &name, &setting, &names);
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
    let names = Names::of(tree);
    let mut faults = Vec::new();
    for unit in loaded(subject) {
        for (key, name, setting) in named(&unit, "Unit", &["Requires", "Requisite", "BindsTo"]) {
            if !exists(tree, &name) {
                let fault = absent(&unit, key, &name, &setting, &names);
                faults.push(fault.doubted(subject.stand_in_doubt()));
            } else if is_masked(tree, &name) {
                let message =
                    format!("`{}` has `{key}={name}`, which is masked: systemd starts neither", unit.name);
                let help = format!("write `Wants={name}`, or leave it out");
                faults.push(setting.fault_at(name.as_str(), message).help(help));
            } else {
                faults.extend(conflict(tree, &unit, key, &name, &setting));
            }
        }
    }
    faults
}

/// Returns the fault of a unit that requires what it, or what that, can't be started beside.
fn conflict(
    tree: &Tree<'_>,
    unit: &Loaded<'_>,
    key: &str,
    name: &UnitName,
    setting: &Setting<'_>,
) -> Option<Fault> {
    // A unit that is required in vain is not started; to have been started before is enough for `Requisite=`.
    let required = Loaded::named(tree, name).filter(|_| key != "Requisite")?;
    let stops = |one: &Loaded<'_>, other: &UnitName| {
        let conflicts = one.all_values("Unit", "Conflicts");
        conflicts.iter().any(|setting| setting.value.split_whitespace().any(|word| word == other.as_str()))
    };
    let (one, other) = if stops(unit, &required.name) || stops(unit, name) {
        (&unit.name, name)
    } else if stops(&required, &unit.name) {
        (name, &unit.name)
    } else {
        return None;
    };
    let message = format!(
        "`{}` has `{key}={name}`, and `{one}` has `Conflicts={other}`: systemd can't start both",
        unit.name
    );
    Some(
        setting
            .fault_at(name.as_str(), message)
            .help(format!("leave out `{key}={name}` or `Conflicts={other}`")),
    )
}

fn absent(
    unit: &Loaded<'_>,
    key: &str,
    name: &UnitName,
    setting: &Setting<'_>,
    names: &Names<'_, '_>,
) -> Fault {
    let message = format!("`{}` has `{key}={name}`, which is not a unit of the image", unit.name);
    setting.fault_at(name.as_str(), message).help(match names.near(name) {
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
