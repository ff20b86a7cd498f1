//! Packages of the base's distribution, and where they come from.

use crate::Given;
use crate::value::{Asset, Invalid, PackageSpec, RepositoryId, RepositoryUrl};

/// What the base's package manager installs, removes and swaps. All that a layer says of packages is one
/// transaction. It needs an engine: the package manager runs inside the image.
///
/// ```
/// use lapstrake::entry::{Packages, Repository};
///
/// let platform = Packages::new(["vsomeip3", "chrony-4.5"])
///     .remove(["nano"])
///     .swap("coreutils-single", "coreutils")
///     .rpm_file("vendor/diagnostics-2.1-1.noarch.rpm")
///     .repository(Repository::new("vendor", "https://rpms.example/el10/$basearch").gpg_key("deploy/RPM-GPG-KEY"))
///     .repo_file("deploy/nightly.repo")
///     .without_docs()
///     .without_weak_dependencies();
/// assert_eq!((platform.install().len(), platform.given_remove().len(), platform.given_swap().len()), (2, 1, 1));
/// assert_eq!(platform.given_rpm_files().len(), 1);
/// assert_eq!((platform.repositories().len(), platform.given_repo_files().len()), (1, 1));
/// assert!(!platform.has_docs() && !platform.has_weak_dependencies());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Packages {
    install: Vec<Given<PackageSpec>>,
    remove: Vec<Given<PackageSpec>>,
    swap: Vec<(Given<PackageSpec>, Given<PackageSpec>)>,
    rpm_files: Vec<Given<Asset>>,
    repositories: Vec<Repository>,
    repo_files: Vec<Given<Asset>>,
    docs: bool,
    weak_dependencies: bool,
}

impl Packages {
    /// Installs these. A version is pinned as dnf has it, `chrony-4.5`; what all of them come to,
    /// dependencies too, is pinned by `lapstrake.lock`.
    ///
    /// ```
    /// use lapstrake::{Layer, entry::Packages};
    /// let layer = Layer::new("platform").with(Packages::new(["vsomeip3"]));
    /// assert_eq!(layer, Layer::new("platform").packages(["vsomeip3"]));
    /// ```
    #[track_caller]
    pub fn new<P>(packages: impl IntoIterator<Item = P>) -> Self
    where
        P: TryInto<PackageSpec, Error: Into<Invalid>>,
    {
        Self {
            install: Given::all(packages),
            remove: Vec::new(),
            swap: Vec::new(),
            rpm_files: Vec::new(),
            repositories: Vec::new(),
            repo_files: Vec::new(),
            docs: true,
            weak_dependencies: true,
        }
    }

    /// Removes these, and what was there for their sake alone.
    #[track_caller]
    pub fn remove<P>(mut self, packages: impl IntoIterator<Item = P>) -> Self
    where
        P: TryInto<PackageSpec, Error: Into<Invalid>>,
    {
        self.remove.extend(Given::all(packages));
        self
    }

    /// Removes the one and installs the other, which may conflict with it (dnf(8), "Swap Command").
    #[track_caller]
    pub fn swap(
        mut self,
        from: impl TryInto<PackageSpec, Error: Into<Invalid>>,
        to: impl TryInto<PackageSpec, Error: Into<Invalid>>,
    ) -> Self {
        self.swap.push((Given::new(from), Given::new(to)));
        self
    }

    /// Installs an RPM file of the workspace. Its dependencies come from the repositories; its signature is
    /// not asked for, as dnf's `localpkg_gpgcheck` has it by default.
    #[track_caller]
    pub fn rpm_file(mut self, file: impl Into<Asset>) -> Self {
        self.rpm_files.push(Given::of(Ok(file.into())));
        self
    }

    /// Adds a repository to those that the image has.
    pub fn repository(mut self, repository: Repository) -> Self {
        self.repositories.push(repository);
        self
    }

    /// Adds the repositories of a `.repo` file of the workspace, for this build only. One that shall stay is
    /// laid as a file, too: `.file("deploy/vendor.repo", "/etc/yum.repos.d/vendor.repo")`.
    #[track_caller]
    pub fn repo_file(mut self, file: impl Into<Asset>) -> Self {
        self.repo_files.push(Given::of(Ok(file.into())));
        self
    }

    /// Leaves out what packages mark as documentation (dnf.conf(5), `tsflags=nodocs`). Default: it is
    /// installed. One entry that says so is enough for its layer.
    pub fn without_docs(mut self) -> Self {
        self.docs = false;
        self
    }

    /// Leaves out what packages only recommend (dnf.conf(5), `install_weak_deps`). Default: as the base
    /// has it. One entry that says so is enough for its layer.
    pub fn without_weak_dependencies(mut self) -> Self {
        self.weak_dependencies = false;
        self
    }

    /// What is installed.
    pub fn install(&self) -> &[Given<PackageSpec>] {
        &self.install
    }

    /// What is removed.
    pub fn given_remove(&self) -> &[Given<PackageSpec>] {
        &self.remove
    }

    /// What goes for what.
    pub fn given_swap(&self) -> &[(Given<PackageSpec>, Given<PackageSpec>)] {
        &self.swap
    }

    /// The RPM files.
    pub fn given_rpm_files(&self) -> &[Given<Asset>] {
        &self.rpm_files
    }

    /// The repositories that are added.
    pub fn repositories(&self) -> &[Repository] {
        &self.repositories
    }

    /// The `.repo` files.
    pub fn given_repo_files(&self) -> &[Given<Asset>] {
        &self.repo_files
    }

    /// Whether documentation is installed.
    pub fn has_docs(&self) -> bool {
        self.docs
    }

    /// Whether recommended packages are installed, where the base wants them.
    pub fn has_weak_dependencies(&self) -> bool {
        self.weak_dependencies
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        let files = self.rpm_files.iter().chain(&self.repo_files).filter_map(|file| file.get().ok());
        files.chain(self.repositories.iter().filter_map(Repository::key_asset))
    }
}

/// A repository of packages. Default: for this build only, signatures checked by the keys that the image
/// has.
///
/// ```
/// use lapstrake::entry::Repository;
///
/// let vendor = Repository::new("vendor", "https://rpms.example/el10/$basearch")
///     .gpg_key("deploy/RPM-GPG-KEY-vendor")
///     .kept();
/// assert_eq!(vendor.id().get().unwrap().as_str(), "vendor");
/// assert_eq!(vendor.url().get().unwrap().as_str(), "https://rpms.example/el10/$basearch");
/// assert!(vendor.given_gpg_key().is_some() && vendor.is_kept() && vendor.is_signed());
/// assert!(!Repository::new("bench", "http://127.0.0.1:8000").unsigned().is_signed());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Repository {
    id: Given<RepositoryId>,
    url: Given<RepositoryUrl>,
    gpg_key: Option<Given<Asset>>,
    signed: bool,
    kept: bool,
}

impl Repository {
    /// The repository at that URL, by that id.
    #[track_caller]
    pub fn new(
        id: impl TryInto<RepositoryId, Error: Into<Invalid>>,
        url: impl TryInto<RepositoryUrl, Error: Into<Invalid>>,
    ) -> Self {
        Self { id: Given::new(id), url: Given::new(url), gpg_key: None, signed: true, kept: false }
    }

    /// The public key that its packages are signed by: a file of the workspace, ASCII-armoured.
    #[track_caller]
    pub fn gpg_key(mut self, key: impl Into<Asset>) -> Self {
        self.gpg_key = Some(Given::of(Ok(key.into())));
        self
    }

    /// Takes packages that nobody signed. Default: they are refused.
    pub fn unsigned(mut self) -> Self {
        self.signed = false;
        self
    }

    /// Leaves it in the image: `/etc/yum.repos.d/ID.repo`, and its key in `/etc/pki/rpm-gpg`. Default: the
    /// image has neither; a key that packages were checked by stays in rpm's database all the same.
    pub fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    /// Its id.
    pub fn id(&self) -> &Given<RepositoryId> {
        &self.id
    }

    /// Where it is.
    pub fn url(&self) -> &Given<RepositoryUrl> {
        &self.url
    }

    /// Its key.
    pub fn given_gpg_key(&self) -> Option<&Given<Asset>> {
        self.gpg_key.as_ref()
    }

    /// Whether signatures are asked for.
    pub fn is_signed(&self) -> bool {
        self.signed
    }

    /// Whether it stays in the image.
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    fn key_asset(&self) -> Option<&Asset> {
        self.gpg_key.as_ref().and_then(|key| key.get().ok())
    }
}
