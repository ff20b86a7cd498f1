//! `unit-access`: whether the user of a service can reach its program and its working directory.

use lapstrake::value::ImagePath;

use super::exec;
use super::loaded::{Loaded, Manager, Setting, loaded, loaded_by};
use super::made::Made;
use crate::check::{Accounts, Check, Example, Fault, Node, Subject, Tree};
use crate::support::small_map::SmallSet;

pub(super) const CHECK: Check = Check::fatal(
    "unit-access",
    "a service whose `User=` may not execute its program fails with 203/EXEC, and with 200/CHDIR where it may not enter its directory",
    check,
)
.shown(Example::Layers {
    faulty: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o744))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nUser=dbus\n"))"##,
    fixed: r##"Layer::new("app")
    .with(File::text("#!/bin/sh\n", "/usr/bin/app").mode(0o755))
    .unit(Unit::text("app.service", "[Service]\nExecStart=/usr/bin/app\nUser=dbus\n"))"##,
});

/// As whom a service runs. A number that the device gives out is nobody's in the image.
struct Runner {
    user: String,
    uid: Option<u32>,
    gids: SmallSet<u32>,
}

/// The capabilities with which modes do not count.
const OVERRIDE: [&str; 2] = ["CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"];

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    if subject.runs_unseen() || subject.lacks_accounts() {
        return Vec::new();
    }
    let tree = subject.tree();
    let units = loaded(subject).into_iter().filter(Loaded::is_service_in_root);
    let with_runner: Vec<_> = {
        let accounts = Accounts::of(tree);
        units.filter_map(|unit| Some((runner(tree, &accounts, &unit)?, unit))).collect()
    };
    let of_users = loaded_by(subject, Manager::User).into_iter().filter(Loaded::is_service_in_root);
    let of_users: Vec<_> = of_users.collect();
    if with_runner.is_empty() && of_users.is_empty() {
        return Vec::new();
    }
    let made = Made::of(tree);
    let mut faults = Vec::new();
    for (runner, unit) in &with_runner {
        faults.extend(programs(subject, &made, runner, unit));
        faults.extend(working_directory(subject, &made, runner, unit));
    }
    let anybody = Runner { user: "a user".to_owned(), uid: None, gids: SmallSet::new() };
    for unit in &of_users {
        let found = programs(subject, &made, &anybody, unit).into_iter();
        let found = found.chain(working_directory(subject, &made, &anybody, unit));
        faults.extend(found.map(|fault| fault.as_warning("some users may be in a group that may")));
    }
    faults
}

/// Returns as whom a service runs; none for root, and for who can't be known.
fn runner(tree: &Tree<'_>, accounts: &Accounts, unit: &Loaded<'_>) -> Option<Runner> {
    let is_overriding = unit.values("Service", "AmbientCapabilities").iter().any(|setting| {
        let upper = setting.value.to_ascii_uppercase();
        upper.starts_with('~') || OVERRIDE.iter().any(|name| upper.contains(name))
    });
    let user = unit.value("Service", "User").map(|setting| setting.value);
    if is_overriding || user.as_ref().is_some_and(|user| user.contains('%')) {
        return None;
    }
    let is_dynamic = unit.is_on("Service", "DynamicUser");
    let user = match user {
        Some(user) => user,
        None if is_dynamic => "a dynamic user".to_owned(),
        None => return None,
    };
    let known = user.parse().ok().or_else(|| accounts.users.get(&user).copied().flatten());
    if known == Some(0) || !is_dynamic && known.is_none() && !accounts.users.contains_key(&user) {
        // Who is missing is a finding of `unit-user`.
        return None;
    }
    let mut gids = SmallSet::new();
    let named = ["Group", "SupplementaryGroups"].into_iter().flat_map(|key| unit.values("Service", key));
    for name in
        named.flat_map(|setting| setting.value.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    {
        gids.extend(name.parse().ok().or_else(|| accounts.groups.get(&name).copied().flatten()));
    }
    gids.extend(groups_of(tree, accounts, &user));
    Some(Runner { user, uid: known, gids })
}

/// Returns the numbers of the groups of a user, by passwd(5), group(5) and sysusers.d(5).
fn groups_of(tree: &Tree<'_>, accounts: &Accounts, user: &str) -> SmallSet<u32> {
    let mut gids = SmallSet::new();
    gids.extend(accounts.groups.get(user).copied().flatten());
    for directory in ["/etc", "/usr/lib"] {
        for line in tree.text(&format!("{directory}/passwd")).unwrap_or_default().lines() {
            let fields: Vec<_> = line.split(':').collect();
            if fields.first() == Some(&user) {
                gids.extend(fields.get(3).and_then(|gid| gid.parse::<u32>().ok()));
            }
        }
        for line in tree.text(&format!("{directory}/group")).unwrap_or_default().lines() {
            let fields: Vec<_> = line.split(':').collect();
            if fields.get(3).is_some_and(|members| members.split(',').any(|member| member == user)) {
                gids.extend(fields.get(2).and_then(|gid| gid.parse::<u32>().ok()));
            }
        }
    }
    for line in crate::check::accounts::sysusers_lines(tree) {
        let field = |at: usize| line.fields.get(at).map(String::as_str).unwrap_or_default();
        if field(1) != user {
            continue;
        }
        match field(0) {
            "m" => gids.extend(accounts.groups.get(field(2)).copied().flatten()),
            "u" | "u!" => {
                let group = field(2).split_once(':').map(|(_, group)| group);
                gids.extend(group.and_then(|group| {
                    group.parse().ok().or_else(|| accounts.groups.get(group).copied().flatten())
                }));
            }
            _ => {}
        }
    }
    gids
}

impl Runner {
    /// Returns whether the user may execute a file, or enter a directory.
    fn may_execute(&self, node: &Node<'_>) -> bool {
        let shift = if self.uid == Some(node.uid()) {
            6
        } else if self.gids.contains(&node.gid()) {
            3
        } else {
            0
        };
        node.mode().bits() >> shift & 1 == 1
    }

    /// Returns the first directory on the way to a path that the user may not enter. What a boot changes is left out.
    fn stopped_at<'a>(&self, tree: &Tree<'a>, made: &Made<'_, '_>, path: &ImagePath) -> Option<Node<'a>> {
        let above = path.ancestors();
        let mut directories =
            above.iter().filter(|path| !path.is_root()).filter_map(|path| tree.get(path.as_str()));
        directories.find(|node| {
            node.is_directory() && !made.may_change(node.path().as_str()) && !self.may_execute(node)
        })
    }
}

fn programs(subject: &Subject<'_>, made: &Made<'_, '_>, runner: &Runner, unit: &Loaded<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let mut faults = Vec::new();
    let is_start_only = unit.is_on("Service", "PermissionsStartOnly");
    let as_user =
        |run: &exec::Run<'_>| !run.command.is_privileged && (!is_start_only || run.key == "ExecStart");
    for run in exec::runs_of(unit).into_iter().filter(as_user) {
        let Some(program) = exec::program(tree, &run.command.program).filter(Node::is_executable) else {
            continue;
        };
        let what = match runner.stopped_at(tree, made, program.path()) {
            Some(directory) => barred(runner, "enter", &directory),
            None if runner.may_execute(&program) => continue,
            None => barred(runner, "execute", &program),
        };
        let message = format!("`{}` has `{}=` run `{}`, and {what}", run.unit, run.key, program.path());
        let fault = run.setting.fault_at(&run.command.program, message).help(help(runner, &program));
        faults.push(fault.doubted(run.command.may_fail.then_some(exec::MAY_FAIL)));
    }
    faults
}

fn working_directory(
    subject: &Subject<'_>,
    made: &Made<'_, '_>,
    runner: &Runner,
    unit: &Loaded<'_>,
) -> Option<Fault> {
    let tree = subject.tree();
    let setting = unit.value("Service", "WorkingDirectory").filter(Setting::is_ours)?;
    let path = Some(setting.value.as_str()).filter(|path| path.starts_with('/') && !path.contains('%'))?;
    let directory = tree.follow(path).filter(Node::is_directory)?;
    let is_of_boot = made.may_change(directory.path().as_str());
    let barred_at = runner.stopped_at(tree, made, directory.path());
    let barred_at =
        barred_at.or_else(|| (!is_of_boot && !runner.may_execute(&directory)).then(|| directory.clone()))?;
    let what = barred(runner, "enter", &barred_at);
    let message = format!("`{}` has `WorkingDirectory={path}`, and {what}", unit.name);
    Some(setting.fault(message).help(help(runner, &barred_at)))
}

fn barred(runner: &Runner, verb: &str, node: &Node<'_>) -> String {
    let (mode, uid, gid) = (node.mode(), node.uid(), node.gid());
    let name = if runner.user.starts_with("a ") { runner.user.clone() } else { format!("`{}`", runner.user) };
    format!("{name} may not {verb} `{}`, whose mode is {mode} and owner {uid}:{gid}", node.path())
}

fn help(runner: &Runner, node: &Node<'_>) -> String {
    if node.site().is_some() {
        "add `.mode(0o755)`, or an owner or a group that may".to_owned()
    } else {
        format!("move it to where `{}` may, or change the mode of what the base has", runner.user)
    }
}
