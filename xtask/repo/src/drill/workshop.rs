//! The workspace of a drill: images in several versions, whose digests are known from a build that nothing disturbed.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::Result;
use super::debris::{Places, TOKEN, names};
use super::random::Random;
use crate::project::{Project, find, run_to_end};
use crate::test::Ready;

/// The package of the workspace's `cargo xtask`.
const PACKAGE: &str = "drill-xtask";
/// How many versions there are of everything. More than the builds that the store keeps, so that the layers of a version
/// have to be written when its turn comes again.
pub(super) const VERSIONS: u64 = 8;
/// The size of a file of the images, so that writing a layer takes long enough to be killed.
const DATA: usize = 8 << 20;
const LOCK: &str = "lapstrake.lock";

pub(super) struct Workshop<'a> {
    pub(super) project: Project<'a>,
    pub(super) places: Places,
    /// Whether podman and busybox are there.
    pub(super) has_engine: bool,
    /// The lockfile with all pins.
    lock: String,
    /// The digests of images of a version, from a build in another store.
    digests: BTreeMap<(String, u64), String>,
    /// The archive of the native image of a version.
    archives: BTreeMap<u64, String>,
}

impl<'a> Workshop<'a> {
    pub(super) fn create(root: &Utf8Path, ready: &'a Ready) -> Result<Self> {
        let directory = root.join("target").join("drill");
        let mut project = Project::create(root, &directory, PACKAGE, ready)?;
        let program = b"fn main() { println!(\"{:?}\", option_env!(\"DRILL_VERSION\")) }\n";
        project.write("app/src/main.rs", program)?;
        project.write("xtask/src/main.rs", include_bytes!("template/xtask.rs"))?;
        let mut random = Random::of_seed(1);
        for version in 0..VERSIONS {
            project.write(&format!("data/{version}"), &random.bytes(DATA))?;
        }
        project.compile(PACKAGE)?;
        let work = directory.join("work");
        let places = Places {
            root: directory.clone(),
            target: work.join("target"),
            cache: work.join("cache"),
            temporary: work.join("tmp"),
            storage: work.join("storage"),
        };
        for folder in ["work", "reference", "bases", "builder", "out"] {
            remove(&directory.join(folder), &places.storage)?;
        }
        remove(&directory.join(LOCK), &places.storage)?;
        let has_engine = find("podman").is_some() && find("busybox").is_some() && ready.is_root;
        let mut workshop = Self {
            project,
            places,
            has_engine,
            lock: String::new(),
            digests: BTreeMap::new(),
            archives: BTreeMap::new(),
        };
        workshop.set_environment()?;
        workshop.build_bases()?;
        workshop.build_references()?;
        Ok(workshop)
    }

    fn set_environment(&mut self) -> Result<()> {
        let Places { root, target, cache, temporary, storage } = &self.places;
        for folder in [cache, temporary, storage, &root.join("out")] {
            fs::create_dir_all(folder)?;
        }
        // containers-storage.conf(5)
        let configuration = format!(
            "[storage]\ndriver = \"overlay\"\ngraphroot = \"{storage}/graph\"\nrunroot = \"{storage}/run\"\n"
        );
        let file = root.join("work/storage.conf");
        fs::write(&file, configuration)?;
        for (name, value) in [
            ("CARGO_TARGET_DIR", target.clone()),
            ("LAPSTRAKE_CACHE", cache.clone()),
            ("TMPDIR", temporary.clone()),
            ("CONTAINERS_STORAGE_CONF", file),
            ("DRILL_TOKEN", Utf8PathBuf::from(TOKEN)),
        ] {
            self.project.set(name, value);
        }
        Ok(())
    }

    /// Builds the bases of all versions, and the builder image.
    fn build_bases(&mut self) -> Result<()> {
        for version in 0..VERSIONS {
            let to = format!("oci:bases:v{version}");
            self.must(&["build", "base", "--quiet", "--output", &to], version)?;
        }
        if self.has_engine {
            let busybox = find("busybox").ok_or("`busybox` is missing")?;
            self.project.write("tools/busybox", &fs::read(busybox)?)?;
            self.must(&["build", "builder", "--quiet", "--output", "oci:builder:builder"], 0)?;
        }
        Ok(())
    }

    /// Builds every image in a store that nothing disturbs.
    fn build_references(&mut self) -> Result<()> {
        let reference = self.places.root.join("reference");
        self.project.set("CARGO_TARGET_DIR", reference.clone());
        for version in 0..VERSIONS {
            let crowd = format!("crowd{version}");
            let mut images = vec!["native", &crowd];
            images.extend(self.has_engine.then_some("engine"));
            for image in images {
                let built = self.must(&["build", image, "--format", "json"], version)?;
                self.digests.insert((image.to_owned(), version), digest(&built)?);
            }
            let archive = self.places.root.join("out/reference.tar");
            self.must(&["build", "native", "--quiet", "-o", &format!("oci-archive:{archive}")], version)?;
            self.archives.insert(version, sum(&archive)?);
            fs::remove_file(archive)?;
        }
        self.lock = fs::read_to_string(self.places.root.join(LOCK))?;
        self.project.set("CARGO_TARGET_DIR", self.places.target.clone());
        remove(&reference, &self.places.storage)
    }

    /// Returns the command `cargo xtask image …` for a version.
    pub(super) fn command(&self, arguments: &[&str], version: u64) -> Command {
        let mut command = self.project.image(arguments);
        command.env("DRILL_VERSION", version.to_string());
        command
    }

    fn must(&self, arguments: &[&str], version: u64) -> Result<Output> {
        let output = run_to_end(&mut self.command(arguments, version))?;
        if output.status.success() {
            return Ok(output);
        }
        let log = String::from_utf8_lossy(&output.stderr);
        Err(format!("`image {}` failed:\n{log}", arguments.join(" ")).into())
    }

    /// Removes the pins of the bases of these versions from the lockfile.
    pub(super) fn unpin(&self, versions: &[u64]) -> Result<()> {
        Ok(fs::write(self.places.root.join(LOCK), self.lock_without(versions))?)
    }

    /// Returns a fault if the lockfile lacks a pin. The pins of the bases of these versions need not be there.
    pub(super) fn lost_pins(&self, versions: &[u64]) -> Result<Option<String>> {
        let found = fs::read_to_string(self.places.root.join(LOCK))?;
        let is_whole = found == self.lock || found == self.lock_without(versions);
        Ok((!is_whole).then(|| format!("the lockfile lacks a pin:\n{found}")))
    }

    fn lock_without(&self, versions: &[u64]) -> String {
        let names: Vec<_> = versions.iter().map(|version| format!("\"oci:bases:v{version}\"")).collect();
        let is_kept = |entry: &&str| !names.iter().any(|name| entry.contains(name));
        let kept: Vec<_> = self.lock.split("\n[[base]]").filter(is_kept).collect();
        kept.join("\n[[base]]")
    }

    /// Moves target directory and cache to another folder.
    pub(super) fn move_to(&mut self, folder: &Utf8Path) -> Result<()> {
        for (name, place, path) in [
            ("CARGO_TARGET_DIR", &mut self.places.target, "target"),
            ("LAPSTRAKE_CACHE", &mut self.places.cache, "cache"),
            ("TMPDIR", &mut self.places.temporary, "tmp"),
        ] {
            *place = folder.join(path);
            fs::create_dir_all(&place)?;
            self.project.set(name, place.clone());
        }
        Ok(())
    }

    /// Builds an image after a disturbance, and returns everything that is wrong then.
    pub(super) fn check(&self, image: &str, version: u64) -> Result<Vec<String>> {
        let archive = self.places.root.join("out/image.tar");
        let to = format!("oci-archive:{archive}");
        let output =
            run_to_end(&mut self.command(&["build", image, "--format", "json", "-o", &to], version))?;
        if !output.status.success() {
            let log = String::from_utf8_lossy(&output.stderr);
            return Ok(vec![format!("the next build fails ({}):\n{log}", output.status)]);
        }
        let mut wrong = Vec::new();
        let (built, expected) = (digest(&output)?, &self.digests[&(image.to_owned(), version)]);
        if built != *expected {
            wrong.push(format!("the next build makes {built} instead of {expected}"));
        }
        if image == "native" && sum(&archive)? != self.archives[&version] {
            wrong.push("the archive differs".to_owned());
        }
        wrong.extend(self.lost_pins(&[])?);
        wrong.extend(self.bad_blobs()?);
        wrong.extend(self.places.debris(&self.project)?.into_iter().map(|what| format!("left: {what}")));
        Ok(wrong)
    }

    fn bad_blobs(&self) -> Result<Vec<String>> {
        let blobs = self.places.store().join("oci/blobs/sha256");
        let mut bad = Vec::new();
        for name in names(&blobs) {
            if sum(&blobs.join(&name))? != name {
                bad.push(format!("blob {name} has other content"));
            }
        }
        Ok(bad)
    }
}

impl Drop for Workshop<'_> {
    /// podman mounts this folder over itself.
    fn drop(&mut self) {
        unmount(&self.places.storage);
    }
}

/// Returns the digest of the one image that `build --format json` has printed.
fn digest(output: &Output) -> Result<String> {
    let document: Value = serde_json::from_slice(&output.stdout)?;
    Ok(document["images"][0]["digest"].as_str().ok_or("the build printed no digest")?.to_owned())
}

fn sum(path: &Utf8Path) -> Result<String> {
    Ok(Sha256::digest(fs::read(path)?).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Removes a file or folder, which may be missing.
pub(super) fn remove(path: &Utf8Path, storage: &Utf8Path) -> Result<()> {
    unmount(storage);
    if path.is_dir() {
        fs::remove_dir_all(path)?;
    } else if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}

fn unmount(storage: &Utf8Path) {
    drop(Command::new("umount").args(["--quiet", "--lazy"]).arg(storage.join("graph/overlay")).output());
}
