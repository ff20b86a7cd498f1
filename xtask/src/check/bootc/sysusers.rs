//! `sysusers`: accounts that are in /etc/passwd and /etc/group alone. Where /etc is merged, a device
//! that has an account of its own keeps its old file, and never gets the new ones.

use std::collections::BTreeSet;

use crate::check::accounts::{Accounts, names};
use crate::check::{Check, Example, Fault, Subject};

pub(super) const CHECK: Check = Check::warning(
    "sysusers",
    "an account without a line in /usr/lib/sysusers.d is lost where /etc/passwd was changed on the device",
    check,
)
.shown(Example::Words {
    faulty: "A base or a package whose scriptlet called `useradd`",
    fixed: "`.sysusers(\"web\", [\"g web 990\", \"u web 990:990\"])` with the same numbers",
});

fn check(subject: &Subject<'_>) -> Vec<Fault> {
    let mut made = Accounts::of_sysusers(subject.tree());
    // bootc counts the group of every `u` line as made.
    made.groups.extend(made.users.clone());
    let mut faults = Vec::new();
    for (file, what, made) in [("/etc/passwd", "user", &made.users), ("/etc/group", "group", &made.groups)] {
        let Some(node) = subject.tree().follow(file) else { continue };
        // An edit adds to what the base has, and the base is to blame for that.
        let base = subject.base_text(file).filter(|_| node.extends()).unwrap_or_default();
        let of_base: BTreeSet<_> = names(base).collect();
        let missing = names(node.text().unwrap_or_default())
            .filter(|name| !made.contains_key(*name) && !of_base.contains(name));
        let fault = |name| {
            let fault =
                Fault::at(&node, format!("no line of sysusers.d makes the {what} `{name}` of `{file}`"));
            if node.site().is_none() { fault } else { fault.help("let sysusers.d make it") }
        };
        faults.extend(missing.map(fault));
    }
    faults
}
