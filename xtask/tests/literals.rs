//! What rustc says about a literal: each file of `literals/fail` is a mistake that a tired person
//! makes, and the `.stderr` beside it the whole of what they are told. trybuild runs `cargo check`, so
//! an editor shows the same.
//!
//! After a wanted change: `TRYBUILD=overwrite cargo test -p lapstrake-xtask --test literals`, and read
//! the difference as that person would.

use std::fs;
use std::io;
use std::path::Path;

/// trybuild compiles the cases as a package of its own, which is its own workspace: its assets stand
/// there. A case that names an asset sees these and no others.
fn plant_assets() -> io::Result<()> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    let workspace = target.join("tests/trybuild/lapstrake-xtask");
    let deploy = workspace.join("deploy");
    match fs::remove_dir_all(&deploy) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(&deploy)?,
    }
    fs::write(deploy.join("sensord.service"), "[Service]\nExecStart=/usr/bin/sensord\n")?;
    fs::write(deploy.join("sensord.toml"), "interval = 1\n")?;
    std::os::unix::fs::symlink("sensord.toml", deploy.join("sensord-link.toml"))?;
    std::os::unix::fs::symlink("/etc/os-release", deploy.join("host-os-release"))
}

#[test]
fn a_right_literal_is_a_value_and_a_wrong_one_is_one_message() {
    plant_assets().unwrap();
    let cases = trybuild::TestCases::new();
    cases.pass("tests/literals/pass/*.rs");
    cases.compile_fail("tests/literals/fail/*.rs");
}
