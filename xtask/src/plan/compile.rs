//! Which commands of cargo a plan needs: one for each distinct profile, target and feature set. It only
//! names binaries; nothing is compiled here.

use std::collections::BTreeSet;

use lapstrake::Site;
use lapstrake::entry::Bin;
use lapstrake::suggest::did_you_mean;
use lapstrake::value::Architecture;
use serde::Serialize;

use super::Artefact;
use crate::finding::Finding;
use crate::project::workspace::Workspace;

/// What the command line says of every invocation.
#[derive(Debug, Clone, Default)]
pub(crate) struct CargoOptions {
    pub(crate) profile: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) features: Vec<String>,
}

/// One `cargo build`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Invocation {
    pub(crate) profile: String,
    /// None builds for the host as a plain `cargo build` does, so that both share their artefacts.
    pub(crate) target: Option<String>,
    pub(crate) default_features: bool,
    /// `package/feature`, and what `--features` gave.
    pub(crate) features: BTreeSet<String>,
    /// `package@version`.
    pub(crate) packages: BTreeSet<String>,
    pub(crate) bins: BTreeSet<String>,
}

impl Invocation {
    /// The arguments of cargo that say what to build; how is up to the caller.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["build".to_owned(), "--profile".to_owned(), self.profile.clone()];
        let mut option = |name: &str, value: &str| arguments.extend([name.to_owned(), value.to_owned()]);
        if let Some(target) = &self.target {
            option("--target", target);
        }
        for package in &self.packages {
            option("-p", package);
        }
        // By name, so that a binary whose required features are off is an error and not left out.
        for bin in &self.bins {
            option("--bin", bin);
        }
        if !self.features.is_empty() {
            let features: Vec<_> = self.features.iter().map(String::as_str).collect();
            option("--features", &features.join(","));
        }
        if !self.default_features {
            arguments.push("--no-default-features".to_owned());
        }
        arguments
    }
}

/// The invocations of a plan as they come together.
pub(super) struct Invocations<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) options: &'a CargoOptions,
    pub(super) architecture: Architecture,
    pub(super) list: Vec<Invocation>,
}

impl Invocations<'_> {
    /// The artefact that a described binary is, and its invocation made sure of.
    pub(super) fn artefact(&mut self, bin: &Bin, site: Site) -> Result<Artefact, Finding> {
        let package = self.package(bin, site)?;
        let known = &self.workspace.packages[&package];
        let bin_name = bin.name.to_string();
        for feature in bin.features.iter().map(ToString::to_string) {
            if !feature.contains('/') && !known.features.contains(&feature) {
                let message = format!("package `{package}` has no feature `{feature}`");
                let help = did_you_mean(&feature, &known.features);
                return Err(Finding::fatal("unknown-feature", site, message).help_if(help));
            }
        }
        let foreign = || {
            (Architecture::host() != Some(self.architecture)).then(|| self.architecture.target().to_owned())
        };
        let qualified = bin.features.iter().map(|feature| format!("{package}/{feature}"));
        let wanted = Invocation {
            profile: bin
                .profile
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| self.options.profile.clone())
                .unwrap_or_else(|| "release".to_owned()),
            target: bin
                .target
                .as_ref()
                .map(ToString::to_string)
                .or_else(|| self.options.target.clone())
                .or_else(foreign),
            default_features: bin.default_features,
            features: qualified.chain(self.options.features.iter().cloned()).collect(),
            packages: BTreeSet::new(),
            bins: BTreeSet::new(),
        };
        let same = |known: &Invocation| {
            known.profile == wanted.profile
                && known.target == wanted.target
                && known.default_features == wanted.default_features
                && known.features == wanted.features
                && !self.would_collide(known, &package, &bin_name)
        };
        let index = self.list.iter().position(same).unwrap_or_else(|| {
            self.list.push(wanted);
            self.list.len() - 1
        });
        let invocation = &mut self.list[index];
        invocation.packages.insert(format!("{package}@{}", known.version));
        invocation.bins.insert(bin_name.clone());
        Ok(Artefact { package, bin: bin_name, invocation: index })
    }

    /// Whether an invocation can't build this binary too: `--bin NAME` builds it in every package of the
    /// command, all into one file.
    fn would_collide(&self, invocation: &Invocation, package: &str, bin: &str) -> bool {
        let bins = |package: &str| self.workspace.packages.get(package).map_or(&[][..], |known| &known.bins);
        let others = invocation.packages.iter().filter_map(|spec| spec.split('@').next());
        let mut others = others.filter(|other| *other != package);
        let is_new = !invocation.packages.iter().any(|spec| spec.split('@').next() == Some(package));
        others.any(|other| bins(other).iter().any(|known| known == bin))
            || is_new && bins(package).iter().any(|own| invocation.bins.contains(own))
    }

    /// The package that a binary belongs to.
    fn package(&self, bin: &Bin, site: Site) -> Result<String, Finding> {
        let packages = &self.workspace.packages;
        let bin_name = bin.name.to_string();
        let has = |name: &String| packages[name].bins.contains(&bin_name);
        if let Some(name) = bin.package.as_ref().map(ToString::to_string) {
            let Some((name, package)) = packages.get_key_value(&name) else {
                let help = did_you_mean(&name, packages.keys());
                let message = format!("the workspace has no package `{name}`");
                return Err(Finding::fatal("unknown-package", site, message).help_if(help));
            };
            if !has(name) {
                let message = format!("package `{name}` has no binary `{bin_name}`");
                let elsewhere = packages.keys().find(|other| has(other));
                let help = match elsewhere {
                    Some(other) => Some(format!("write `.package({other:?})`")),
                    None => did_you_mean(&bin_name, &package.bins)
                        .or_else(|| Some(listed(&format!("package `{name}`"), package.bins.iter()))),
                };
                return Err(Finding::fatal("unknown-binary", site, message).help_if(help));
            }
            return Ok(name.clone());
        }
        let having: Vec<_> = packages.keys().filter(|name| has(name)).collect();
        match having[..] {
            [one] => Ok(one.clone()),
            [] => {
                let bins = packages.values().flat_map(|package| &package.bins);
                let root = format!("the workspace `{}`", self.workspace.root);
                let help = did_you_mean(&bin_name, bins.clone()).or_else(|| Some(listed(&root, bins)));
                let message = format!("the workspace has no binary `{bin_name}`");
                Err(Finding::fatal("unknown-binary", site, message).help_if(help))
            }
            [first, ..] => {
                let names: Vec<_> = having.iter().map(|name| format!("`{name}`")).collect();
                let message = format!("binary `{bin_name}` is in several packages: {}", names.join(", "));
                let help = format!("write `Bin::new({bin_name:?}).package({first:?})`");
                Err(Finding::fatal("ambiguous-binary", site, message).help(help))
            }
        }
    }
}

/// Returns the binaries that exist, where none has a similar name.
fn listed<'a>(owner: &str, bins: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<_> = bins.take(20).map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        format!("{owner} has no binary: add a `src/main.rs` or a `[[bin]]`")
    } else {
        format!("{owner} has {}", names.join(", "))
    }
}
