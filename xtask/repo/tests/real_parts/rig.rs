//! The rig: real parts for this test, made once by `cargo xtask rig`. Where they can't be made the test says so
//! loudly and passes; under `CI=true` it fails.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::example::{Log, root};

/// What the test itself runs, beside cargo.
const PROGRAMS: [&str; 4] = ["podman", "buildah", "skopeo", "qemu-system-x86_64"];

/// Makes what is not there, and gives the folder that all parts are in. None where it can't be made.
pub(crate) fn made() -> Option<PathBuf> {
    let is_absent = |program: &&str| Command::new(program).arg("--version").output().is_err();
    let absent: Vec<_> = PROGRAMS.into_iter().filter(is_absent).collect();
    let missing = if absent.is_empty() {
        let made = Log::default().run(&mut rig());
        if made.status.success() {
            return Some(root().join("target/rig"));
        }
        format!("the rig can't be made:\n{}", String::from_utf8_lossy(&made.stderr))
    } else {
        format!("{absent:?} not installed")
    };
    assert!(std::env::var_os("CI").is_none(), "{missing}: under CI all must be there");
    eprintln!("\n*** SKIPPED, {missing}: run `cargo xtask test` as root, on Debian ***\n");
    None
}

/// The newer podman, in a folder; its arguments are yet to come.
pub(crate) fn podman5(folder: &Path) -> Command {
    let mut command = rig();
    command.arg("run-podman5").arg(folder).arg("--");
    command
}

/// `cargo xtask rig`.
fn rig() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).args(["xtask", "rig"]);
    command
}
