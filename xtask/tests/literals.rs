//! What rustc says about a literal, and about a whole image: each file of `literals/fail` and `image/fail`
//! is a mistake that a tired person makes, and the `.stderr` beside it the whole of what they are told.
//!
//! After a wanted change: `TRYBUILD=overwrite cargo test -p lapstrake-xtask --test literals`, and read
//! the difference as that person would.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

/// trybuild compiles the cases as a package of its own, which is its own workspace: its assets stand
/// there. A case that names an asset sees these and no others. Both tests plant them, perhaps at once.
fn plant_assets() -> io::Result<()> {
    // Cargo's own target directory, which is not the parent where tests are run with `--target`.
    let mut above = Path::new(env!("CARGO_TARGET_TMPDIR")).ancestors();
    let target = above.find(|directory| directory.join(".rustc_info.json").is_file());
    let target = target.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let deploy = target.join("tests/trybuild/lapstrake-xtask/deploy");
    fs::create_dir_all(&deploy)?;
    fs::write(deploy.join("sensord.service"), "[Service]\nExecStart=/usr/bin/sensord\n")?;
    fs::write(deploy.join("sensord.toml"), "interval = 1\n")?;
    for (target, link) in [("sensord.toml", "sensord-link.toml"), ("/etc/os-release", "host-os-release")] {
        match symlink(target, deploy.join(link)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn a_right_literal_is_a_value() {
    plant_assets().unwrap();
    trybuild::TestCases::new().pass("tests/literals/pass/*.rs");
}

/// trybuild runs `cargo check` where all cases fail, so an editor shows the same.
#[test]
fn a_wrong_literal_is_one_message_under_cargo_check() {
    plant_assets().unwrap();
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/literals/fail/*.rs");
    // In the same run of cargo: what takes time is what it starts with.
    cases.compile_fail("tests/image/fail/*.rs");
}
