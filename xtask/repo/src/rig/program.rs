//! Programs that make a part. What they say is progress, and goes to stderr; stdout is the task's own.

use std::io;
use std::process::{Command, Stdio};

use super::error::RigError;

/// Runs a program to its end, which must be a good one.
pub(super) fn run<'a>(
    program: &'static str,
    args: impl IntoIterator<Item = &'a str>,
) -> Result<(), RigError> {
    let mut command = Command::new(program);
    // What is packed with the time of its packing would be another each time.
    command.env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH).env("LC_ALL", "C.UTF-8");
    let run = command.args(args).stdin(Stdio::null()).stdout(io::stderr()).status();
    let status = run.map_err(|source| RigError::Start { program, source })?;
    if status.success() { Ok(()) } else { Err(RigError::Failed { program, status }) }
}

/// Arguments of unshare(1): mounts and processes of its own, and all of them end with it.
pub(super) const APART: [&str; 5] = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

/// Runs what mounts something, so that no mount is left here, even when we are killed.
pub(super) fn run_apart<'a>(args: impl IntoIterator<Item = &'a str>) -> Result<(), RigError> {
    let unshare = ["--pdeathsig", "KILL", "unshare"].into_iter().chain(APART);
    run("setpriv", unshare.chain(args))
}

/// Runs a script of this folder, with these arguments.
pub(super) fn script<'a>(text: &'a str, args: impl IntoIterator<Item = &'a str>) -> Result<(), RigError> {
    run("sh", ["-eu", "-c", text, "sh"].into_iter().chain(args))
}

/// What a program prints.
pub(super) fn read<'a>(
    program: &'static str,
    args: impl IntoIterator<Item = &'a str>,
) -> Result<String, RigError> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|source| RigError::Start { program, source })?;
    if !output.status.success() {
        return Err(RigError::Failed { program, status: output.status });
    }
    String::from_utf8(output.stdout).map_err(|source| RigError::Printed { program, source })
}

/// Any day will do; the first of all would make passwords expire.
const SOURCE_DATE_EPOCH: &str = "1700000000";
