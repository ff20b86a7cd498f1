//! What a transaction asks of the base's package manager that it can't do.

use lapstrake::Site;

use super::package_tool::{PackageTool, is_group};
use super::transaction::Transaction;
use crate::finding::Finding;

/// Returns a finding for each part of a transaction that the package manager of the base can't do.
pub(super) fn refused(transaction: &Transaction, site: Site) -> Vec<Finding> {
    let refuse =
        |message: String, help: &str| Finding::fatal("package-transaction", site, message).help(help);
    let mut findings = Vec::new();
    for (from, to) in transaction.swap.iter().filter(|(from, to)| is_group(from) || is_group(to)) {
        let message = format!("a swap is of packages, and one of `{from}` and `{to}` is a group");
        findings.push(refuse(message, "name the packages of the group"));
    }
    let Some(tool) = transaction.tool else { return findings };
    let groups = || transaction.install.iter().chain(&transaction.remove).filter(|package| is_group(package));
    match tool {
        PackageTool::Microdnf => {
            let full = "list `dnf` in the base's manifest";
            if transaction.installs() && transaction.removes() {
                let message = "microdnf can't install and remove in one transaction".to_owned();
                findings.push(refuse(message, &format!("remove in a layer of its own, or {full}")));
            }
            for group in groups() {
                let message = format!("microdnf has no groups, and `{group}` is one");
                findings.push(refuse(message, &format!("name the packages of the group, or {full}")));
            }
            if let Some(file) = transaction.rpm_files.keys().next() {
                let message =
                    format!("microdnf installs packages of repositories alone, and `{file}` is a file");
                findings.push(refuse(message, &format!("put it in a `Repository::directory(…)`, or {full}")));
            }
            let options = [
                (transaction.allow_erasing, "has no `--allowerasing`"),
                (transaction.without_scriptlets, "can't leave out scriptlets"),
            ];
            for (_, what) in options.into_iter().filter(|(is_given, _)| *is_given) {
                findings.push(refuse(format!("microdnf {what}"), full));
            }
        }
        PackageTool::Dnf => {
            for group in transaction.remove.iter().filter(|package| is_group(package)) {
                let message = format!(
                    "dnf 4 can't remove the group `{group}`: its list of installed groups is in `/var/lib/dnf`, \
                     which is in no image"
                );
                findings.push(refuse(message, "name the packages of the group"));
            }
        }
        PackageTool::Dnf5 => {
            for group in groups().filter(|group| group.contains(' ')) {
                let message = format!("dnf5 finds a group by its id, and `{group}` is a name");
                let id = group.to_lowercase().replace(' ', "-");
                findings.push(refuse(
                    message,
                    &format!("write its id, which `dnf5 group list` shows, as `\"{id}\"`"),
                ));
            }
        }
    }
    findings
}
