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
use crate::checkout::Checkout;
use crate::project::{Project, find};
use crate::test::{Ready, prepare};
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

/// A group of rows, which can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Checks,
    Binary,
    Variants,
    Asset,
    Files,
    ColdBuild,
}

impl Group {
    /// All groups, in the order in which they are measured.
    const ALL: [Self; 6] =
        [Self::Checks, Self::Binary, Self::Variants, Self::Asset, Self::Files, Self::ColdBuild];

    fn name(self) -> &'static str {
        match self {
            Self::Checks => "checks",
            Self::Binary => "binary",
            Self::Variants => "variants",
            Self::Asset => "asset",
            Self::Files => "files",
            Self::ColdBuild => "cold-build",
        }
    }

    /// Returns the groups with these names; all of them without a name.
    pub(crate) fn parse(names: &[&str]) -> std::result::Result<Vec<Self>, String> {
        let of_name = |name: &&str| Self::ALL.into_iter().find(|group| group.name() == *name);
        if let Some(unknown) = names.iter().find(|name| of_name(name).is_none()) {
            return Err(format!("unknown group `{unknown}` of `bench`; the groups are {}", Self::names()));
        }
        let named = |group: &Self| names.is_empty() || names.contains(&group.name());
        Ok(Self::ALL.into_iter().filter(named).collect())
    }

    fn names() -> String {
        Self::ALL.map(|group| format!("`{}`", group.name())).join(", ")
    }

    /// Returns whether the group measures the tool of a project.
    fn has_project(self) -> bool {
        !matches!(self, Self::Checks | Self::ColdBuild)
    }
}

/// Runs these groups of the benchmark, in `target/bench`.
pub(crate) fn bench(checkout: &Checkout, groups: &[Group]) -> Result<ExitCode> {
    let root = &checkout.root;
    let mut figures = Figures::default();
    if groups.contains(&Group::Checks) {
        // It measures functions of the tool, so it is a test of that crate. It prints its figures and fails by itself.
        let checks = ["-q", "--lib", "--", "--ignored", "--nocapture", "tests::speed"];
        let checks = ["test", "-p", "lapstrake-xtask"].into_iter().chain(TOOL).chain(checks);
        if !cargo(root, checks).status()?.success() {
            figures.fail("the bar of the checks, which is printed above");
        }
    }
    if groups.iter().any(|group| group.has_project()) {
        measure_project(root, groups, &prepare(checkout), &mut figures)?;
    }
    if groups.contains(&Group::ColdBuild) {
        cold_build::measure(root, &mut figures)?;
    }
    Ok(figures.conclude())
}

/// Measures the groups that need a project.
fn measure_project(root: &Utf8Path, groups: &[Group], ready: &Ready, figures: &mut Figures) -> Result<()> {
    let seed = UNIX_EPOCH.elapsed()?.as_secs();
    let mut project = create(root, seed, ready)?;
    if groups.contains(&Group::Binary) {
        let podman =
            Command::new("podman").arg("--version").output().is_ok_and(|output| output.status.success());
        binary::measure(&project, seed, podman, figures)?;
    }
    // The rest starts from an empty store.
    let target = project.directory.join("target");
    if target.exists() {
        std::fs::remove_dir_all(&target)?;
    }
    project.set("CARGO_TARGET_DIR", target);
    for group in groups {
        match group {
            Group::Variants => variants::measure(&project, figures)?,
            Group::Asset => asset::measure(&project, figures)?,
            Group::Files => files::measure(&project, seed, figures)?,
            Group::Checks | Group::Binary | Group::ColdBuild => {}
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::Group;

    #[test]
    fn each_group_can_be_measured_alone() {
        assert_eq!(Group::parse(&[]).unwrap(), Group::ALL);
        for group in Group::ALL {
            assert_eq!(Group::parse(&[group.name()]).unwrap(), [group]);
        }
        assert_eq!(Group::parse(&["files", "variants"]).unwrap(), [Group::Variants, Group::Files]);
        assert_eq!(
            Group::parse(&["variant"]).unwrap_err(),
            "unknown group `variant` of `bench`; the groups are `checks`, `binary`, `variants`, `asset`, `files`, \
             `cold-build`"
        );
    }
}
