//! A repository of packages: where it is, and what checks its packages.

use crate::Parsed;
use crate::faults::{Fault, Faults, faults};
use crate::value::{Asset, ContentDigest, FetchUrl, Invalid, RepositoryId, RepositoryUrl, Text};

/// A repository of packages. By default it is used for this build only, and the keys of the image check the
/// signatures of its packages.
///
/// ```
/// use lapstrake::entry::{Repository, RepositorySource};
///
/// let vendor = Repository::new("vendor", "https://rpms.example/el10/$basearch")
///     .gpg_key("deploy/RPM-GPG-KEY-vendor")
///     .kept();
/// assert_eq!(vendor.id, "vendor");
/// assert!(matches!(&vendor.from, RepositorySource::Url(url) if *url == "https://rpms.example/el10/$basearch"));
/// assert!(vendor.gpg_key.is_some() && vendor.kept && vendor.signed);
/// assert!(!Repository::new("bench", "http://127.0.0.1:8000").unsigned().signed);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a repository is used only by packages that have it, by `.repository(…)`"]
#[non_exhaustive]
pub struct Repository {
    /// Its id.
    pub id: Parsed<RepositoryId>,
    /// Where its index and its packages are.
    pub from: RepositorySource,
    /// The public key of its packages.
    pub gpg_key: Option<Parsed<Asset>>,
    /// Where the public key of its packages is downloaded from, and the digest that it must have.
    pub fetched_key: Option<(Parsed<FetchUrl>, Parsed<ContentDigest>)>,
    /// Whether signatures are required.
    pub signed: bool,
    /// Whether it stays in the image.
    pub kept: bool,
}

impl Repository {
    /// Names a repository by its id and its URL.
    #[track_caller]
    pub fn new(id: impl Text<RepositoryId>, url: impl Text<RepositoryUrl>) -> Self {
        Self::of(Parsed::new(id), RepositorySource::Url(Parsed::new(url)))
    }

    /// Names a directory of the workspace that has packages and their index, `repodata`, as `createrepo_c` makes it.
    /// The transaction reads it through a mount, so that no server is needed and nothing of it is in the layer.
    ///
    /// ```
    /// use lapstrake::entry::{Packages, Repository};
    /// let local = Repository::directory("local", "rpms").unsigned();
    /// let app = Packages::install(["telematics"]).repository(local);
    /// ```
    #[track_caller]
    pub fn directory(id: impl Text<RepositoryId>, directory: impl Into<Asset>) -> Self {
        Self::of(Parsed::new(id), RepositorySource::Directory(Parsed::of(Ok(directory.into()))))
    }

    /// Downloads a `.repo` file, which must have the digest, as [`File::fetched`](super::File::fetched) downloads a file. Its
    /// id is the file's name, and it may have several repositories. The file names their keys, and whether signatures are
    /// required.
    ///
    /// ```
    /// use lapstrake::entry::{Packages, Repository};
    /// let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// let vendor = Repository::file_at("https://rpms.example/el10/vendor.repo", digest);
    /// assert_eq!(vendor.id, "vendor");
    /// let app = Packages::install(["telematics"]).repository(vendor);
    /// ```
    #[track_caller]
    pub fn file_at(url: impl Text<FetchUrl>, digest: impl Text<ContentDigest>) -> Self {
        let url = Parsed::new(url);
        let id = url.get().map_err(Clone::clone).and_then(|url: &FetchUrl| file_name(url.as_str()));
        Self::of(Parsed::of(id), RepositorySource::File(url, Parsed::new(digest)))
    }

    fn of(id: Parsed<RepositoryId>, from: RepositorySource) -> Self {
        Self { id, from, gpg_key: None, fetched_key: None, signed: true, kept: false }
    }

    /// Sets the public key that its packages are signed with: a file of the workspace, ASCII-armoured.
    #[track_caller]
    pub fn gpg_key(mut self, key: impl Into<Asset>) -> Self {
        self.gpg_key = Some(Parsed::of(Ok(key.into())));
        self.fetched_key = None;
        self
    }

    /// Downloads the public key that its packages are signed with. It must have the digest.
    ///
    /// ```
    /// # use lapstrake::entry::Repository;
    /// let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    /// let vendor = Repository::new("vendor", "https://rpms.example/el10").gpg_key_at("https://rpms.example/key", digest);
    /// assert!(vendor.fetched_key.is_some());
    /// ```
    #[track_caller]
    pub fn gpg_key_at(mut self, url: impl Text<FetchUrl>, digest: impl Text<ContentDigest>) -> Self {
        self.fetched_key = Some((Parsed::new(url), Parsed::new(digest)));
        self.gpg_key = None;
        self
    }

    /// Accepts packages without a signature. Default: they are refused.
    pub fn unsigned(mut self) -> Self {
        self.signed = false;
        self
    }

    /// Keeps it in the image: `/etc/yum.repos.d/ID.repo`, and its key in `/etc/pki/rpm-gpg`. Default: the
    /// image has neither. A directory of the workspace can't be kept. A key that packages were checked with stays in rpm's database in any case.
    pub fn kept(mut self) -> Self {
        self.kept = true;
        self
    }

    pub(super) fn assets(&self) -> impl Iterator<Item = &Asset> {
        let directory = match &self.from {
            RepositorySource::Url(_) | RepositorySource::File(..) => None,
            RepositorySource::Directory(directory) => Some(directory),
        };
        directory.into_iter().chain(&self.gpg_key).filter_map(|asset| asset.get().ok())
    }
}

/// Returns the id of the repositories of a `.repo` file: its name.
fn file_name(url: &str) -> Result<RepositoryId, Invalid> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().and_then(|name| name.strip_suffix(".repo"));
    match name {
        Some(name) => RepositoryId::parse(name),
        None => {
            Err(Invalid::whole("URL of a repository", url, "does not end with the name of a `.repo` file")
                .or("write `Repository::new(ID, URL)` for a directory with `repodata`"))
        }
    }
}

faults!(Repository { id, from, gpg_key, fetched_key; signed, kept });

/// Where a repository has its index and its packages.
///
/// ```
/// use lapstrake::entry::{Repository, RepositorySource};
/// assert!(matches!(Repository::directory("local", "rpms").from, RepositorySource::Directory(_)));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RepositorySource {
    /// A URL, the `baseurl` of dnf.conf(5).
    Url(Parsed<RepositoryUrl>),
    /// A directory of the workspace.
    Directory(Parsed<Asset>),
    /// A `.repo` file that is downloaded, and the digest that it must have.
    File(Parsed<FetchUrl>, Parsed<ContentDigest>),
}

impl Faults for RepositorySource {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        match self {
            Self::Url(url) => url.faults(found),
            Self::Directory(directory) => directory.faults(found),
            Self::File(url, digest) => {
                url.faults(found);
                digest.faults(found);
            }
        }
    }
}
