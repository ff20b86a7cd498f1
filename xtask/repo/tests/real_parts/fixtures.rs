//! The fixtures of this test, which `cargo xtask fixtures` makes once. Where they can't be made, the test prints a
//! warning and passes; under `CI=true` it fails.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::example::{Log, root};

/// The programs that the test runs, besides cargo.
const PROGRAMS: [&str; 4] = ["podman", "buildah", "skopeo", "qemu-system-x86_64"];

/// Makes absent parts, and returns the folder of all parts, or `None` where they can't be made.
pub(crate) fn made() -> Option<PathBuf> {
    let is_absent = |program: &&str| Command::new(program).arg("--version").output().is_err();
    let absent: Vec<_> = PROGRAMS.into_iter().filter(is_absent).collect();
    let missing = if absent.is_empty() {
        let made = Log::default().run(&mut task());
        if made.status.success() {
            return Some(root().join("target/fixtures"));
        }
        format!("the fixtures can't be made:\n{}", String::from_utf8_lossy(&made.stderr))
    } else {
        format!("{absent:?} not installed")
    };
    assert!(std::env::var_os("CI").is_none(), "{missing}: under CI all must be there");
    eprintln!("\n*** SKIPPED, {missing}: run `cargo xtask test` as root, on Debian ***\n");
    None
}

/// Returns the command that runs the newer podman in a folder; the caller adds the arguments.
pub(crate) fn podman5(folder: &Path) -> Command {
    let mut command = task();
    command.arg("run-podman5").arg(folder).arg("--");
    command
}

/// Returns the command `cargo xtask fixtures`.
fn task() -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root()).args(["xtask", "fixtures"]);
    command
}
