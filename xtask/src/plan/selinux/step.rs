//! The step that compiles the policy of a layer: one run of semodule(8) for all changes.

use camino::Utf8Path;
use lapstrake::entry::{Selinux, Source};
use lapstrake::value::ImagePath;
use lapstrake::{Layer, Site};
use lapstrake_oci::tree::Kind;

use super::changes;
use crate::plan::Origin;
use crate::plan::stage::{self, Stages};
use crate::plan::step::{Bind, ContextFile, PlannedRun, Steps};

/// The folder of the context with the modules, and where `semodule` finds them.
const FOLDER: &str = "selinux";
const MOUNTED: &str = "/run/selinux-modules";

/// Returns the step that compiles the policy, if a change needs it.
pub(in crate::plan) fn compile_policy(
    layer: &Layer,
    compiler: &str,
    steps: &mut Steps<'_>,
    stages: &mut Stages<'_>,
) -> Option<PlannedRun> {
    let (_, site) = changes(layer).find(|(change, _)| change.needs_compiler())?;
    let mut argv = vec![compiler.to_owned(), "--noreload".to_owned()];
    for (change, site) in changes(layer) {
        let Some(name) = module_name(change) else { continue };
        let file = match change {
            Selinux::Module(source) => {
                let extension = module_file(source).and_then(Utf8Path::extension).unwrap_or("cil");
                let file = format!("{name}.{extension}");
                if take(source, &format!("{FOLDER}/{file}"), site, steps, stages).is_none() {
                    continue;
                }
                file
            }
            Selinux::Permissive(domain) => {
                let Ok(domain) = domain.get() else { continue };
                let file = format!("{name}.cil");
                let from = Origin::Text(format!("(typepermissive {domain})\n"));
                let content = Kind::File(ContextFile { from, executable: false });
                steps.context.insert(format!("{FOLDER}/{file}"), content);
                file
            }
            _ => continue,
        };
        argv.push(format!("--install={MOUNTED}/{file}"));
    }
    let mut binds = Vec::new();
    if argv.len() == 2 {
        // An installation builds the policy, and is refused beside this option.
        argv.push("--build".to_owned());
    } else {
        steps.context.insert(FOLDER.to_owned(), Kind::Directory);
        let at = ImagePath::parse(MOUNTED).expect("it is a path");
        binds.push(Bind { asset: "modules of the policy".into(), source: FOLDER.to_owned(), at });
    }
    let (environment, caches, secrets) = (Vec::new(), Vec::new(), Vec::new());
    Some(PlannedRun { site, argv, environment, dir: None, network: false, caches, binds, secrets })
}

/// Puts the file of a module into the context.
fn take(source: &Source, at: &str, site: Site, steps: &mut Steps<'_>, stages: &mut Stages<'_>) -> Option<()> {
    match source {
        Source::Asset(asset) => steps.take(asset, at, site).map(drop),
        Source::BuildStage(stage, from) => {
            let from = stage::path(from, site, &mut steps.findings)?;
            let from = Origin::Compiled(stages.file(stage, from, site, &mut steps.findings)?);
            let content = Kind::File(ContextFile { from, executable: false });
            steps.context.insert(at.to_owned(), content);
            Some(())
        }
        // No call makes a module of them.
        Source::Text(_) | Source::Fetched(..) => None,
    }
}

/// Returns the path of a module's file in the workspace or in its stage.
pub(super) fn module_file(source: &Source) -> Option<&Utf8Path> {
    match source {
        Source::Asset(asset) => Some(asset.path()),
        Source::BuildStage(_, from) => from.get().ok().map(|from| Utf8Path::new(from.as_str())),
        Source::Text(_) | Source::Fetched(..) => None,
    }
}

/// Returns the name of the module that a change is, if it is one. A permissive domain has semanage(8)'s name of it.
pub(super) fn module_name(change: &Selinux) -> Option<String> {
    match change {
        Selinux::Module(source) => module_file(source)?.file_stem().map(str::to_owned),
        Selinux::Permissive(domain) => domain.get().ok().map(|domain| format!("permissive_{domain}")),
        _ => None,
    }
}
