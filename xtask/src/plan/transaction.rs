//! The packages of a layer as a transaction: what is installed, removed and swapped, out of which repositories, by
//! which program. What it resolves to is known once it was run, and is then locked.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use lapstrake::Site;
use serde::Serialize;

use super::package_tool::{PackageTool, is_group};
use crate::support::small_map::{SmallMap, SmallSet};

/// The folder of the context that the package manager reads, and where it is in the image meanwhile.
pub(crate) const FOLDER: &str = "packages";
pub(crate) const MOUNTED: &str = "/run/lapstrake";
/// Directories that are empty while it runs, and whose content is in no layer.
pub(crate) const DISCARDED: [&str; 3] = ["/tmp", "/var/lib/dnf", "/var/tmp"];
/// Files that package managers and ldconfig write for themselves. They differ in each build. What a package has
/// beside them, such as a directory for its logs, stays.
pub(crate) const OWN_FILES: [&str; 10] = [
    "/run/dnf",
    "/usr/lib/sysimage/libdnf5/transaction_history.sqlite",
    "/usr/lib/sysimage/libdnf5/transaction_history.sqlite-shm",
    "/usr/lib/sysimage/libdnf5/transaction_history.sqlite-wal",
    "/var/cache/ldconfig/aux-cache",
    "/var/log/dnf.librepo.log",
    "/var/log/dnf.log",
    "/var/log/dnf.rpm.log",
    "/var/log/dnf5.log",
    "/var/log/hawkey.log",
];
/// The directory that ldconfig makes for its `aux-cache`.
pub(super) const LDCONFIG: &str = "/var/cache/ldconfig";
/// Where repositories that stay are; dnf.conf(5), `reposdir`.
pub(crate) const REPOSITORIES: &str = "/etc/yum.repos.d";
/// Everywhere that dnf, dnf5 and microdnf look for them by themselves.
pub(crate) const REPOSITORY_FOLDERS: &str =
    "/etc/yum.repos.d,/etc/yum/repos.d,/etc/distro.repos.d,/usr/share/dnf5/repos.d";
/// Where the keys of repositories that stay are.
pub(super) const KEYS: &str = "/etc/pki/rpm-gpg";

/// What happens to packages in a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Transaction {
    /// Of its first entry.
    pub(crate) site: Site,
    /// None where the tree so far has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tool: Option<PackageTool>,
    pub(crate) install: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) remove: BTreeSet<String>,
    #[serde(skip_serializing_if = "SmallSet::is_empty")]
    pub(crate) swap: SmallSet<(String, String)>,
    /// The RPM files of the workspace and of build stages, by the names that they have in the context.
    #[serde(skip_serializing_if = "SmallMap::is_empty")]
    pub(crate) rpm_files: SmallMap<String, Utf8PathBuf>,
    /// The `.repo` files that are there for this build.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) repositories: BTreeSet<String>,
    /// The repositories of the image that are enabled for this build.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) enabled_repositories: BTreeSet<String>,
    /// The module streams that are enabled first.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) modules: BTreeSet<String>,
    /// Whether all packages are upgraded, before the others come and go.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) upgrade_all: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) allow_erasing: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) without_scriptlets: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) without_docs: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) without_weak_dependencies: bool,
    /// Exactly what it resolved to when it was last run, dependencies too: name, epoch, version, release and
    /// architecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locked: Option<BTreeSet<String>>,
}

impl Transaction {
    /// Returns all that was asked for, in the words in which the lock keeps it. When one changes, the packages are
    /// resolved again.
    pub(crate) fn asked(&self) -> BTreeSet<String> {
        let option = |given: bool, word: &str| given.then(|| word.to_owned());
        let install = self.install.iter().cloned();
        let remove = self.remove.iter().map(|package| format!("remove {package}"));
        let swap = self.swap.iter().map(|(from, to)| format!("swap {from} {to}"));
        let files = self.rpm_files.values().map(|path| format!("file {path}"));
        let modules = self.modules.iter().map(|module| format!("module {module}"));
        let repositories = self.enabled_repositories.iter().map(|id| format!("enable repository {id}"));
        let options = [
            option(self.upgrade_all, "upgrade all"),
            option(self.allow_erasing, "allow erasing"),
            option(self.without_scriptlets, "without scriptlets"),
            option(self.without_docs, "without docs"),
            option(self.without_weak_dependencies, "without weak dependencies"),
        ];
        let named = install.chain(remove).chain(swap).chain(files).chain(modules).chain(repositories);
        named.chain(options.into_iter().flatten()).collect()
    }

    /// What is mounted over while it runs.
    pub(crate) fn mounts(&self) -> impl Iterator<Item = &'static str> {
        DISCARDED.into_iter().chain(self.tool.map(PackageTool::cache))
    }

    /// Whether packages come in, so that there is something to lock.
    pub(crate) fn installs(&self) -> bool {
        self.upgrade_all || self.names_packages()
    }

    /// Whether it names packages that come in.
    fn names_packages(&self) -> bool {
        !(self.install.is_empty() && self.rpm_files.is_empty() && self.swap.is_empty())
    }

    /// Whether the package manager is asked to install: with a lock, what that lists.
    pub(crate) fn asks_to_install(&self) -> bool {
        match &self.locked {
            Some(locked) => !(locked.is_empty() && self.rpm_files.is_empty()),
            None => self.names_packages(),
        }
    }

    /// Whether everything is upgraded by a command of its own. A lock lists what that brings.
    pub(crate) fn upgrades(&self) -> bool {
        self.upgrade_all && self.locked.is_none()
    }

    /// Returns the transactions that do this one. dnf 4 does not report whether its shell has installed a group, so
    /// groups come before it, by a command of their own.
    pub(crate) fn parts(&self) -> Vec<Self> {
        let (groups, packages): (BTreeSet<_>, BTreeSet<_>) =
            self.install.iter().cloned().partition(|package| is_group(package));
        if groups.is_empty() || self.locked.is_some() || !self.is_script() {
            return vec![self.clone()];
        }
        let first = Self { install: groups, ..self.only_options() };
        vec![first, Self { install: packages, modules: BTreeSet::new(), upgrade_all: false, ..self.clone() }]
    }

    /// Returns the same without what comes in and goes.
    fn only_options(&self) -> Self {
        let mut options = self.clone();
        options.install.clear();
        options.remove.clear();
        options.swap.clear();
        options.rpm_files.clear();
        options
    }

    /// Whether packages come in of which no lock lists what they resolve to.
    pub(crate) fn is_unpinned(&self) -> bool {
        self.installs() && self.locked.is_none()
    }

    /// Whether dnf 4 has to read it from a script: no command of its own both installs and removes.
    pub(crate) fn is_script(&self) -> bool {
        let swaps_only = self.install.is_empty() && self.rpm_files.is_empty() && self.remove.is_empty();
        let one_swap = swaps_only && self.swap.len() == 1 && self.locked.is_none();
        self.tool.is_none_or(|tool| tool == PackageTool::Dnf)
            && self.asks_to_install()
            && self.removes()
            && !one_swap
    }

    /// Whether packages go.
    pub(crate) fn removes(&self) -> bool {
        !(self.remove.is_empty() && self.swap.is_empty())
    }
}

impl Transaction {
    pub(super) fn by(tool: Option<PackageTool>, site: Site) -> Self {
        Self {
            site,
            tool,
            install: BTreeSet::new(),
            remove: BTreeSet::new(),
            swap: SmallSet::new(),
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
}
