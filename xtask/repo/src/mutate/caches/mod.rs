//! `cargo xtask mutate caches` damages a few files of every kind in the store and in the user's cache of a small
//! project, one at a time, and builds again. The build must heal the damage with a line that says so, or fail with help.
//! It takes the kinds from the folders, so a new kind of file is covered without a change here.

mod damage;
mod outcome;
mod snapshot;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, ExitCode};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::Result;
use crate::project::{Project, find, run_to_end};
use crate::test::Ready;
use damage::{Damage, select};
use outcome::{Outcome, Seen, judge};
use snapshot::Snapshot;

/// The package of the project's `cargo xtask`.
const PACKAGE: &str = "caches-xtask";
/// The store and the cache, below the project.
const FOLDERS: [&str; 2] = [STORE, "cache"];
const STORE: &str = "target/lapstrake";

/// The project with its images built.
struct Built<'a> {
    project: Project<'a>,
    /// The images to build.
    images: Vec<&'static str>,
    digests: BTreeMap<String, String>,
    files: Snapshot,
}

/// Runs the task in `target/mutate/caches`.
pub(crate) fn caches(root: &Utf8Path, ready: &Ready) -> Result<ExitCode> {
    let mut built = create(root, ready)?;
    let selected = select(built.files.files.iter());
    let selected: Vec<_> = selected.into_iter().map(|(kind, path)| (kind, path.clone())).collect();
    let (mut count, mut missed) = (0, 0);
    for (kind, path) in selected {
        for damage in Damage::ALL {
            let outcome = built.try_damage(&path, damage)?;
            count += 1;
            missed += usize::from(matches!(outcome, Outcome::Missed(_)));
            println!("{kind}: {damage}: {outcome}");
        }
    }
    println!("{} of {count} damages noticed", count - missed);
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn create<'a>(root: &Utf8Path, ready: &'a Ready) -> Result<Built<'a>> {
    let directory = root.join("target").join("mutate").join("caches");
    let mut project = Project::create(root, &directory, PACKAGE, ready)?;
    project.write("app/src/main.rs", b"fn main() {}\n")?;
    project.write("xtask/src/main.rs", include_bytes!("template/xtask.rs"))?;
    project.write("data/one.conf", b"one = 1\n")?;
    project.write("data/two.conf", b"two = 2\n")?;
    project.compile(PACKAGE)?;
    for folder in ["target", "cache", "builder"] {
        if directory.join(folder).exists() {
            fs::remove_dir_all(directory.join(folder))?;
        }
    }
    project.set("CARGO_TARGET_DIR", directory.join("target"));
    project.set("LAPSTRAKE_CACHE", directory.join("cache"));
    project.run_image(&["build", "base", "--quiet", "--output", "oci-archive:base.tar"])?;
    let mut images = vec!["plain"];
    if engine_works() {
        project.write("tools/busybox", &fs::read(find("busybox").ok_or("`busybox` is missing")?)?)?;
        project.run_image(&["build", "builder", "--quiet"])?;
        // A folder of its own, because a damaged builder is not a damaged cache.
        copy(&directory.join(STORE).join("oci"), &directory.join("builder"))?;
        project.set("WITH_ENGINE", Utf8PathBuf::from("1"));
        images.push("engine");
    } else if std::env::var_os("CI").is_some() {
        return Err("podman and busybox are missing, and under CI nothing is left out".into());
    } else {
        println!("podman or busybox is missing: engine layers and build stages are left out");
    }
    fs::remove_dir_all(directory.join(STORE))?;
    let files = Snapshot::take(&directory, &[])?;
    let mut built = Built { project, images, digests: BTreeMap::new(), files };
    built.digests = built.build()?.1.ok_or("the images can't be built before anything is damaged")?;
    // Once more: a build without a change may write records of its own.
    built.build()?;
    built.files = Snapshot::take(&directory, &FOLDERS)?;
    Ok(built)
}

fn engine_works() -> bool {
    let podman = Command::new("podman").arg("--version").output();
    podman.is_ok_and(|output| output.status.success()) && find("busybox").is_some()
}

fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in from.read_dir_utf8()? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(entry.path(), &to)?;
        } else {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

impl Built<'_> {
    /// Builds the images, and returns their digests where that succeeded.
    fn build(&self) -> Result<(Seen, Option<BTreeMap<String, String>>)> {
        let mut arguments = vec!["build"];
        arguments.extend(&self.images);
        arguments.extend(["--format", "json"]);
        let output = run_to_end(&mut self.project.image(&arguments))?;
        let code = output.status.code();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let digests =
            if code == Some(0) { Some(digests(&serde_json::from_slice(&output.stdout)?)) } else { None };
        let same_images = digests.as_ref() == Some(&self.digests);
        Ok((Seen { code, stderr, same_images, bad_blob: None, still_damaged: false }, digests))
    }

    /// Damages a file, builds, and puts everything back.
    fn try_damage(&mut self, path: &Utf8Path, damage: Damage) -> Result<Outcome> {
        let absolute = self.project.directory.join(path);
        let damaged = damage.of(&self.files.files[path]);
        // In place, as a disk or a careless program does it.
        fs::write(&absolute, &damaged)?;
        let (mut seen, _) = self.build()?;
        let now = Snapshot::take(&self.project.directory, &FOLDERS)?;
        seen.bad_blob = now.bad_blob(&Utf8Path::new(STORE).join("oci"));
        seen.still_damaged = now.files.get(path) == Some(&damaged);
        let name = path.file_name().unwrap_or(path.as_str());
        let mut outcome = judge(&seen, name);
        if outcome == Outcome::Healed {
            let (again, _) = self.build()?;
            if again.code != Some(0) || !again.same_images || again.stderr.contains("damaged") {
                outcome = Outcome::Missed("the next build finds damage again".to_owned());
            }
        }
        self.files.restore(&FOLDERS)?;
        // The restored file is a new one; what the tool remembers of it must be as in any store that is used.
        let (restored, _) = self.build()?;
        if restored.code != Some(0) || !restored.same_images {
            return Err(format!("the restored store can't be used:\n{}", restored.stderr).into());
        }
        Ok(outcome)
    }
}

/// Returns the digest of every image by its name.
fn digests(document: &Value) -> BTreeMap<String, String> {
    let images = document["images"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    images.map(|image| (text(&image["name"]), text(&image["digest"]))).collect()
}
