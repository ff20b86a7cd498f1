//! The step that installs a layer's packages: one transaction of the base's package manager, whose caches
//! and logs are mounted over and so never in the layer.

use std::fmt::Write;

use super::escape::exec;
use crate::plan::{PackageTool, PlannedLayer};

/// What `SQLite` leaves beside an rpm database when it is read.
const SIDE_FILES: [&str; 6] = [
    "/usr/lib/sysimage/rpm/rpmdb.sqlite-shm",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
    "/usr/lib/sysimage/rpm/.rpm.lock",
    "/var/lib/rpm/rpmdb.sqlite-shm",
    "/var/lib/rpm/rpmdb.sqlite-wal",
    "/var/lib/rpm/.rpm.lock",
];

/// The lines of a layer's packages; none where it has none.
pub(super) fn packages(layer: &PlannedLayer, out: &mut String) -> std::fmt::Result {
    if layer.packages.is_empty() {
        return Ok(());
    }
    let tool = layer.package_manager.unwrap_or(PackageTool::Dnf);
    let cache = match tool {
        PackageTool::Dnf => "/var/cache/dnf",
        PackageTool::Dnf5 => "/var/cache/libdnf5",
        PackageTool::Microdnf => "/var/cache/yum",
    };
    let mounts = format!(
        "--mount=type=cache,target={cache} --mount=type=tmpfs,target=/var/log --mount=type=tmpfs,target=/var/lib/dnf"
    );
    let wanted = layer.locked_packages.as_ref().unwrap_or(&layer.packages);
    if let Some(locked) = &layer.locked_packages {
        for package in &layer.packages {
            writeln!(out, "# {} of {} locked", super::escape::comment(package), locked.len())?;
        }
    }
    // A package manager in Python would leave its own byte code in the layer.
    let command = ["env", "PYTHONDONTWRITEBYTECODE=1", tool.program(), "-y", "install"];
    let command = command.into_iter().chain(wanted.iter().map(String::as_str));
    writeln!(out, "RUN {mounts} {}", exec(command))?;
    writeln!(out, "RUN {}", exec(["rm", "-f", "--"].into_iter().chain(SIDE_FILES)))
}
