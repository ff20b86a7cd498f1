//! Run steps: what is run inside an image, and what it is given of this machine. Nothing here runs.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use lapstrake::entry::{Entry, EntryKind, Run, Secret, SecretSource};
use lapstrake::value::{Asset, ImagePath, SecretId, Variable};
use lapstrake::{Layer, Parsed, Site};
use lapstrake_oci::tree::Kind;
use serde::Serialize;

use super::Origin;
use super::site::{site_or, source_finding};
use crate::finding::Finding;
use crate::project::assets::{Scanned, SourceFile, Sources};
use crate::support::shell::word;
use crate::support::small_map::SmallMap;

/// A step, its values parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PlannedRun {
    pub(crate) site: Site,
    pub(crate) argv: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) environment: Vec<(Variable, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dir: Option<ImagePath>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) network: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) caches: Vec<ImagePath>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) binds: Vec<Bind>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) secrets: Vec<PlannedSecret>,
}

impl PlannedRun {
    /// Returns a step that is given nothing of this machine.
    pub(super) fn of<const N: usize>(argv: [&str; N], site: Site) -> Self {
        let argv = argv.map(str::to_owned).to_vec();
        let (environment, caches, binds, secrets) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { site, argv, environment, dir: None, network: false, caches, binds, secrets }
    }

    /// Whether something is mounted over a directory while it runs.
    pub(crate) fn mounts_directories(&self) -> bool {
        !(self.caches.is_empty() && self.binds.is_empty())
    }
}

/// What a step reads of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Bind {
    /// As the description names it.
    pub(crate) asset: Utf8PathBuf,
    /// In the context, below the folder of its layer or stage.
    #[serde(skip)]
    pub(crate) source: String,
    pub(crate) at: ImagePath,
}

/// A secret, by its name; its value is not part of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct PlannedSecret {
    pub(crate) id: SecretId,
    pub(crate) from: SecretFrom,
}

/// As podman-build(1) takes it behind `--secret`, quoted to be pasted into a shell.
impl std::fmt::Display for PlannedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.from {
            SecretFrom::Variable(name) => write!(f, "id={},env={name}", self.id),
            SecretFrom::File(path) => {
                let path = path.as_str();
                let (home, rest) = path.strip_prefix("~/").map_or(("", path), |rest| ("\"$HOME\"/", rest));
                write!(f, "id={},src={home}{}", self.id, word(rest))
            }
        }
    }
}

/// Where the value of a secret is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecretFrom {
    Variable(Variable),
    /// As it was written; a relative one starts at the workspace's root.
    File(Utf8PathBuf),
}

/// As a plan shows it.
impl std::fmt::Display for SecretFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::File(path) => path.fmt(f),
        }
    }
}

/// A file in a build context that a step reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContextFile {
    pub(crate) from: Origin,
    pub(crate) executable: bool,
}

/// Turns the steps of a layer or a stage into planned ones.
pub(super) struct Steps<'a> {
    pub(super) sources: &'a Sources,
    /// The site that is shown for one outside of the workspace.
    pub(super) fallback: Site,
    pub(super) context: BTreeMap<String, Kind<ContextFile>>,
    /// Where the secrets so far are, and who said so.
    secrets: SmallMap<SecretId, (SecretFrom, Site)>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(sources: &'a Sources, fallback: Site) -> Self {
        let (context, secrets, findings) = (BTreeMap::new(), SmallMap::new(), Vec::new());
        Self { sources, fallback, context, secrets, findings }
    }

    /// A step, as far as it can be run.
    pub(super) fn run(&mut self, run: &Run, site: Site) -> Option<PlannedRun> {
        let argv = run.argv.clone();
        if argv.is_empty() {
            self.findings.push(Finding::fatal("empty-run", site, "a run step has no program"));
            return None;
        }
        let texts = argv.iter().chain(run.env.iter().map(|(_, value)| value));
        if texts.into_iter().any(|text| text.contains('\0')) {
            let message = "a run step has a NUL, which no argument of a program can hold";
            self.findings.push(Finding::fatal("invalid-value", site, message));
            return None;
        }
        let environment = run.env.iter();
        let environment =
            environment.filter_map(|(name, value)| Some((self.valid(name)?, value.clone()))).collect();
        let dir = run.current_dir.as_ref().and_then(|dir| self.valid(dir));
        let caches = run.caches.iter().filter_map(|at| self.mount_point(at)).collect();
        let binds = run.binds.iter().filter_map(|(asset, at)| self.bind(asset, at, site)).collect();
        let secrets = run.secrets.iter().filter_map(|secret| self.secret(secret)).collect();
        Some(PlannedRun { site, argv, environment, dir, network: run.network, caches, binds, secrets })
    }

    fn bind(&mut self, asset: &Asset, at: &Parsed<ImagePath>, site: Site) -> Option<Bind> {
        let at = self.mount_point(at)?;
        let source = format!("bind-{}", self.folders("bind-"));
        self.take(asset, &source, site)?;
        Some(Bind { asset: asset.path().to_owned(), source, at })
    }

    /// A path that can be mounted over in a Containerfile, whose options end at a comma.
    fn mount_point(&mut self, at: &Parsed<ImagePath>) -> Option<ImagePath> {
        let path = self.valid(at)?;
        let unsayable =
            |c: char| c == ',' || c == '"' || c == '\\' || c == '$' || c.is_whitespace() || c.is_control();
        if path.is_root() || path.as_str().contains(unsayable) {
            let message = format!("nothing can be mounted at `{}`", path.as_str().escape_debug());
            let help = "take a directory without spaces, commas, quotes, `$` and `\\`: `/run/NAME`";
            let site = site_or(at.site(), self.fallback);
            self.findings.push(Finding::fatal("mount-point", site, message).help(help));
            return None;
        }
        Some(path)
    }

    fn secret(&mut self, secret: &Secret) -> Option<PlannedSecret> {
        let from = match &secret.source {
            SecretSource::Env(name) => SecretFrom::Variable(self.valid(name)?),
            SecretSource::File(path) => SecretFrom::File(path.clone()),
        };
        let id = self.valid(&secret.id)?;
        let site = site_or(secret.id.site(), self.fallback);
        let first = self.secrets.or_insert_with(id.clone(), || (from.clone(), site));
        if first.0 != from {
            let message = format!("secret `{id}` is another one in a step before");
            let finding = Finding::fatal("duplicate-secret", site, message);
            self.findings.push(finding.also(first.1, "first written here").help("give it another id"));
            return None;
        }
        Some(PlannedSecret { id, from })
    }

    /// How many folders of the context have a name that starts so.
    pub(super) fn folders(&self, prefix: &str) -> usize {
        self.context.keys().filter(|path| path.starts_with(prefix) && !path.contains('/')).count()
    }

    /// Takes an asset into the context, a directory with all that is in it.
    pub(super) fn take(&mut self, asset: &Asset, to: &str, site: Site) -> Option<()> {
        let file = |path: Utf8PathBuf, found: &SourceFile| ContextFile {
            from: Origin::Asset { path, host: found.path.clone() },
            executable: found.executable,
        };
        match self.sources.get(asset)? {
            Err(error) => {
                self.findings.push(source_finding(error, site));
                return None;
            }
            Ok(Scanned::File(found)) => {
                let taken = file(asset.path().to_owned(), found);
                self.context.insert(to.to_owned(), Kind::File(taken));
            }
            Ok(Scanned::Directory(members)) => {
                self.context.insert(to.to_owned(), Kind::Directory);
                for (name, member) in members {
                    let taken = member.as_ref().map(|found| file(asset.path().join(name), found));
                    self.context.insert(format!("{to}/{name}"), taken);
                }
            }
        }
        Some(())
    }

    pub(super) fn valid<T: Clone>(&mut self, given: &Parsed<T>) -> Option<T> {
        let found =
            given.get().map_err(|error| Finding::invalid(error, site_or(given.site(), self.fallback)));
        found.cloned().map_err(|finding| self.findings.push(finding)).ok()
    }
}

/// Returns the steps of a layer, in order.
pub(super) fn runs(layer: &Layer, steps: &mut Steps<'_>) -> Vec<PlannedRun> {
    let run = |entry: &Entry| match &entry.kind {
        EntryKind::Run(run) => steps.run(run, site_or(entry.site, layer.site)),
        _ => None,
    };
    layer.entries.iter().filter_map(run).collect()
}
