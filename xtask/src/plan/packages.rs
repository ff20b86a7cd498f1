//! Reads the entries of packages into a transaction. What the package manager reads of the workspace goes into the
//! context of the layer: RPM files, repositories, their keys.

use camino::Utf8Path;
use lapstrake::entry::{EntryKind, Packages, Repository, RepositorySource};
use lapstrake::value::{Asset, ContentDigest, FetchUrl, ImagePath, ModuleStream, RepositoryId};
use lapstrake::{BuildStage, Layer, Parsed, Site};
use lapstrake_oci::Digest;
use lapstrake_oci::tree::Kind;

use super::package_tool::PackageTool;
use super::site::{site_or, source_finding};
use super::stage::Stages;
use super::step::{ContextFile, Steps};
use super::transaction::{FOLDER, KEYS, MOUNTED, REPOSITORIES, Transaction};
use super::{Fetched, Origin};
use crate::finding::Finding;
use crate::project::assets::Scanned;
use crate::support::small_map::SmallMap;

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
    stages: &mut Stages<'_>,
) -> (Option<Transaction>, Vec<Kept>) {
    let mut building = Building { kept: Vec::new(), known: SmallMap::new(), steps, stages };
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

fn without_scriptlets(site: Site) -> Finding {
    let message = "the scriptlets of these packages do not run: accounts, presets of units, alternatives and caches \
                   that they make are missing in the image";
    let help = "make what the packages need in this image, and accept it by `.allow(\"without-scriptlets\")`";
    Finding::warning("without-scriptlets", site, message).help(help)
}

fn text(text: String) -> Kind<ContextFile> {
    Kind::File(ContextFile { from: Origin::Text(text), executable: false })
}

struct Building<'a, 's, 'p> {
    kept: Vec<Kept>,
    known: SmallMap<RepositoryId, Site>,
    steps: &'s mut Steps<'a>,
    stages: &'s mut Stages<'p>,
}

impl Building<'_, '_, '_> {
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
            let at = site_or(file.site(), site);
            if let Some(name) = self.rpm_name(asset.path(), at, to)
                && self.steps.take(&asset, &format!("{FOLDER}/rpms/{name}"), at).is_some()
            {
                self.directory("rpms");
                to.rpm_files.insert(name, asset.path().to_owned());
            }
        }
        for directory in &packages.rpm_dirs {
            let Some(asset) = self.steps.valid(directory) else { continue };
            self.rpm_dir(&asset, site_or(directory.site(), site), to);
        }
        for (stage, from) in &packages.stage_rpms {
            self.stage_rpm(stage, from, site, to);
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

    /// Returns the name of an RPM file in the context, which is its own.
    fn rpm_name(&mut self, path: &Utf8Path, site: Site, to: &Transaction) -> Option<String> {
        let name = path.file_name().unwrap_or_default().to_owned();
        if path.extension() != Some("rpm")
            || name.contains(char::is_whitespace)
            || to.rpm_files.contains_key(&name)
        {
            let message = format!("`{path}` is not an RPM file with a name of its own");
            let finding = Finding::fatal("rpm-file", site, message);
            self.steps
                .findings
                .push(finding.help("name each RPM of the workspace once: `NAME-VERSION-RELEASE.ARCH.rpm`"));
            return None;
        }
        Some(name)
    }

    fn rpm_dir(&mut self, asset: &Asset, site: Site, to: &mut Transaction) {
        let members = match self.steps.sources.get(asset) {
            None => return,
            Some(Err(error)) => return self.steps.findings.push(source_finding(error, site)),
            Some(Ok(Scanned::File(_))) => {
                let finding = Finding::fatal("rpm-file", site, format!("`{asset}` is a file"));
                return self
                    .steps
                    .findings
                    .push(finding.help(format!("write `.rpm_file({:?})`", asset.path())));
            }
            Some(Ok(Scanned::Directory(members))) => members,
        };
        let mut any = false;
        for (name, member) in members {
            let path = asset.path().join(name);
            if path.extension() != Some("rpm") || path.as_str().ends_with(".src.rpm") {
                continue;
            }
            any = true;
            let Some(found) = member.file() else {
                let message = format!("`{path}` is a {}, and not an RPM file", member.name());
                self.steps.findings.push(Finding::fatal("rpm-file", site, message));
                continue;
            };
            let Some(name) = self.rpm_name(&path, site, to) else { continue };
            let from = Origin::Asset { path: path.clone(), host: found.path.clone() };
            let file = Kind::File(ContextFile { from, executable: false });
            self.steps.context.insert(format!("{FOLDER}/rpms/{name}"), file);
            self.directory("rpms");
            to.rpm_files.insert(name, path);
        }
        if !any {
            let message = format!("`{asset}` has no RPM file");
            self.steps.findings.push(Finding::fatal("rpm-file", site, message));
        }
    }

    fn stage_rpm(&mut self, stage: &BuildStage, from: &Parsed<ImagePath>, site: Site, to: &mut Transaction) {
        let Some(path) = self.steps.valid(from) else { return };
        let at = site_or(from.site(), site);
        let Some(name) = self.rpm_name(Utf8Path::new(path.as_str()), at, to) else { return };
        let Some(built) = self.stages.file(stage, path.clone(), at, &mut self.steps.findings) else { return };
        let file = ContextFile { from: Origin::Compiled(built), executable: false };
        self.steps.context.insert(format!("{FOLDER}/rpms/{name}"), Kind::File(file));
        self.directory("rpms");
        to.rpm_files.insert(name, path.as_str().into());
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
        let Some(id) = self.steps.valid(&repository.id) else { return };
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
        if let RepositorySource::File(url, digest) = &repository.from {
            let Some(from) = self.fetched(url, digest) else { return };
            self.fetched_repository(repository, (&id, from), at, to);
            return;
        }
        let Some(url) = self.url(repository, &id, at) else { return };
        let key = match (repository.gpg_key.as_ref(), &repository.fetched_key) {
            (_, Some((url, digest))) => {
                let Some(from) = self.fetched(url, digest) else { return };
                self.context_file(&format!("{FOLDER}/keys/{id}"), from.clone());
                self.directory("keys");
                Some(from)
            }
            (Some(given), None) => {
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
            (None, None) => None,
        };
        let body = |keys: &str, name: &RepositoryId| {
            let check = i32::from(repository.signed);
            let mut text = format!("[{name}]\nname={name}\nbaseurl={url}\nenabled=1\ngpgcheck={check}\n");
            if matches!(repository.from, RepositorySource::Directory(_)) {
                // The cache of metadata would not notice that the directory has changed.
                text += "metadata_expire=1\n";
            }
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

    /// Returns a file that is downloaded.
    fn fetched(&mut self, url: &Parsed<FetchUrl>, digest: &Parsed<ContentDigest>) -> Option<Origin> {
        let (url, digest) = (self.steps.valid(url), self.steps.valid(digest));
        let (url, digest) = (url?, digest?);
        let digest = Digest::parse(digest.as_str()).expect("both parsers take the same digests");
        Some(Origin::Fetched(Fetched { url: url.to_string(), digest }))
    }

    /// Takes a `.repo` file that is downloaded.
    fn fetched_repository(
        &mut self,
        repository: &Repository,
        (id, from): (&RepositoryId, Origin),
        site: Site,
        to: &mut Transaction,
    ) {
        let unused = [
            (repository.gpg_key.is_some() || repository.fetched_key.is_some(), "a key"),
            (!repository.signed, "`.unsigned()`"),
        ];
        if let Some((_, what)) = unused.into_iter().find(|(is_given, _)| *is_given) {
            let message =
                format!("repository `{id}` has {what}, and its `.repo` file states what checks its packages");
            let finding = Finding::fatal("repo-file", site, message);
            self.steps.findings.push(finding.help("name the repository by `Repository::new(ID, URL)`"));
            return;
        }
        let file = format!("{id}.repo");
        self.context_file(&format!("{FOLDER}/repos/{file}"), from.clone());
        self.directory("repos");
        if repository.kept {
            // An id has no character that a path could not hold.
            let path = ImagePath::parse(&format!("{REPOSITORIES}/{file}")).ok();
            self.kept.extend(path.map(|path| Kept { path, from, site }));
        }
        to.repositories.insert(file);
    }

    fn context_file(&mut self, path: &str, from: Origin) {
        let file = Kind::File(ContextFile { from, executable: false });
        self.steps.context.insert(path.to_owned(), file);
    }

    /// Returns the URL of a repository. A directory of the workspace is taken into the context.
    fn url(&mut self, repository: &Repository, id: &RepositoryId, site: Site) -> Option<String> {
        let given = match &repository.from {
            RepositorySource::Url(url) => return self.steps.valid(url).map(|url| url.to_string()),
            RepositorySource::Directory(given) => given,
            _ => return None,
        };
        let asset = self.steps.valid(given)?;
        let at = site_or(given.site(), site);
        if repository.kept {
            let message =
                format!("repository `{id}` is a directory of the workspace, which is not in the image");
            let finding = Finding::fatal("repo-directory", at, message);
            self.steps.findings.push(finding.help("leave `.kept()` out, or give the repository a URL"));
            return None;
        }
        let folder = format!("{FOLDER}/local/{id}");
        self.steps.take(&asset, &folder, at)?;
        self.directory("local");
        if !self.steps.context.contains_key(&format!("{folder}/repodata/repomd.xml")) {
            let message = format!("`{asset}` has no index of packages: `repodata/repomd.xml` is missing");
            let help = format!(
                "run `createrepo_c {}`, or install all of its RPM files: `.rpm_dir({:?})`",
                asset.path(),
                asset.path()
            );
            self.steps.findings.push(Finding::fatal("repo-directory", at, message).help(help));
            return None;
        }
        Some(format!("file://{MOUNTED}/local/{id}"))
    }

    fn directory(&mut self, name: &str) {
        self.steps.context.insert(format!("{FOLDER}/{name}"), Kind::Directory);
    }
}
