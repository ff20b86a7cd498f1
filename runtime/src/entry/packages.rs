//! Packages of the base's distribution, and the repositories that have them.

use super::{BuildStage, Repository};
use crate::Parsed;
use crate::faults::faults;
use crate::value::{Asset, ImagePath, ModuleStream, PackageSpec, RepositoryId, Text, Texts};

/// The packages that the base's package manager installs, removes and swaps.
///
/// Each of [`install`](Self::install), [`remove`](Self::remove) and [`swap`](Self::swap) starts an entry; the
/// methods add to it. All entries of a layer are one transaction. It needs an engine, because the package
/// manager runs inside the image.
///
/// ```
/// use lapstrake::entry::{Packages, Repository};
///
/// let platform = Packages::install(["vsomeip3", "chrony-4.5"])
///     .and_remove(["nano"])
///     .and_swap("coreutils-single", "coreutils")
///     .rpm_file("vendor/diagnostics-2.1-1.noarch.rpm")
///     .repository(Repository::new("vendor", "https://rpms.example/el10/$basearch").gpg_key("deploy/RPM-GPG-KEY"))
///     .repo_file("deploy/nightly.repo")
///     .enable_repository("crb")
///     .without_docs()
///     .without_weak_dependencies();
/// assert_eq!((platform.install.len(), platform.remove.len(), platform.swap.len()), (2, 1, 1));
/// assert_eq!(platform.rpm_files.len(), 1);
/// assert_eq!((platform.repositories.len(), platform.repo_files.len()), (1, 1));
/// assert_eq!(platform.enabled_repositories.len(), 1);
/// assert!(!platform.docs && !platform.weak_dependencies);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "packages are part of an image only by `.with(…)` of a layer"]
#[non_exhaustive]
pub struct Packages {
    /// The packages that are installed.
    pub install: Vec<Parsed<PackageSpec>>,
    /// The packages that are removed.
    pub remove: Vec<Parsed<PackageSpec>>,
    /// The packages that are replaced, and their replacements.
    pub swap: Vec<(Parsed<PackageSpec>, Parsed<PackageSpec>)>,
    /// The RPM files that are installed.
    pub rpm_files: Vec<Parsed<Asset>>,
    /// The directories whose RPM files are installed.
    pub rpm_dirs: Vec<Parsed<Asset>>,
    /// The build stages whose RPM files are installed, each with the path of the file.
    pub stage_rpms: Vec<(BuildStage, Parsed<ImagePath>)>,
    /// The repositories that are added.
    pub repositories: Vec<Repository>,
    /// The `.repo` files that are added.
    pub repo_files: Vec<Parsed<Asset>>,
    /// The repositories of the image that are enabled for this build.
    pub enabled_repositories: Vec<Parsed<RepositoryId>>,
    /// The module streams that are enabled.
    pub modules: Vec<Parsed<ModuleStream>>,
    /// Whether all packages of the layers below are upgraded first.
    pub upgrade_all: bool,
    /// Whether the solver may remove installed packages that conflict with new ones.
    pub allow_erasing: bool,
    /// Whether the scriptlets of packages run.
    pub scriptlets: bool,
    /// Whether documentation is installed.
    pub docs: bool,
    /// Whether recommended packages are installed, if the base wants them.
    pub weak_dependencies: bool,
    /// The names of the checks whose findings about the packages' files are accepted.
    pub allowed: Vec<Parsed<String>>,
}

impl Packages {
    /// Installs these. `@` starts a group: `@core`, `@Development Tools`. dnf pins a version by `chrony-4.5`; `lapstrake.lock` pins the versions of all packages
    /// that are installed, dependencies too.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Packages};
    /// let layer = Layer::new("platform").with(Packages::install(["vsomeip3"]));
    /// assert_eq!(layer, Layer::new("platform").packages(["vsomeip3"]));
    /// ```
    #[track_caller]
    pub fn install(packages: impl Texts<PackageSpec>) -> Self {
        Self { install: Parsed::all(packages), ..Self::default() }
    }

    /// Removes these, and the packages that only they required.
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// assert_eq!(Packages::remove(["nano"]), Packages::default().and_remove(["nano"]));
    /// ```
    #[track_caller]
    pub fn remove(packages: impl Texts<PackageSpec>) -> Self {
        Self { remove: Parsed::all(packages), ..Self::default() }
    }

    /// Removes `from` and installs `to`, which may conflict with it (dnf(8), "Swap Command").
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// let swap = Packages::swap("coreutils-single", "coreutils");
    /// assert_eq!(swap, Packages::default().and_swap("coreutils-single", "coreutils"));
    /// ```
    #[track_caller]
    pub fn swap(from: impl Text<PackageSpec>, to: impl Text<PackageSpec>) -> Self {
        Self { swap: vec![(Parsed::new(from), Parsed::new(to))], ..Self::default() }
    }

    /// Installs these, too.
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// let both = Packages::remove(["nano"]).and_install(["vim"]);
    /// assert_eq!(both, Packages::install(["vim"]).and_remove(["nano"]));
    /// ```
    #[track_caller]
    pub fn and_install(mut self, packages: impl Texts<PackageSpec>) -> Self {
        self.install.extend(Parsed::all(packages));
        self
    }

    /// Removes these, too.
    #[track_caller]
    pub fn and_remove(mut self, packages: impl Texts<PackageSpec>) -> Self {
        self.remove.extend(Parsed::all(packages));
        self
    }

    /// Replaces a package, too.
    #[track_caller]
    pub fn and_swap(mut self, from: impl Text<PackageSpec>, to: impl Text<PackageSpec>) -> Self {
        self.swap.push((Parsed::new(from), Parsed::new(to)));
        self
    }

    /// Installs an RPM file of the workspace. Its dependencies come from the repositories. Its signature is not
    /// checked, as with dnf's default of `localpkg_gpgcheck`.
    #[track_caller]
    pub fn rpm_file(mut self, file: impl Into<Asset>) -> Self {
        self.rpm_files.push(Parsed::of(Ok(file.into())));
        self
    }

    /// Installs all RPM files in a directory of the workspace, at any depth, as [`rpm_file`](Self::rpm_file) does. Source
    /// packages (`.src.rpm`) and other files are left out.
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// assert_eq!(Packages::default().rpm_dir("artifacts").rpm_dirs.len(), 1);
    /// ```
    #[track_caller]
    pub fn rpm_dir(mut self, directory: impl Into<Asset>) -> Self {
        self.rpm_dirs.push(Parsed::of(Ok(directory.into())));
        self
    }

    /// Installs the RPM file that a build stage has at `from` after its last step, as [`rpm_file`](Self::rpm_file) does.
    ///
    /// ```
    /// use lapstrake::{Base, BuildStage, entry::{Packages, Run}};
    ///
    /// let stage = BuildStage::on(Base::registry("registry.example/autosd-gcc:1"))
    ///     .source("canfw", "/src")
    ///     .with(Run::shell("rpmbuild -bb /src/canfw.spec && mv ~/rpmbuild/RPMS/*/canfw-*.rpm /out/canfw.rpm"));
    /// assert_eq!(Packages::default().rpm_from_stage(stage, "/out/canfw.rpm").stage_rpms.len(), 1);
    /// ```
    #[track_caller]
    pub fn rpm_from_stage(mut self, stage: BuildStage, from: impl Text<ImagePath>) -> Self {
        self.stage_rpms.push((stage, Parsed::new(from)));
        self
    }

    /// Adds a repository to those that the image has.
    pub fn repository(mut self, repository: Repository) -> Self {
        self.repositories.push(repository);
        self
    }

    /// Adds the repositories of a `.repo` file of the workspace, for this build only. To keep them in the image,
    /// also add the file: `.file("deploy/vendor.repo", "/etc/yum.repos.d/vendor.repo")`.
    #[track_caller]
    pub fn repo_file(mut self, file: impl Into<Asset>) -> Self {
        self.repo_files.push(Parsed::of(Ok(file.into())));
        self
    }

    /// Enables a repository that the image has but does not use, for this build only (dnf(8), `--enablerepo`).
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// let tools = Packages::install(["ninja-build"]).enable_repository("crb");
    /// assert_eq!(tools.enabled_repositories[0], "crb");
    /// ```
    #[track_caller]
    pub fn enable_repository(mut self, id: impl Text<RepositoryId>) -> Self {
        self.enabled_repositories.push(Parsed::new(id));
        self
    }

    /// Enables a stream of a module before anything is installed (dnf(8), "Module Command"), so that its packages
    /// are those of the stream. It stays enabled in the image, in `/etc/dnf/modules.d`. A profile is installed as a
    /// package: `@php:8.2/common`.
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// let php = Packages::install(["php-fpm"]).module("php:8.2");
    /// assert_eq!(php.modules[0], "php:8.2");
    /// ```
    #[track_caller]
    pub fn module(mut self, stream: impl Text<ModuleStream>) -> Self {
        self.modules.push(Parsed::new(stream));
        self
    }

    /// Upgrades all packages of the layers below before the others are installed and removed, in a transaction of its
    /// own. `lapstrake.lock` pins what is upgraded. A new kernel stays beside that of the base, which the check
    /// `kernel` reports. Default: a package is upgraded only if another requires it.
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// assert!(Packages::default().upgrade_all().upgrade_all);
    /// ```
    pub fn upgrade_all(mut self) -> Self {
        self.upgrade_all = true;
        self
    }

    /// Lets the package manager remove installed packages that conflict with new ones (dnf(8), `--allowerasing`).
    /// Default: a conflict fails the build.
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// assert!(Packages::install(["coreutils"]).allow_erasing().allow_erasing);
    /// ```
    pub fn allow_erasing(mut self) -> Self {
        self.allow_erasing = true;
        self
    }

    /// Runs no scriptlet of a package (dnf.conf(5), `tsflags=noscripts`). What scriptlets do is missing in the image:
    /// accounts, presets of units, alternatives, rebuilt caches. So this is a warning, `without-scriptlets`, unless
    /// the entry has `.allow("without-scriptlets")`. Default: they run. One entry with this option is enough for its
    /// layer.
    ///
    /// ```
    /// use lapstrake::entry::Packages;
    /// assert!(!Packages::install(["firmware"]).without_scriptlets().scriptlets);
    /// ```
    pub fn without_scriptlets(mut self) -> Self {
        self.scriptlets = false;
        self
    }

    /// Leaves out the files that packages mark as documentation (dnf.conf(5), `tsflags=nodocs`). Default: they
    /// are installed. One entry with this option is enough for its layer.
    pub fn without_docs(mut self) -> Self {
        self.docs = false;
        self
    }

    /// Leaves out the packages that others only recommend (dnf.conf(5), `install_weak_deps`). Default: the
    /// base's setting. One entry with this option is enough for its layer.
    pub fn without_weak_dependencies(mut self) -> Self {
        self.weak_dependencies = false;
        self
    }

    /// Accepts the findings of a check about the files that the packages bring, by the check's name. Default: nothing is
    /// accepted.
    ///
    /// ```
    /// # use lapstrake::entry::Packages;
    /// assert_eq!(Packages::install(["httpd"]).allow("var-tmpfiles").allowed[0], "var-tmpfiles");
    /// ```
    #[track_caller]
    pub fn allow(mut self, check: impl Into<String>) -> Self {
        self.allowed.push(Parsed::of(Ok(check.into())));
        self
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        let files = self.rpm_files.iter().chain(&self.rpm_dirs).chain(&self.repo_files);
        files.filter_map(|file| file.get().ok()).chain(self.repositories.iter().flat_map(Repository::assets))
    }
}

/// A transaction that changes nothing, to add to.
impl Default for Packages {
    fn default() -> Self {
        Self {
            install: Vec::new(),
            remove: Vec::new(),
            swap: Vec::new(),
            rpm_files: Vec::new(),
            rpm_dirs: Vec::new(),
            stage_rpms: Vec::new(),
            repositories: Vec::new(),
            repo_files: Vec::new(),
            enabled_repositories: Vec::new(),
            modules: Vec::new(),
            upgrade_all: false,
            allow_erasing: false,
            scriptlets: true,
            docs: true,
            weak_dependencies: true,
            allowed: Vec::new(),
        }
    }
}

faults!(Packages {
    install, remove, swap, rpm_files, rpm_dirs, stage_rpms, repositories, repo_files, enabled_repositories, modules, allowed;
    upgrade_all, allow_erasing, scriptlets, docs, weak_dependencies
});
