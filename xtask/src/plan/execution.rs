//! What an image changes in the config of its base for containers.

use std::collections::BTreeMap;

use lapstrake::value::{ContainerUser, ImagePath, StopSignal, Variable};
use lapstrake::{Image, Parsed, Site};
use serde::Serialize;

use super::resolve::Resolver;
use super::site::site_or;
use crate::finding::Finding;

/// The instructions of a Containerfile that change the config, as far as an image has them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Execution {
    /// The variables, each once, in the order in which they are first set.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) env: Vec<(Variable, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) workdir: Option<ImagePath>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<ContainerUser>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entrypoint: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cmd: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stop_signal: Option<StopSignal>,
}

impl Execution {
    /// Whether nothing is changed.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Resolver<'_> {
    /// Returns the checks whose findings about the image as a whole are accepted.
    pub(super) fn allowed(image: &Image) -> BTreeMap<String, Site> {
        let name =
            |check: &Parsed<String>| Some((check.get().ok()?.clone(), site_or(check.site(), image.site)));
        image.allowed.iter().filter_map(name).collect()
    }

    /// Plans what the image changes in the config. The layers have been planned.
    pub(super) fn execution(&mut self, image: &Image) -> Execution {
        let given = &image.execution;
        let mut env: Vec<(Variable, String)> = Vec::new();
        for (name, value) in &given.env {
            let (name, value) = (self.valid(name, image.site), self.valid(value, image.site));
            let Some((name, value)) = name.zip(value) else { continue };
            match env.iter_mut().find(|(known, _)| *known == name) {
                Some((_, earlier)) => *earlier = value,
                None => env.push((name, value)),
            }
        }
        let site = given.workdir.as_ref().map_or(image.site, |path| site_or(path.site(), image.site));
        let execution = Execution {
            env,
            workdir: given.workdir.as_ref().and_then(|path| self.valid(path, image.site)),
            user: given.user.as_ref().and_then(|user| self.valid(user, image.site)),
            entrypoint: given.entrypoint.as_ref().map(|arguments| arguments.0.clone()),
            cmd: given.cmd.as_ref().map(|arguments| arguments.0.clone()),
            stop_signal: given.stop_signal.as_ref().and_then(|signal| self.valid(signal, image.site)),
        };
        self.findings.extend(execution.workdir.as_ref().and_then(|path| self.missing_workdir(path, site)));
        self.findings.extend(ignored(image, &execution));
        execution
    }

    /// Returns a finding if the directory is missing. podman would make it, some versions in a layer of its own.
    fn missing_workdir(&self, path: &ImagePath, site: Site) -> Option<Finding> {
        let found = self.merged.follow(path).ok();
        let is_directory = |path: &ImagePath| {
            path.is_root() || self.merged.get(path).is_some_and(|found| found.node.kind.is_directory())
        };
        if found.as_ref().is_some_and(is_directory) || self.unseen.is_some() {
            return None;
        }
        let message = format!("`{path}` is not a directory of the image, and containers start in it");
        let finding = Finding::fatal("workdir-missing", site, message).at(path);
        Some(finding.help(format!("add it to a layer: `.dir(\"{path}\")`")))
    }
}

/// Returns the warning about what bootc ignores.
fn ignored(image: &Image, execution: &Execution) -> Option<Finding> {
    let Execution { env, workdir, user, entrypoint, cmd, stop_signal } = execution;
    let name = env.first().map(|(name, value)| format!("{name}={value}"));
    let said: Vec<(&str, String)> = [
        name.map(|pair| ("ENV", format!("`Conf::environment(\"NAME\", [{pair:?}])`"))),
        workdir.as_ref().map(|path| ("WORKDIR", format!("`WorkingDirectory={path}` in a unit"))),
        user.as_ref().map(|user| ("USER", format!("`User={user}` in a unit"))),
        entrypoint.as_ref().map(|_| ("ENTRYPOINT", "`ExecStart=` in a unit".to_owned())),
        cmd.as_ref().map(|_| ("CMD", "`ExecStart=` in a unit".to_owned())),
        stop_signal.as_ref().map(|signal| ("STOPSIGNAL", format!("`KillSignal={signal}` in a unit"))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let (_, first) = said.first()?;
    if image.allowed.iter().any(|check| *check == "container-config") {
        return None;
    }
    let names: Vec<_> = said.iter().map(|(name, _)| *name).collect();
    let message = format!("bootc ignores {} of an image: only its containers have it", names.join(", "));
    let help = format!(
        "for services write {first}; if containers are meant: `.allow(\"container-config\")` of the image"
    );
    Some(Finding::warning("container-config", site(image), message).help(help))
}

/// Returns the place of the first value that has one.
fn site(image: &Image) -> Site {
    let given = &image.execution;
    let env = given.env.first().map(|(name, _)| name.site());
    let workdir = given.workdir.as_ref().map(Parsed::site);
    let user = given.user.as_ref().map(Parsed::site);
    let signal = given.stop_signal.as_ref().map(Parsed::site);
    env.or(workdir).or(user).or(signal).map_or(image.site, |site| site_or(site, image.site))
}
