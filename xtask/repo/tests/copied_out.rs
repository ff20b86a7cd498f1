//! An example is a project to copy: it must work outside of this repository, on the crates as they are
//! packaged, with nothing but cargo.

#![expect(clippy::unwrap_used, reason = "what a test can't do without, it stops at")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const CRATES: [&str; 4] = ["lapstrake", "lapstrake-macros", "lapstrake-oci", "lapstrake-xtask"];

/// Cargo as it is outside of a test: the one that runs us speaks of this package in the environment.
fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name == "LD_LIBRARY_PATH" || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_")
        {
            command.env_remove(&*name);
        }
    }
    command
}

/// Runs a command that must succeed, and returns its standard output.
fn read(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type().unwrap() {
            kind if kind.is_dir() && entry.file_name() == "target" => {}
            kind if kind.is_dir() => copy(&from, &to),
            _ => drop(fs::copy(&from, &to).unwrap()),
        }
    }
}

/// The three crates as the registry would have them, unpacked in `to`.
fn package(root: &Path, to: &Path) {
    let target = to.join("target");
    read(
        cargo(root)
            .args(["package", "--workspace", "--allow-dirty", "--no-verify", "--target-dir"])
            .arg(&target),
    );
    for name in CRATES {
        let file = target.join(format!("package/{name}-{}.crate", env!("CARGO_PKG_VERSION")));
        read(Command::new("tar").arg("-xf").arg(file).arg("-C").arg(to));
    }
}

#[test]
fn an_example_that_was_copied_out_builds_its_image() {
    let root = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let elsewhere = fs::canonicalize(temporary.path()).unwrap();
    package(&root, &elsewhere);
    let project = elsewhere.join("work/sensord");
    copy(&root.join("examples/sensord"), &project);

    // What the registry will give once they are published.
    let patches = CRATES.map(|name| {
        let path = elsewhere.join(format!("{name}-{}", env!("CARGO_PKG_VERSION")));
        format!("{name} = {{ path = '{}' }}\n", path.display())
    });
    fs::create_dir_all(elsewhere.join("work/.cargo")).unwrap();
    fs::write(elsewhere.join("work/.cargo/config.toml"), format!("[patch.crates-io]\n{}", patches.concat()))
        .unwrap();

    let built = read(
        cargo(&project)
            // All that cargo leaves for the user is the project's own; what it compiled on the way is
            // shared with this repository, which spares minutes.
            .env("CARGO_BUILD_BUILD_DIR", root.join("target"))
            .env("CARGO_TARGET_DIR", project.join("target"))
            .args(["xtask", "image", "build", "--format", "json"]),
    );
    let built: Value = serde_json::from_str(&built).expect("stdout is the result and nothing else");
    assert_eq!(built["schema"], 1);
    let image = &built["images"][0];
    assert_eq!(image["name"], "sensord");
    assert_eq!(image["engine"], "native");
    let digest = image["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    assert_eq!(digest.len(), 64);
    let names: Vec<_> =
        image["layers"].as_array().unwrap().iter().filter(|layer| layer["origin"] != "base").collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(
        find(&project.join("target"), digest),
        "the manifest is under the project's own target directory"
    );
}

/// Whether a file of that name is somewhere below.
fn find(directory: &Path, name: &str) -> bool {
    fs::read_dir(directory).unwrap().map(Result::unwrap).any(|entry| {
        entry.file_name() == name || entry.file_type().unwrap().is_dir() && find(&entry.path(), name)
    })
}
