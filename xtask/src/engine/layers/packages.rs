//! Lists the packages that a layer has installed, and their files. The rpm of the image is asked, because an rpm database is read by
//! the rpm that wrote it.
//!
//! The image below the layer and the image with it are asked in two stages of a second build, which writes both lists
//! to its results. So no list is a part of the layer, and nothing that a step or a scriptlet prints or writes is taken
//! for one. (A bind mount would not do: podman 5 throws away what a step writes there.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};

use camino::Utf8Path;

use crate::emit::exec;
use crate::engine::job_name::listing;
use crate::engine::results::write_empty_image;
use crate::engine::{Engine, EngineError, Job, Secrets};
use crate::store::PackageFiles;
use crate::support::progress::Progress;

/// Where a stage has its lists, and their names in the results.
const LIST: &str = "/lapstrake-packages";
const FILE_LIST: &str = "/lapstrake-package-files";
const BEFORE: &str = "before";
const AFTER: &str = "after";
const FILES: &str = "files";
/// The names of files and formats are arguments, so that nothing is expanded. By its path, because the shell of busybox
/// has an rpm of its own.
const SCRIPT: [&str; 3] =
    ["/bin/sh", "-c", "/usr/bin/rpm -qa --qf \"$1\" > \"$0\" && /usr/bin/rpm -qa --qf \"$3\" > \"$2\""];
const PACKAGE: &str = "%{NEVRA}\\n";
/// A line for each file: the package, a tab, and the path.
const FILE: &str = "[%{=NEVRA}\\t%{FILENAMES}\\n]";
/// The most bytes of the list of files that are read.
const FILES_MAX: u64 = 256 << 20;
/// Keys that rpm lists among the packages. They are not packages, and differ in each database.
const KEY: &str = "gpg-pubkey-";

/// What a transaction has brought.
pub(super) struct Installed {
    pub(super) packages: BTreeSet<String>,
    pub(super) files: PackageFiles,
}

/// Returns the packages that a job has installed in its layer, and their files.
pub(super) fn installed(
    engine: &dyn Engine,
    layer: &Job<'_>,
    progress: &Progress,
) -> Result<Installed, EngineError> {
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
    let packages = new_packages(&before.map_err(failed)?, &after.map_err(failed)?);
    let list = read_to(&results.join(FILES), FILES_MAX).map_err(failed)?;
    let files = files_of(&packages, &String::from_utf8_lossy(&list));
    Ok(Installed { packages, files })
}

fn containerfile(layer: &Job<'_>, results: &str) -> String {
    let list = exec(SCRIPT.into_iter().chain([LIST, PACKAGE, FILE_LIST, FILE]));
    let mut out = String::new();
    for (image, name) in [(layer.below(), BEFORE), (layer.built(), AFTER)] {
        out += &format!("FROM {image} AS {name}\nUSER 0:0\nRUN {list}\n");
    }
    out += &format!("FROM {results}\n");
    for (stage, list, name) in [(BEFORE, LIST, BEFORE), (AFTER, LIST, AFTER), (AFTER, FILE_LIST, FILES)] {
        out += &format!("COPY --from={stage} {}\n", exec([list, &format!("/{name}")]));
    }
    out
}

/// Returns the files of the packages, by a list of the files of all. A line of another form is not read.
fn files_of(packages: &BTreeSet<String>, list: &str) -> PackageFiles {
    let mut files: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in list.lines() {
        if let Some((package, path)) =
            line.split_once('\t').filter(|(package, _)| packages.contains(*package))
        {
            files.entry(package.to_owned()).or_default().insert(path.to_owned());
        }
    }
    PackageFiles(files)
}

/// Returns at most the first bytes of a file.
fn read_to(path: &Utf8Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
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

    #[test]
    fn files_are_those_of_new_packages_and_a_line_of_another_form_is_not_read() {
        let packages = BTreeSet::from(["b-2-1.x86_64".to_owned()]);
        let list = "a-1-1.noarch\t/etc/a\nb-2-1.x86_64\t/etc/b\nb-2-1.x86_64\t/usr/share/a\tb\n/etc/of two lines\n\t\n";
        let files = files_of(&packages, list);
        let paths = BTreeSet::from(["/etc/b".to_owned(), "/usr/share/a\tb".to_owned()]);
        assert_eq!(files.0, BTreeMap::from([("b-2-1.x86_64".to_owned(), paths)]));
    }
}
