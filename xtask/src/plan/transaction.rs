//! The packages of a layer as a transaction: what is installed, removed and swapped, out of which repositories, by
//! which program. What it resolves to is known once it was run, and is then locked.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use lapstrake::entry::{EntryKind, Packages, Repository};
use lapstrake::value::{Asset, ImagePath, ModuleStream, RepositoryId};
use lapstrake::{Layer, Parsed, Site};
use lapstrake_oci::tree::Kind;
use serde::Serialize;

use super::Origin;
use super::package_tool::{PackageTool, is_group};
use super::site::site_or;
use super::step::{ContextFile, Steps};
use crate::finding::Finding;

/// The folder of the context that the package manager reads, and where it is in the image meanwhile.
pub(crate) const FOLDER: &str = "packages";
pub(crate) const MOUNTED: &str = "/run/lapstrake";
/// Directories that are empty while it runs, and whose content is in no layer.
pub(crate) const DISCARDED: [&str; 3] = ["/tmp", "/var/lib/dnf", "/var/tmp"];
/// Files that package managers and ldconfig write for themselves. They differ in each build. What a package has
/// beside them, such as a directory for its logs, stays.
pub(crate) const OWN_FILES: [&str; 6] = [
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
const KEYS: &str = "/etc/pki/rpm-gpg";

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
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) swap: BTreeSet<(String, String)>,
    /// The RPM files of the workspace, by the names that they have in the context.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) rpm_files: BTreeMap<String, Utf8PathBuf>,
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

/// A file that a kept repository leaves in the layer.
pub(super) struct Kept {
    pub(super) path: ImagePath,
    pub(super) from: Origin,
    pub(super) site: Site,
}

/// The transaction of a layer, if it has one, and the files of kept repositories. What the package manager
/// reads goes into the context of `steps`.
pub(super) fn transaction(
    layer: &Layer,
    tool: Option<PackageTool>,
    steps: &mut Steps<'_>,
) -> (Option<Transaction>, Vec<Kept>) {
    let mut building = Building { kept: Vec::new(), known: BTreeMap::new(), steps };
    let mut transaction: Option<Transaction> = None;
    for entry in &layer.entries {
        if let EntryKind::Packages(packages) = &entry.kind {
            let site = site_or(entry.site, layer.site);
            building.add(packages, site, transaction.get_or_insert_with(|| Transaction::by(tool, site)));
        }
    }
    let Some(found) = transaction else { return (None, Vec::new()) };
    let (kept, nothing) = (building.kept, !found.installs() && !found.removes() && found.modules.is_empty());
    if nothing {
        let finding = Finding::fatal("empty-packages", layer.site, "no package is named");
        steps.findings.push(finding.help("write `.packages([\"NAME\"])`"));
        return (None, kept);
    }
    // A lock may make a script of it, which no plan knows yet.
    let may_be_script = tool.is_none_or(|tool| tool == PackageTool::Dnf) && found.removes();
    if may_be_script || steps.context.keys().any(|path| path.starts_with(FOLDER)) {
        steps.context.insert(FOLDER.to_owned(), Kind::Directory);
    }
    (Some(found), kept)
}

impl Transaction {
    fn by(tool: Option<PackageTool>, site: Site) -> Self {
        Self {
            site,
            tool,
            install: BTreeSet::new(),
            remove: BTreeSet::new(),
            swap: BTreeSet::new(),
            rpm_files: BTreeMap::new(),
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

fn without_scriptlets(site: Site) -> Finding {
    let message = "the scriptlets of these packages do not run: accounts, presets of units, alternatives and caches \
                   that they make are missing in the image";
    let help = "make what the packages need in this image, and accept it by `.allow(\"without-scriptlets\")`";
    Finding::warning("without-scriptlets", site, message).help(help)
}

fn text(text: String) -> Kind<ContextFile> {
    Kind::File(ContextFile { from: Origin::Text(text), executable: false })
}

struct Building<'a, 's> {
    kept: Vec<Kept>,
    known: BTreeMap<RepositoryId, Site>,
    steps: &'s mut Steps<'a>,
}

impl Building<'_, '_> {
    fn add(&mut self, packages: &Packages, site: Site, to: &mut Transaction) {
        let words = |given: &[Parsed<_>], steps: &mut Steps<'_>| -> Vec<String> {
            given
                .iter()
                .filter_map(|spec| steps.valid(spec))
                .map(|spec: lapstrake::value::PackageSpec| spec.to_string())
                .collect()
        };
        to.install.extend(words(&packages.install, self.steps));
        to.remove.extend(words(&packages.remove, self.steps));
        for (from, into) in &packages.swap {
            let pair = (self.steps.valid(from), self.steps.valid(into));
            if let (Some(from), Some(into)) = pair {
                to.swap.insert((from.to_string(), into.to_string()));
            }
        }
        for file in &packages.rpm_files {
            let Some(asset) = self.steps.valid(file) else { continue };
            let name = asset.path().file_name().unwrap_or_default().to_owned();
            let at = site_or(file.site(), site);
            if asset.path().extension() != Some("rpm")
                || name.contains(char::is_whitespace)
                || to.rpm_files.contains_key(&name)
            {
                let message = format!("`{asset}` is not an RPM file with a name of its own");
                let finding = Finding::fatal("rpm-file", at, message);
                self.steps.findings.push(
                    finding.help("name each RPM of the workspace once: `NAME-VERSION-RELEASE.ARCH.rpm`"),
                );
            } else if self.steps.take(&asset, &format!("{FOLDER}/rpms/{name}"), at).is_some() {
                self.directory("rpms");
                to.rpm_files.insert(name, asset.path().to_owned());
            }
        }
        for file in &packages.repo_files {
            let Some(asset) = self.steps.valid(file) else { continue };
            self.repo_file(&asset, site_or(file.site(), site), to);
        }
        for repository in &packages.repositories {
            self.repository(repository, site, to);
        }
        let steps = &mut *self.steps;
        let enabled = packages.enabled_repositories.iter().filter_map(|id| steps.valid(id));
        to.enabled_repositories.extend(enabled.map(|id: RepositoryId| id.to_string()));
        let modules = packages.modules.iter().filter_map(|stream| steps.valid(stream));
        to.modules.extend(modules.map(|stream: ModuleStream| stream.to_string()));
        to.upgrade_all |= packages.upgrade_all;
        to.allow_erasing |= packages.allow_erasing;
        if !packages.scriptlets {
            to.without_scriptlets = true;
            let is_accepted =
                packages.allowed.iter().any(|name| name.get().is_ok_and(|name| name == "without-scriptlets"));
            steps.findings.extend((!is_accepted).then(|| without_scriptlets(site)));
        }
        to.without_docs |= !packages.docs;
        to.without_weak_dependencies |= !packages.weak_dependencies;
    }

    fn repo_file(&mut self, asset: &Asset, site: Site, to: &mut Transaction) {
        let name = asset.path().file_name().unwrap_or_default().to_owned();
        if asset.path().extension() != Some("repo") || to.repositories.contains(&name) {
            let message =
                format!("`{asset}` is not a `.repo` file with a name of its own; dnf reads no other");
            self.steps.findings.push(Finding::fatal("repo-file", site, message));
        } else if self.steps.take(asset, &format!("{FOLDER}/repos/{name}"), site).is_some() {
            self.directory("repos");
            to.repositories.insert(name);
        }
    }

    fn repository(&mut self, repository: &Repository, site: Site, to: &mut Transaction) {
        let (Some(id), Some(url)) = (self.steps.valid(&repository.id), self.steps.valid(&repository.url))
        else {
            return;
        };
        let at = site_or(repository.id.site(), site);
        if to.repositories.contains(&format!("{id}.repo")) && !self.known.contains_key(&id) {
            let message = format!("repository `{id}` would take the place of the file `{id}.repo`");
            let finding = Finding::fatal("duplicate-repository", at, message);
            self.steps.findings.push(finding.help("give it another id"));
            return;
        }
        if let Some(first) = self.known.insert(id.clone(), at) {
            let finding =
                Finding::fatal("duplicate-repository", at, format!("repository `{id}` is given twice"));
            self.steps.findings.push(finding.also(first, "first written here").help("leave one of them out"));
            return;
        }
        let key = match repository.gpg_key.as_ref() {
            Some(given) => {
                let Some(asset) = self.steps.valid(given) else { return };
                let path = format!("{FOLDER}/keys/{id}");
                if self.steps.take(&asset, &path, site_or(given.site(), site)).is_none() {
                    return;
                }
                self.directory("keys");
                let Some(file) = self.steps.context[&path].file() else { return };
                let from = file.from.clone();
                Some(from)
            }
            None => None,
        };
        let body = |keys: &str, name: &RepositoryId| {
            let check = i32::from(repository.signed);
            let mut text = format!("[{name}]\nname={name}\nbaseurl={url}\nenabled=1\ngpgcheck={check}\n");
            if key.is_some() {
                text += &format!("gpgkey=file://{keys}/{name}\n");
            }
            text
        };
        let file = format!("{id}.repo");
        let mounted = format!("{MOUNTED}/keys");
        self.steps.context.insert(format!("{FOLDER}/repos/{file}"), text(body(&mounted, &id)));
        self.directory("repos");
        to.repositories.insert(file.clone());
        if repository.kept {
            let kept_key = key.clone().map(|from| (format!("{KEYS}/{id}"), from));
            let files = [(format!("{REPOSITORIES}/{file}"), Origin::Text(body(KEYS, &id)))];
            for (path, from) in files.into_iter().chain(kept_key) {
                // An id has no character that a path could not hold.
                self.kept.extend(ImagePath::parse(&path).ok().map(|path| Kept { path, from, site: at }));
            }
        }
    }

    fn directory(&mut self, name: &str) {
        self.steps.context.insert(format!("{FOLDER}/{name}"), Kind::Directory);
    }
}
