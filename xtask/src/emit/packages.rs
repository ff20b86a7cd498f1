//! The step that is a layer's package transaction, in the words of the base's package manager. Its caches
//! are mounted over, and so never in the layer.

use std::fmt::Write;

use super::escape::{comment, exec};
use super::step::{Mounts, folder, make_again};
use crate::plan::{DISCARDED, FOLDER, MOUNTED, PackageTool, PlannedLayer, REPOSITORY_FOLDERS, Transaction};

/// The script of a transaction in the context's folder for packages.
const SCRIPT: &str = "transaction";

/// The lines of a layer's packages; none where it has none.
pub(super) fn packages(index: usize, layer: &PlannedLayer, out: &mut String) -> std::fmt::Result {
    let Some(transaction) = &layer.transaction else { return Ok(()) };
    describe(transaction, out)?;
    let mut mounts = Mounts::default();
    if layer.context.contains_key(FOLDER) {
        mounts.bind(&format!("{}/{FOLDER}", folder(index, layer)), MOUNTED);
    }
    let tool = transaction.tool.unwrap_or(PackageTool::Dnf);
    mounts.cache(tool.cache());
    for at in DISCARDED {
        mounts.discard(at);
    }
    for command in commands(tool, transaction) {
        // A package manager in Python would leave its own byte code in the layer.
        let command = ["env".to_owned(), "PYTHONDONTWRITEBYTECODE=1".to_owned()].into_iter().chain(command);
        writeln!(out, "RUN {mounts}{}", exec(command))?;
    }
    make_again(layer, out)
}

fn describe(transaction: &Transaction, out: &mut String) -> std::fmt::Result {
    let Some(locked) = &transaction.locked else { return Ok(()) };
    for asked in transaction.asked() {
        writeln!(out, "# {} of {} locked", comment(&asked), locked.len())?;
    }
    Ok(())
}

/// The package manager of the base, and what all its commands of a layer have.
struct Manager {
    tool: PackageTool,
    options: Vec<String>,
}

impl Manager {
    /// Returns a command that changes the image.
    fn command(&self, verb: &[&str], more: Vec<String>) -> Vec<String> {
        self.with("-y", verb, more)
    }

    /// Returns a command that only looks, and fails if there is something to do.
    fn looked(&self, verb: &str, packages: Vec<String>) -> Vec<String> {
        self.with("--assumeno", &[verb], packages)
    }

    fn with(&self, answer: &str, verb: &[&str], more: Vec<String>) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        [words(&[self.tool.program(), answer]), self.options.clone(), words(verb), more].concat()
    }
}

/// Returns the commands that do a transaction.
fn commands(tool: PackageTool, transaction: &Transaction) -> Vec<Vec<String>> {
    let manager = Manager { tool, options: options(tool, transaction) };
    let mut commands = Vec::new();
    if !transaction.modules.is_empty() {
        let modules = transaction.modules.iter().cloned().collect();
        commands.push(manager.command(&["module", "enable"], modules));
    }
    if transaction.upgrades() {
        commands.push(manager.command(&["upgrade"], erasing(transaction)));
    }
    for part in transaction.parts() {
        commands.extend(in_one(&manager, &part));
    }
    commands
}

/// Returns the commands of one transaction: a second command changes nothing and only looks.
fn in_one(manager: &Manager, transaction: &Transaction) -> Vec<Vec<String>> {
    let erasing = erasing(transaction);
    let install = installed(transaction);
    let (remove, swap) = (&transaction.remove, &transaction.swap);
    let gone: Vec<String> = remove.iter().chain(swap.iter().map(|(from, _)| from)).cloned().collect();
    let come = || install.iter().cloned().chain(swapped_in(transaction)).collect::<Vec<_>>();
    match (manager.tool, transaction.asks_to_install(), transaction.removes()) {
        (PackageTool::Dnf5, true, true) => {
            // dnf5-do(8): actions of several kinds, one transaction.
            let remove = [vec!["--action=remove".to_owned()], gone].concat();
            let install = [vec!["--action=install".to_owned()], come()].concat();
            vec![manager.command(&["do"], [erasing, remove, install].concat())]
        }
        (_, true, true) if transaction.is_script() => vec![
            // The shell of dnf 4 may always erase.
            manager.command(&["shell"], vec![format!("{MOUNTED}/{SCRIPT}")]),
            // It goes on after an error, and ends well: what is left to do is an error.
            manager.looked("install", come()),
            manager.looked("remove", gone),
        ],
        (_, true, true) => {
            let pair = swap.iter().flat_map(|(from, to)| [from.clone(), to.clone()]).collect();
            vec![manager.command(&["swap"], [erasing, pair].concat())]
        }
        (_, true, false) => vec![manager.command(&["install"], [erasing, install].concat())],
        (_, false, true) => vec![manager.command(&["remove"], gone)],
        // The lock lists no package, because the layers below have them.
        (_, false, false) => Vec::new(),
    }
}

/// Returns the option of a command that installs, if conflicting packages may go. dnf5 takes it behind the command.
fn erasing(transaction: &Transaction) -> Vec<String> {
    transaction.allow_erasing.then(|| "--allowerasing".to_owned()).into_iter().collect()
}

/// What comes in by a swap; a lock has it by its exact name.
fn swapped_in(transaction: &Transaction) -> impl Iterator<Item = String> {
    let open = transaction.locked.is_none();
    transaction.swap.iter().filter(move |_| open).map(|(_, to)| to.clone())
}

/// What is installed: with a lock exactly what it says, and RPM files by their place.
fn installed(transaction: &Transaction) -> Vec<String> {
    let wanted = transaction.locked.as_ref().unwrap_or(&transaction.install);
    let files = transaction.rpm_files.keys().map(|name| format!("{MOUNTED}/rpms/{name}"));
    files.chain(wanted.iter().cloned()).collect()
}

fn options(tool: PackageTool, transaction: &Transaction) -> Vec<String> {
    let mut options = Vec::new();
    let mut gone = transaction.remove.iter().chain(transaction.swap.iter().map(|(from, _)| from));
    if tool != PackageTool::Microdnf && gone.any(|package| package.starts_with("kernel")) {
        // The kernel that runs is that of the machine that builds, and may have the version of the image's.
        options.push("--setopt=protect_running_kernel=False".to_owned());
    }
    if !transaction.repositories.is_empty() {
        options.push(format!("--setopt=reposdir={REPOSITORY_FOLDERS},{MOUNTED}/repos"));
    }
    options.extend(transaction.enabled_repositories.iter().map(|id| format!("--enablerepo={id}")));
    let flags = [(transaction.without_docs, "nodocs"), (transaction.without_scriptlets, "noscripts")];
    let flags: Vec<_> = flags.into_iter().filter(|(is_given, _)| *is_given).map(|(_, flag)| flag).collect();
    if !flags.is_empty() {
        options.push(format!("--setopt=tsflags={}", flags.join(",")));
    }
    // A lock names what was recommended, too.
    if transaction.without_weak_dependencies || transaction.locked.is_some() {
        // microdnf takes no word for a truth value.
        let no = if tool == PackageTool::Microdnf { "0" } else { "False" };
        options.push(format!("--setopt=install_weak_deps={no}"));
    }
    options
}

/// The script that dnf's shell reads (dnf(8), "Shell Command"): where it lies in the layer's folder, and what
/// it says.
pub(super) fn script(layer: &PlannedLayer) -> Option<(String, String)> {
    let transaction = layer.transaction.as_ref()?.parts().pop().filter(Transaction::is_script)?;
    let transaction = &transaction;
    // Command-line RPMs must come before anything else is decided.
    let mut text = format!("install {}\n", installed(transaction).join(" "));
    let mut remove: Vec<_> = transaction.remove.iter().map(String::as_str).collect();
    for (from, to) in &transaction.swap {
        if transaction.locked.is_some() {
            remove.push(from);
        } else {
            text += &format!("swap {from} {to}\n");
        }
    }
    if !remove.is_empty() {
        text += &format!("remove {}\n", remove.join(" "));
    }
    text += "run\nexit\n";
    if installed(transaction).is_empty() {
        text = text.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned());
    }
    Some((format!("{FOLDER}/{SCRIPT}"), text))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::support::small_map::SmallMap;

    use super::*;

    fn transaction(install: &[&str], remove: &[&str], swap: &[(&str, &str)]) -> Transaction {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        Transaction {
            site: lapstrake::Layer::new("platform").site,
            tool: None,
            install: set(install),
            remove: set(remove),
            swap: swap.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
            rpm_files: SmallMap::new(),
            repositories: BTreeSet::new(),
            enabled_repositories: BTreeSet::new(),
            modules: BTreeSet::new(),
            upgrade_all: false,
            allow_erasing: false,
            without_scriptlets: false,
            without_docs: false,
            without_weak_dependencies: false,
            locked: None,
        }
    }

    fn lines(tool: PackageTool, transaction: &Transaction) -> Vec<String> {
        commands(tool, transaction).into_iter().map(|command| command.join(" ")).collect()
    }

    #[test]
    fn each_package_manager_has_its_words_for_one_transaction() {
        let (install, remove) = (transaction(&["a"], &[], &[]), transaction(&[], &["b"], &[]));
        let swap = transaction(&[], &[], &[("b", "a")]);
        let both = transaction(&["a"], &["b"], &[("c", "d")]);
        for (tool, program) in
            [(PackageTool::Dnf, "dnf"), (PackageTool::Dnf5, "dnf5"), (PackageTool::Microdnf, "microdnf")]
        {
            assert_eq!(lines(tool, &install), [format!("{program} -y install a")]);
            assert_eq!(lines(tool, &remove), [format!("{program} -y remove b")]);
        }
        assert_eq!(lines(PackageTool::Dnf, &swap), ["dnf -y swap b a"]);
        assert_eq!(lines(PackageTool::Dnf5, &both), ["dnf5 -y do --action=remove b c --action=install a d"]);
        assert_eq!(
            lines(PackageTool::Dnf, &both),
            [
                "dnf -y shell /run/lapstrake/transaction",
                "dnf --assumeno install a d",
                "dnf --assumeno remove b c",
            ]
        );
    }

    #[test]
    fn a_lock_installs_exactly_what_it_says_and_nothing_recommended() {
        let locked = Some(BTreeSet::from(["a-1-1.noarch".to_owned(), "dep-2-1.noarch".to_owned()]));
        let install = Transaction { locked, without_docs: true, ..transaction(&["a"], &[], &[]) };
        let options = "--setopt=tsflags=nodocs --setopt=install_weak_deps=False";
        assert_eq!(
            lines(PackageTool::Dnf, &install),
            [format!("dnf -y {options} install a-1-1.noarch dep-2-1.noarch")]
        );
    }

    /// Whether microdnf 3.10 takes an option, by the text of its `--help`. It refuses any other.
    fn microdnf_takes(option: &str) -> bool {
        let set = |option: &str| match option.split_once('=') {
            Some(("install_weak_deps" | "keepcache" | "allow_vendor_change", value)) => {
                matches!(value, "0" | "1")
            }
            Some(("tsflags", flags)) => flags.split(',').all(|flag| matches!(flag, "nodocs" | "test")),
            Some(("reposdir" | "varsdir" | "cachedir", _)) => true,
            _ => false,
        };
        match option.split_once('=') {
            Some(("--setopt", setting)) => set(setting),
            Some(("--enablerepo" | "--disablerepo", _)) => true,
            _ => matches!(option, "-y" | "--assumeno" | "--best" | "--nodocs" | "--refresh"),
        }
    }

    #[test]
    fn microdnf_gets_only_commands_and_options_that_it_takes() {
        let all = Transaction {
            repositories: BTreeSet::from(["rig".to_owned()]),
            enabled_repositories: BTreeSet::from(["crb".to_owned()]),
            modules: BTreeSet::from(["php:8.2".to_owned()]),
            upgrade_all: true,
            without_docs: true,
            without_weak_dependencies: true,
            ..transaction(&["a"], &[], &[])
        };
        let locked = Transaction { locked: Some(BTreeSet::from(["a-1-1.noarch".to_owned()])), ..all.clone() };
        let remove = transaction(&[], &["kernel-core"], &[]);
        for command in [all, locked, remove].iter().flat_map(|all| commands(PackageTool::Microdnf, all)) {
            let refused: Vec<_> =
                command.iter().filter(|word| word.starts_with('-') && !microdnf_takes(word)).collect();
            assert!(refused.is_empty(), "{refused:?} of {command:?}");
            let verb = command[1..].iter().find(|word| !word.starts_with('-')).unwrap();
            assert!(["install", "remove", "upgrade", "module"].contains(&verb.as_str()), "{command:?}");
        }
    }

    #[test]
    fn what_a_swap_brings_is_locked_too() {
        let locked = Some(BTreeSet::from(["new-1-1.noarch".to_owned()]));
        let swap = Transaction { locked, ..transaction(&[], &[], &[("old", "new")]) };
        let options = "--setopt=install_weak_deps=False";
        assert_eq!(
            lines(PackageTool::Dnf5, &swap),
            [format!("dnf5 -y {options} do --action=remove old --action=install new-1-1.noarch")]
        );
        assert!(swap.is_script());
        let mut image = Vec::new();
        image.extend(lines(PackageTool::Dnf, &swap));
        assert_eq!(image[0], format!("dnf -y {options} shell /run/lapstrake/transaction"));
    }

    #[test]
    fn options_stand_where_every_package_manager_takes_them() {
        let all = Transaction {
            enabled_repositories: BTreeSet::from(["crb".to_owned()]),
            modules: BTreeSet::from(["php:8.2".to_owned()]),
            upgrade_all: true,
            allow_erasing: true,
            without_scriptlets: true,
            without_docs: true,
            ..transaction(&["a", "@Development Tools"], &[], &[])
        };
        let options = "--enablerepo=crb --setopt=tsflags=nodocs,noscripts";
        for (tool, program) in [(PackageTool::Dnf, "dnf"), (PackageTool::Dnf5, "dnf5")] {
            assert_eq!(
                lines(tool, &all),
                [
                    format!("{program} -y {options} module enable php:8.2"),
                    format!("{program} -y {options} upgrade --allowerasing"),
                    format!("{program} -y {options} install --allowerasing @Development Tools a"),
                ]
            );
        }
    }

    #[test]
    fn groups_come_before_the_shell_of_dnf_4_which_does_not_report_that_one_is_missing() {
        let both = transaction(&["a", "@core"], &["b"], &[]);
        let shell = [
            "dnf -y shell /run/lapstrake/transaction",
            "dnf --assumeno install a",
            "dnf --assumeno remove b",
        ];
        assert_eq!(lines(PackageTool::Dnf, &both), [&["dnf -y install @core"], &shell[..]].concat());
        let alone = transaction(&["@core"], &["b"], &[]);
        assert_eq!(lines(PackageTool::Dnf, &alone), ["dnf -y install @core", "dnf -y remove b"]);
        let by_dnf5 = Transaction { tool: Some(PackageTool::Dnf5), ..both };
        assert_eq!(
            lines(PackageTool::Dnf5, &by_dnf5),
            ["dnf5 -y do --action=remove b --action=install @core a"]
        );
    }

    #[test]
    fn a_lock_without_packages_installs_nothing() {
        let locked = Some(BTreeSet::new());
        let upgrade = Transaction { locked: locked.clone(), upgrade_all: true, ..transaction(&[], &[], &[]) };
        assert_eq!(lines(PackageTool::Dnf, &upgrade), [""; 0]);
        let swap = Transaction { locked, ..transaction(&["a"], &["b"], &[]) };
        assert_eq!(lines(PackageTool::Dnf, &swap), ["dnf -y --setopt=install_weak_deps=False remove b"]);
    }
}
