//! The step that compiles the policy of a layer: one run of semodule(8) for all changes.

use lapstrake::Layer;
use lapstrake::entry::Selinux;
use lapstrake::value::ImagePath;
use lapstrake_oci::tree::Kind;

use super::changes;
use crate::plan::Origin;
use crate::plan::step::{Bind, ContextFile, PlannedRun, Steps};

/// The folder of the context with the modules, and where `semodule` finds them.
const FOLDER: &str = "selinux";
const MOUNTED: &str = "/run/selinux-modules";

/// Returns the step that compiles the policy, if a change needs it.
pub(in crate::plan) fn compile_policy(
    layer: &Layer,
    compiler: &str,
    steps: &mut Steps<'_>,
) -> Option<PlannedRun> {
    let (_, site) = changes(layer).find(|(change, _)| change.needs_compiler())?;
    let mut argv = vec![compiler.to_owned(), "--noreload".to_owned()];
    for (change, site) in changes(layer) {
        let Some(name) = module_name(change) else { continue };
        let file = match change {
            Selinux::Module(asset) => {
                let file = format!("{name}.{}", asset.path().extension().unwrap_or("cil"));
                if steps.take(asset, &format!("{FOLDER}/{file}"), site).is_none() {
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

/// Returns the name of the module that a change is, if it is one. A permissive domain has semanage(8)'s name of it.
pub(super) fn module_name(change: &Selinux) -> Option<String> {
    match change {
        Selinux::Module(asset) => asset.path().file_stem().map(str::to_owned),
        Selinux::Permissive(domain) => domain.get().ok().map(|domain| format!("permissive_{domain}")),
        _ => None,
    }
}
