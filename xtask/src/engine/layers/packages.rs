//! Lists the packages that a layer has installed. The rpm of the image is asked, because an rpm database is read by
//! the rpm that wrote it.
//!
//! The image below the layer and the image with it are asked in two stages of a second build, which writes both lists
//! to its results. So no list is a part of the layer, and nothing that a step or a scriptlet prints or writes is taken
//! for one. (A bind mount would not do: podman 5 throws away what a step writes there.)

use std::collections::BTreeSet;
use std::fs;
use std::io;

use camino::Utf8Path;

use crate::emit::exec;
use crate::engine::job_name::listing;
use crate::engine::results::write_empty_image;
use crate::engine::{Engine, EngineError, Job, Secrets};
use crate::support::progress::Progress;

/// Where a stage has its list, and the names of both lists in the results.
const LIST: &str = "/lapstrake-packages";
const BEFORE: &str = "before";
const AFTER: &str = "after";
/// The file name is an argument, so that nothing is expanded.
const SCRIPT: [&str; 4] = ["/bin/sh", "-c", "\"$@\" > \"$0\"", LIST];
/// By its path: the shell of busybox has an rpm of its own.
const QUERY: [&str; 4] = ["/usr/bin/rpm", "-qa", "--qf", "%{NEVRA}\\n"];
/// Keys that rpm lists among the packages. They are not packages, and differ in each database.
const KEY: &str = "gpg-pubkey-";

/// Returns the packages that a job has installed in its layer.
pub(super) fn installed(
    engine: &dyn Engine,
    layer: &Job<'_>,
    progress: &Progress,
) -> Result<BTreeSet<String>, EngineError> {
    let failed = |source| EngineError::Output { engine: engine.name(), source };
    let context = layer.context.join("packages");
    let results = context.join("results");
    fs::create_dir_all(&results).map_err(failed)?;
    let name = listing(layer.name);
    let from = write_empty_image(&name, &context).map_err(failed)?;
    fs::write(context.join("Containerfile"), containerfile(layer, &from)).map_err(failed)?;
    let secrets = Secrets::none();
    let job = Job { context: &context, name: &name, network: false, epoch: layer.epoch, secrets: &secrets };
    let listed = engine.run_stages(&job, &results, progress);
    engine.remove(&name);
    listed?;
    let (before, after) = (read(&results.join(BEFORE)), read(&results.join(AFTER)));
    Ok(new_packages(&before.map_err(failed)?, &after.map_err(failed)?))
}

fn containerfile(layer: &Job<'_>, results: &str) -> String {
    let list = exec(SCRIPT.into_iter().chain(QUERY));
    let mut out = String::new();
    for (image, name) in [(layer.below(), BEFORE), (layer.built(), AFTER)] {
        out += &format!("FROM {image} AS {name}\nUSER 0:0\nRUN {list}\n");
    }
    out += &format!("FROM {results}\n");
    for name in [BEFORE, AFTER] {
        out += &format!("COPY --from={name} {}\n", exec([LIST, &format!("/{name}")]));
    }
    out
}

fn read(path: &Utf8Path) -> io::Result<BTreeSet<String>> {
    Ok(fs::read_to_string(path)?.lines().map(str::to_owned).collect())
}

fn new_packages(before: &BTreeSet<String>, after: &BTreeSet<String>) -> BTreeSet<String> {
    after.difference(before).filter(|package| !package.starts_with(KEY)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_the_layers_below_and_keys_are_not_installed() {
        let set = |packages: &[&str]| packages.iter().map(|package| (*package).to_owned()).collect();
        let before = set(&["a-1-1.noarch"]);
        let after = set(&["a-1-1.noarch", "b-2-1.x86_64", "gpg-pubkey-1-2.(none)"]);
        assert_eq!(new_packages(&before, &after), set(&["b-2-1.x86_64"]));
    }
}
