//! `cargo xtask bench` measures the tool beside cargo and podman, prints every figure, and fails when a bar is missed.
//! Where machines differ, a bar is a ratio of two figures of the same run.

mod asset;
mod binary;
mod cold_build;
mod figures;
mod files;
mod measure;
mod variants;

use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::UNIX_EPOCH;

use camino::Utf8Path;

use crate::cargo::{TOOL, cargo};
use crate::project::{Project, find};
use crate::test::Ready;
use figures::Figures;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The package of the project's `cargo xtask`.
const PACKAGE: &str = "bench-xtask";
/// As many files as a few packages have.
const STEP: &str = "\
for i in $(busybox seq 2000); do
    at=/usr/share/made/$((i / 50))
    busybox mkdir -p $at && echo $i >$at/$i
done
";

/// Runs the benchmark in `target/bench`.
pub(crate) fn bench(root: &Utf8Path, ready: &Ready) -> Result<ExitCode> {
    let mut figures = Figures::default();
    // It measures functions of the tool, so it is a test of that crate. It prints its figures and fails by itself.
    let checks = ["-q", "--lib", "--", "--ignored", "--nocapture", "tests::speed"];
    let checks = ["test", "-p", "lapstrake-xtask"].into_iter().chain(TOOL).chain(checks);
    if !cargo(root, checks).status()?.success() {
        figures.fail("the bar of the checks, which is printed above");
    }
    let podman = Command::new("podman").arg("--version").output().is_ok_and(|output| output.status.success());
    let seed = UNIX_EPOCH.elapsed()?.as_secs();
    let mut project = create(root, seed, ready)?;
    binary::measure(&project, seed, podman, &mut figures)?;
    // The rest starts from an empty store.
    let target = project.directory.join("target");
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    project.set("CARGO_TARGET_DIR", target);
    variants::measure(&project, &mut figures)?;
    asset::measure(&project, &mut figures)?;
    files::measure(&project, seed, &mut figures)?;
    cold_build::measure(root, &mut figures)?;
    Ok(figures.conclude())
}

/// Measures the cold build alone.
pub(crate) fn cold_build(root: &Utf8Path) -> Result<ExitCode> {
    let mut figures = Figures::default();
    cold_build::measure(root, &mut figures)?;
    Ok(figures.conclude())
}

fn create<'a>(root: &Utf8Path, seed: u64, ready: &'a Ready) -> Result<Project<'a>> {
    let mut project = Project::create(root, &root.join("target").join("bench"), PACKAGE, ready)?;
    project.write("app/src/main.rs", include_bytes!("template/app.rs"))?;
    project.write("app/payload", &binary::payload(seed))?;
    project.write("xtask/src/main.rs", include_bytes!("template/xtask.rs"))?;
    project.write("xtask/step.sh", STEP.as_bytes())?;
    // A machine with podman has busybox, because the tests need both.
    if let Some(busybox) = find("busybox") {
        project.write("tools/busybox", &std::fs::read(busybox)?)?;
    }
    project.compile(PACKAGE)?;
    Ok(project)
}
