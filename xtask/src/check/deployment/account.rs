//! `sysusers-gid` and `gshadow`: what makes systemd-sysusers stop, and with it every account after it.

use std::collections::BTreeSet;

use crate::check::accounts::{Accounts, names, sysusers_lines};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const GID: Check = Check::fatal(
    "sysusers-gid",
    "systemd-sysusers makes no group for the GID of a `u NAME UID:GID` line, and fails on the device",
    gid,
)
.shown(Example::Layers {
    faulty: r#"Layer::new("app").sysusers("web", ["u web 990:990 - -"])"#,
    fixed: r#"Layer::new("app").sysusers("web", ["g web 990", "u web 990:990 - -"])"#,
});

pub(super) const GSHADOW: Check = Check::warning(
    "gshadow",
    "systemd-sysusers stops where /etc/group and /etc/gshadow do not have the same groups",
    gshadow,
)
.shown(Example::Words {
    faulty: "A base whose `/etc/gshadow` lacks a group of its `/etc/group`",
    fixed: "`grpconv` in the build of the base",
});

fn gid(subject: &Subject<'_>) -> Vec<Fault> {
    let all = Accounts::of(subject.tree());
    let mut faults = Vec::new();
    for line in sysusers_lines(subject.tree()) {
        let field = |at: usize| line.fields.get(at).map(String::as_str).unwrap_or_default();
        let Some((uid, gid)) = field(2).split_once(':').filter(|_| field(0).starts_with('u')) else {
            continue;
        };
        let known = match gid.parse::<u32>() {
            Ok(gid) => all.groups.values().any(|number| *number == Some(gid)),
            Err(_) => all.groups.contains_key(gid),
        };
        if known || subject.lacks_accounts() {
            continue;
        }
        let name = field(1);
        let message = format!("`u {name} {uid}:{gid}` wants a group `{gid}` that nothing makes");
        let help = match gid.parse::<u32>() {
            Ok(_) => format!("add the line `g {name} {gid}`"),
            Err(_) => format!("add the line `g {gid} -`"),
        };
        let fault = Fault::at_span(&line.node, &line.at, message).help(help).for_account(gid);
        // systemd gives a user's own group the name of the user. A group of that name with another number is in the way.
        let is_free = !all.groups.contains_key(name);
        let group = (gid.parse::<u32>().is_ok() && is_free).then(|| format!("g {name} {gid}"));
        faults.push(match group {
            Some(group) => fault.preceded(&line.node, &line.at, &group),
            None => fault,
        });
    }
    faults
}

fn gshadow(subject: &Subject<'_>) -> Vec<Fault> {
    let tree = subject.tree();
    let (Some(group), Some(gshadow)) = (tree.follow("/etc/group"), tree.follow("/etc/gshadow")) else {
        return Vec::new();
    };
    let (Some(groups), Some(shadows)) = (group.text(), gshadow.text()) else { return Vec::new() };
    let groups: BTreeSet<_> = names(groups).collect();
    let shadows: BTreeSet<_> = names(shadows).collect();
    let odd = groups.symmetric_difference(&shadows);
    let fault = |name: &&str| {
        let (has, lacks) = if groups.contains(name) { ("group", "gshadow") } else { ("gshadow", "group") };
        Fault::at(&gshadow, format!("group `{name}` is in `/etc/{has}` and not in `/etc/{lacks}`"))
    };
    odd.map(fault).collect()
}
