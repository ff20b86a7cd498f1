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

/// What is run, one transaction in all: a second command changes nothing and only looks.
fn commands(tool: PackageTool, transaction: &Transaction) -> Vec<Vec<String>> {
    let command = |words: &[&str], more: &[String]| -> Vec<String> {
        let program = [tool.program().to_owned()];
        let words = words.iter().map(|word| (*word).to_owned());
        program.into_iter().chain(words).chain(options(transaction)).chain(more.iter().cloned()).collect()
    };
    let verb = |verb: &str, words: Vec<String>| [vec![verb.to_owned()], words].concat();
    let install = installed(transaction);
    let (remove, swap) = (&transaction.remove, &transaction.swap);
    let gone: Vec<String> = remove.iter().chain(swap.iter().map(|(from, _)| from)).cloned().collect();
    let come = || install.iter().cloned().chain(swapped_in(transaction)).collect::<Vec<_>>();
    match (tool, transaction.installs(), transaction.removes()) {
        (PackageTool::Dnf5, true, true) => {
            // dnf5-do(8): actions of several kinds, one transaction.
            let words =
                [vec!["--action=remove".to_owned()], gone, vec!["--action=install".to_owned()], come()];
            vec![command(&["-y", "do"], &words.concat())]
        }
        (_, true, true) if transaction.is_script() => vec![
            command(&["-y"], &verb("shell", vec![format!("{MOUNTED}/{SCRIPT}")])),
            // The shell of dnf 4 goes on after an error, and ends well: what is left to do is one.
            command(&["--assumeno"], &verb("install", come())),
            command(&["--assumeno"], &verb("remove", gone)),
        ],
        (_, true, true) => {
            let pair = swap.iter().flat_map(|(from, to)| [from.clone(), to.clone()]).collect();
            vec![command(&["-y"], &verb("swap", pair))]
        }
        (_, true, false) => vec![command(&["-y"], &verb("install", install))],
        (_, false, _) => vec![command(&["-y"], &verb("remove", gone))],
    }
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

fn options(transaction: &Transaction) -> Vec<String> {
    let mut options = Vec::new();
    if !transaction.repositories.is_empty() {
        options.push(format!("--setopt=reposdir={REPOSITORY_FOLDERS},{MOUNTED}/repos"));
    }
    if transaction.without_docs {
        options.push("--setopt=tsflags=nodocs".to_owned());
    }
    // A lock names what was recommended, too.
    if transaction.without_weak_dependencies || transaction.locked.is_some() {
        options.push("--setopt=install_weak_deps=False".to_owned());
    }
    options
}

/// The script that dnf's shell reads (dnf(8), "Shell Command"): where it lies in the layer's folder, and what
/// it says.
pub(super) fn script(layer: &PlannedLayer) -> Option<(String, String)> {
    let transaction = layer.transaction.as_ref().filter(|transaction| transaction.is_script())?;
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
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn transaction(install: &[&str], remove: &[&str], swap: &[(&str, &str)]) -> Transaction {
        let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        Transaction {
            site: lapstrake::Layer::new("platform").site,
            tool: None,
            install: set(install),
            remove: set(remove),
            swap: swap.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
            rpm_files: BTreeMap::new(),
            repositories: BTreeSet::new(),
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

    #[test]
    fn what_a_swap_brings_is_locked_too() {
        let locked = Some(BTreeSet::from(["new-1-1.noarch".to_owned()]));
        let swap = Transaction { locked, ..transaction(&[], &[], &[("old", "new")]) };
        let options = "--setopt=install_weak_deps=False";
        assert_eq!(
            lines(PackageTool::Dnf5, &swap),
            [format!("dnf5 -y do {options} --action=remove old --action=install new-1-1.noarch")]
        );
        assert!(swap.is_script());
        let mut image = Vec::new();
        image.extend(lines(PackageTool::Dnf, &swap));
        assert_eq!(image[0], format!("dnf -y {options} shell /run/lapstrake/transaction"));
    }
}
