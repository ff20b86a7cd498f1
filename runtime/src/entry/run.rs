//! A program that runs inside the image while it is built, with its environment, mounts and secrets.

use camino::{Utf8Path, Utf8PathBuf};

use crate::Parsed;
use crate::faults::{Fault, Faults, faults};
use crate::value::{Argv, Asset, ImagePath, SecretId, Text, Variable};

/// A run step: an argument list, executed as it is, without a shell. It needs an engine, and runs as root.
///
/// ```
/// use lapstrake::{Layer, entry::{Run, Secret}};
///
/// let maps = Run::new(["maps-import", "--region", "eu"])
///     .env("LANG", "C.UTF-8")
///     .current_dir("/usr/share/maps")
///     .cache("/var/cache/maps")
///     .bind("maps/eu", "/run/maps")
///     .secret(Secret::env("maps-token", "MAPS_TOKEN"))
///     .network();
/// assert_eq!(maps.argv, ["maps-import", "--region", "eu"]);
/// assert_eq!((maps.env.len(), maps.current_dir.is_some(), maps.network), (1, true, true));
/// assert_eq!((maps.caches.len(), maps.binds.len(), maps.secrets.len()), (1, 1, 1));
/// Layer::new("maps").with(maps);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a run step runs only by `.with(…)` of a layer or a build stage"]
#[non_exhaustive]
pub struct Run {
    /// The program and its arguments.
    pub argv: Vec<String>,
    /// The environment variables, in order.
    pub env: Vec<(Parsed<Variable>, String)>,
    /// The directory that it runs in; that of the base's config if none.
    pub current_dir: Option<Parsed<ImagePath>>,
    /// Whether it reaches the network.
    pub network: bool,
    /// The directories that are kept between builds.
    pub caches: Vec<Parsed<ImagePath>>,
    /// The assets that it reads, and where.
    pub binds: Vec<(Asset, Parsed<ImagePath>)>,
    /// The secrets that it reads.
    pub secrets: Vec<Secret>,
    /// The names of the checks whose findings about the step's files are accepted.
    pub allowed: Vec<Parsed<String>>,
}

impl Run {
    /// Runs the program `argv[0]` of the image with the rest as its arguments.
    pub fn new(argv: impl Argv) -> Self {
        Self {
            argv: argv.into_argv(),
            env: Vec::new(),
            current_dir: None,
            network: false,
            caches: Vec::new(),
            binds: Vec::new(),
            secrets: Vec::new(),
            allowed: Vec::new(),
        }
    }

    /// Runs a script in the image's own shell: `/bin/sh -ec SCRIPT`. The first command that fails ends it.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let same = Run::new(["/bin/sh", "-ec", "ldconfig && rm -f /usr/lib/old"]);
    /// assert_eq!(Run::shell("ldconfig && rm -f /usr/lib/old"), same);
    /// ```
    pub fn shell(script: impl Into<String>) -> Self {
        Self::new(["/bin/sh".to_owned(), "-ec".to_owned(), script.into()])
    }

    /// Sets an environment variable for this step alone. It must not hold a secret, because the Containerfile
    /// shows it.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let step = Run::new(["locale-gen"]).env("LANG", "C.UTF-8");
    /// assert_eq!(step.env[0].1, "C.UTF-8");
    /// ```
    #[track_caller]
    pub fn env(mut self, name: impl Text<Variable>, value: impl Into<String>) -> Self {
        self.env.push((Parsed::new(name), value.into()));
        self
    }

    /// Sets the directory that it runs in, which must exist. Default: that of the base's config, usually `/`.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let step = Run::new(["make", "install"]).current_dir("/usr/src/driver");
    /// assert_eq!(step.current_dir.unwrap(), "/usr/src/driver");
    /// ```
    #[track_caller]
    pub fn current_dir(mut self, dir: impl Text<ImagePath>) -> Self {
        self.current_dir = Some(Parsed::new(dir));
        self
    }

    /// Lets the step reach the network. Default: it does not, because no lockfile pins what it would download.
    /// The steps of one layer share the network: it is on if one asks for it, or if the layer installs packages
    /// (podman-build(1), `--network`).
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert!(Run::new(["curl", "-fO", "https://registry.example/maps.tar"]).network().network);
    /// assert!(!Run::new(["ldconfig"]).network);
    /// ```
    pub fn network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Adds a directory that is kept between builds and is not in the image (Containerfile(5),
    /// `RUN --mount=type=cache`). The result of the step must not depend on its content.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert_eq!(Run::new(["pip", "install", "x"]).cache("/var/cache/pip").caches.len(), 1);
    /// ```
    #[track_caller]
    pub fn cache(mut self, at: impl Text<ImagePath>) -> Self {
        self.caches.push(Parsed::new(at));
        self
    }

    /// Adds a file or directory of the workspace that the step reads and the image does not hold
    /// (Containerfile(5), `RUN --mount=type=bind`). It is read-only. Below `/run` its mount point leaves no trace.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// let step = Run::new(["tar", "-xf", "/run/maps.tar", "-C", "/usr/share"]).bind("maps.tar", "/run/maps.tar");
    /// assert_eq!(step.binds[0].0.path(), "maps.tar");
    /// ```
    #[track_caller]
    pub fn bind(mut self, source: impl Into<Asset>, at: impl Text<ImagePath>) -> Self {
        self.binds.push((source.into(), Parsed::new(at)));
        self
    }

    /// Adds a secret that the step reads at `/run/secrets/ID`.
    ///
    /// ```
    /// # use lapstrake::entry::{Run, Secret};
    /// let step = Run::new(["fetch-maps", "--token-file", "/run/secrets/token"])
    ///     .secret(Secret::env("token", "MAPS_TOKEN"));
    /// assert_eq!(step.secrets[0].id, "token");
    /// ```
    pub fn secret(mut self, secret: Secret) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Accepts the findings of a check about the files that the step makes, by the check's name. Default: nothing is
    /// accepted.
    ///
    /// ```
    /// # use lapstrake::entry::Run;
    /// assert_eq!(Run::new(["vendor-setup"]).allow("setuid").allowed[0], "setuid");
    /// ```
    #[track_caller]
    pub fn allow(mut self, check: impl Into<String>) -> Self {
        self.allowed.push(Parsed::of(Ok(check.into())));
        self
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &Asset> {
        self.binds.iter().map(|(asset, _)| asset)
    }
}

faults!(Run { env, current_dir, caches, binds, secrets, allowed; argv, network });

/// A secret of the machine that builds.
///
/// Its value is never in a layer, the history, the Containerfile, an argument or a log. A layer, or a result of a
/// build stage, that holds it is refused, and so is a layer with a line of it with 16 bytes or more. A changed
/// secret does not rebuild a layer.
///
/// ```
/// use lapstrake::entry::{Secret, SecretSource};
///
/// let token = Secret::env("token", "MAPS_TOKEN");
/// assert_eq!(token.id, "token");
/// assert!(matches!(token.source, SecretSource::Env(_)));
/// let file = Secret::file("netrc", "~/.netrc");
/// assert_eq!(file.source, SecretSource::File("~/.netrc".into()));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a secret is read only by a step that has it, by `.secret(…)`"]
#[non_exhaustive]
pub struct Secret {
    /// Its name in `/run/secrets`.
    pub id: Parsed<SecretId>,
    /// The place of its value.
    pub source: SecretSource,
}

/// The place of a secret's value, on the machine that builds.
///
/// ```
/// use lapstrake::entry::{Secret, SecretSource};
///
/// let SecretSource::Env(name) = Secret::env("token", "MAPS_TOKEN").source else { panic!() };
/// assert_eq!(name, "MAPS_TOKEN");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum SecretSource {
    /// An environment variable.
    Env(Parsed<Variable>),
    /// A file: absolute, below `~/`, or relative to the workspace.
    File(Utf8PathBuf),
}

impl Secret {
    /// Takes the value of an environment variable.
    #[track_caller]
    pub fn env(id: impl Text<SecretId>, name: impl Text<Variable>) -> Self {
        Self { id: Parsed::new(id), source: SecretSource::Env(Parsed::new(name)) }
    }

    /// Takes the content of a file: an absolute path, one below `~/`, or one relative to the workspace.
    #[track_caller]
    pub fn file(id: impl Text<SecretId>, path: impl AsRef<Utf8Path>) -> Self {
        Self { id: Parsed::new(id), source: SecretSource::File(path.as_ref().to_owned()) }
    }
}

faults!(Secret { id, source });

impl Faults for SecretSource {
    fn faults<'a>(&'a self, found: &mut Vec<Fault<'a>>) {
        match self {
            Self::Env(name) => name.faults(found),
            Self::File(_) => {}
        }
    }
}
