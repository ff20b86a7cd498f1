//! A program that runs inside the image while it is built, and what it is given.

use camino::{Utf8Path, Utf8PathBuf};

use crate::Given;
use crate::value::{Asset, ImagePath, Invalid, SecretId, Variable};

/// A run step: an argument list, executed as it is, without a shell. It needs an engine, and runs as root.
///
/// ```
/// use lapstrake::{Layer, entry::{Run, Secret}};
///
/// let maps = Run::new(["maps-import", "--region", "eu"])
///     .env("LANG", "C.UTF-8")
///     .dir("/usr/share/maps")
///     .cache("/var/cache/maps")
///     .bind("maps/eu", "/run/maps")
///     .secret(Secret::variable("maps-token", "MAPS_TOKEN"))
///     .network();
/// assert_eq!(maps.argv(), ["maps-import", "--region", "eu"]);
/// assert_eq!((maps.environment().len(), maps.given_dir().is_some()), (1, true));
/// assert_eq!((maps.caches().len(), maps.binds().len(), maps.secrets().len()), (1, 1, 1));
/// Layer::new("maps").with(maps);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    argv: Vec<String>,
    environment: Vec<(Given<Variable>, String)>,
    dir: Option<Given<ImagePath>>,
    network: bool,
    caches: Vec<Given<ImagePath>>,
    binds: Vec<(Asset, Given<ImagePath>)>,
    secrets: Vec<Secret>,
}

impl Run {
    /// Runs the program `argv[0]` of the image with the rest as its arguments.
    pub fn new<A: Into<String>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            dir: None,
            network: false,
            caches: Vec::new(),
            binds: Vec::new(),
            secrets: Vec::new(),
        }
    }

    /// Runs a script of the image's own shell, for those who ask for one: `/bin/sh -ec SCRIPT`. The first
    /// command that fails ends it.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let same = Run::new(["/bin/sh", "-ec", "ldconfig && rm -f /usr/lib/old"]);
    /// assert_eq!(Run::shell("ldconfig && rm -f /usr/lib/old"), same);
    /// ```
    pub fn shell(script: impl Into<String>) -> Self {
        Self::new(["/bin/sh".to_owned(), "-ec".to_owned(), script.into()])
    }

    /// Sets an environment variable for this step alone. A secret is no variable: it would be in the
    /// Containerfile.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let step = Run::new(["locale-gen"]).env("LANG", "C.UTF-8");
    /// assert_eq!(step.environment()[0].1, "C.UTF-8");
    /// ```
    #[track_caller]
    pub fn env(
        mut self,
        name: impl TryInto<Variable, Error: Into<Invalid>>,
        value: impl Into<String>,
    ) -> Self {
        self.environment.push((Given::new(name), value.into()));
        self
    }

    /// The directory it runs in, which must be there. Default: that of the base's config, mostly `/`.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let step = Run::new(["make", "install"]).dir("/usr/src/driver");
    /// assert_eq!(step.given_dir().unwrap().get().unwrap().as_str(), "/usr/src/driver");
    /// ```
    #[track_caller]
    pub fn dir(mut self, dir: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.dir = Some(Given::new(dir));
        self
    }

    /// Lets it reach the network. Default: it can't, for what is fetched is in no lock and another day is
    /// another thing. The steps of one layer share it: on if one asks, or if the layer installs packages
    /// (podman-build(1), `--network`).
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert!(Run::new(["curl", "-fO", "https://registry.example/maps.tar"]).network().has_network());
    /// ```
    pub fn network(mut self) -> Self {
        self.network = true;
        self
    }

    /// A directory that is kept between builds and is not in the image (Containerfile(5),
    /// `RUN --mount=type=cache`). What is there must not decide what the step makes.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert_eq!(Run::new(["pip", "install", "x"]).cache("/var/cache/pip").caches().len(), 1);
    /// ```
    #[track_caller]
    pub fn cache(mut self, at: impl TryInto<ImagePath, Error: Into<Invalid>>) -> Self {
        self.caches.push(Given::new(at));
        self
    }

    /// A file or directory of the workspace that the step reads and the image does not hold (Containerfile(5),
    /// `RUN --mount=type=bind`). It is read-only. Below `/run` its mount point leaves no trace.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let step = Run::new(["tar", "-xf", "/run/maps.tar", "-C", "/usr/share"]).bind("maps.tar", "/run/maps.tar");
    /// assert_eq!(step.binds()[0].0.path(), "maps.tar");
    /// ```
    #[track_caller]
    pub fn bind(
        mut self,
        source: impl Into<Asset>,
        at: impl TryInto<ImagePath, Error: Into<Invalid>>,
    ) -> Self {
        self.binds.push((source.into(), Given::new(at)));
        self
    }

    /// A secret that the step reads at `/run/secrets/ID`.
    ///
    /// ```
    /// # use lapstrake::entry::{Run, Secret};
    /// let step = Run::new(["fetch-maps", "--token-file", "/run/secrets/token"])
    ///     .secret(Secret::variable("token", "MAPS_TOKEN"));
    /// assert_eq!(step.secrets()[0].id().get().unwrap().as_str(), "token");
    /// ```
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// The program and its arguments.
    pub fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The variables that are set, in order.
    pub fn environment(&self) -> &[(Given<Variable>, String)] {
        &self.environment
    }

    /// The directory that it runs in.
    pub fn given_dir(&self) -> Option<&Given<ImagePath>> {
        self.dir.as_ref()
    }

    /// Whether it may reach the network.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert!(!Run::new(["ldconfig"]).has_network());
    /// ```
    pub fn has_network(&self) -> bool {
        self.network
    }

    /// The directories that are kept.
    pub fn caches(&self) -> &[Given<ImagePath>] {
        &self.caches
    }

    /// What of the workspace it reads, and where.
    pub fn binds(&self) -> &[(Asset, Given<ImagePath>)] {
        &self.binds
    }

    /// The secrets it reads.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.binds.iter().map(|(asset, _)| asset)
    }
}

/// A secret of the machine that builds. Its value is never in a layer, the history, the Containerfile, an
/// argument or a log; a layer, or a result of a stage, that holds it all the same is refused, and so is one
/// that holds a line of it with 16 bytes or more. It does not decide whether a layer is built again.
///
/// ```
/// use lapstrake::entry::{Secret, SecretSource};
///
/// let token = Secret::variable("token", "MAPS_TOKEN");
/// assert_eq!(token.id().get().unwrap().as_str(), "token");
/// assert!(matches!(token.source(), SecretSource::Variable(_)));
/// let file = Secret::file("netrc", "~/.netrc");
/// assert_eq!(file.source(), &SecretSource::File("~/.netrc".into()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    id: Given<SecretId>,
    source: SecretSource,
}

/// Where a secret is, on the machine that builds.
///
/// ```
/// use lapstrake::entry::{Secret, SecretSource};
///
/// let SecretSource::Variable(name) = Secret::variable("token", "MAPS_TOKEN").source().clone() else { panic!() };
/// assert_eq!(name.get().unwrap().as_str(), "MAPS_TOKEN");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum SecretSource {
    /// In an environment variable.
    Variable(Given<Variable>),
    /// In a file: absolute, below `~/`, or relative to the workspace.
    File(Utf8PathBuf),
}

impl Secret {
    /// The value of an environment variable.
    #[track_caller]
    pub fn variable(
        id: impl TryInto<SecretId, Error: Into<Invalid>>,
        name: impl TryInto<Variable, Error: Into<Invalid>>,
    ) -> Self {
        Self { id: Given::new(id), source: SecretSource::Variable(Given::new(name)) }
    }

    /// The content of a file: an absolute path, one below `~/`, or one relative to the workspace.
    #[track_caller]
    pub fn file(id: impl TryInto<SecretId, Error: Into<Invalid>>, path: impl AsRef<Utf8Path>) -> Self {
        Self { id: Given::new(id), source: SecretSource::File(path.as_ref().to_owned()) }
    }

    /// Its name in `/run/secrets`.
    pub fn id(&self) -> &Given<SecretId> {
        &self.id
    }

    /// Where it is.
    pub fn source(&self) -> &SecretSource {
        &self.source
    }
}
