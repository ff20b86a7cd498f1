//! Several checkouts of one workspace: copied, moved, and with one target directory. What is built is made of the files
//! of the checkout that the command runs in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::fixture::{Run, Workspace};

/// Returns a file of an image that the build left, from the topmost of its layers that has it.
fn shipped(built: &Run, directory: &Path, path: &str) -> String {
    let image = built.json()["images"][0].clone();
    let layout =
        image["reference"].as_str().unwrap().strip_prefix("oci:").unwrap().rsplit_once(':').unwrap().0;
    let layers = image["layers"].as_array().unwrap();
    let found = layers.iter().rev().find_map(|layer| {
        let blob = layer["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let tar = directory.join(layout).join("blobs/sha256").join(blob);
        let output = Command::new("tar").arg("-xOf").arg(tar).arg(path).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    });
    found.unwrap_or_else(|| panic!("no layer has `{path}`"))
}

const BUILD: [&str; 6] = ["build", "checked", "--format", "json", "--compression", "none"];

/// Builds in a checkout with that target directory, and compares what is in the image with the checkout's files.
#[track_caller]
fn builds_its_own(workspace: &Workspace, target: Option<&Path>, text: &str) -> PathBuf {
    let mut command = workspace.command(&BUILD);
    command.env("DESCRIBE", "checked");
    if let Some(target) = target {
        command.env("CARGO_TARGET_DIR", target);
    }
    let built = Run::of(&mut command).done();
    for path in ["etc/gateway.toml", "etc/literal.toml", "usr/share/deploy/gateway.toml"] {
        assert_eq!(shipped(&built, &workspace.root(), path), text, "{path}");
    }
    let unit = shipped(&built, &workspace.root(), "usr/lib/systemd/system/gatewayd.service");
    assert_eq!(unit, workspace.read("deploy/gatewayd.service"));
    let daemon = shipped(&built, &workspace.root(), "usr/bin/gatewayd");
    assert!(daemon.contains(text.trim_end()), "the binary is another checkout's");
    let reference = built.json()["images"][0]["reference"].as_str().unwrap().to_owned();
    reference.strip_prefix("oci:").unwrap().rsplit_once(':').unwrap().0.into()
}

/// Writes a text that the image has in its files and in its binary.
fn mark(workspace: &Workspace, text: &str) {
    workspace.write("deploy/gateway.toml", text);
    workspace.write("gateway/src/bin/gatewayd.rs", &format!("fn main() {{ print!({text:?}) }}\n"));
    let unit = workspace.read("deploy/gatewayd.service");
    workspace.write("deploy/gatewayd.service", &format!("# {text}{unit}"));
}

#[test]
fn an_asset_is_a_file_of_the_checkout_that_runs_and_not_of_the_one_that_was_compiled() {
    let (one, other) = (Workspace::new(), Workspace::below("copies/other"));
    mark(&one, "marker = \"checkout-one\"\n");
    mark(&other, "marker = \"checkout-two\"\n");
    builds_its_own(&one, None, "marker = \"checkout-one\"\n");
    builds_its_own(&other, None, "marker = \"checkout-two\"\n");
}

#[test]
fn a_workspace_that_moves_takes_its_files_and_its_store_with_it() {
    let mut workspace = Workspace::new();
    mark(&workspace, "marker = \"before\"\n");
    builds_its_own(&workspace, None, "marker = \"before\"\n");
    workspace.move_to("elsewhere");
    builds_its_own(&workspace, None, "marker = \"before\"\n");
    mark(&workspace, "marker = \"after\"\n");
    builds_its_own(&workspace, None, "marker = \"after\"\n");
}

#[test]
fn two_checkouts_with_one_target_directory_share_no_image_and_no_binary() {
    let target = TempDir::new().unwrap();
    let (one, other) = (Workspace::below("one/work"), Workspace::below("two/work"));
    // The older one is built last, so that cargo finds a binary of its name that is newer than its sources.
    mark(&one, "marker = \"checkout-one\"\n");
    mark(&other, "marker = \"checkout-two\"\n");
    let second = builds_its_own(&other, Some(target.path()), "marker = \"checkout-two\"\n");
    let first = builds_its_own(&one, Some(target.path()), "marker = \"checkout-one\"\n");
    assert_ne!(first, second);
    assert!(first.starts_with(target.path()) && second.starts_with(target.path()), "{first:?}");
    assert!(fs::read_to_string(second.join("index.json")).unwrap().contains("checked"));
    let unchanged = builds_its_own(&other, Some(target.path()), "marker = \"checkout-two\"\n");
    assert_eq!(second, unchanged);
}

#[test]
fn a_relative_target_directory_is_the_same_for_cargo_and_for_the_store() {
    let workspace = Workspace::new();
    mark(&workspace, "marker = \"here\"\n");
    let build = |from: &str, variable: Option<&str>, arguments: &[&str]| {
        let mut command = workspace.command(&[&BUILD[..], &["-v"], arguments].concat());
        command.env("DESCRIBE", "checked").current_dir(workspace.path(from));
        if let Some(value) = variable {
            command.env("CARGO_TARGET_DIR", value);
        }
        Run::of(&mut command).done()
    };
    build("gateway", Some("relative"), &[]);
    assert!(workspace.path("gateway/relative/release/gatewayd").is_file());
    assert!(workspace.path("gateway/relative/lapstrake/oci/index.json").is_file());
    build("gateway", None, &["--target-dir", "given"]);
    assert!(workspace.path("gateway/given/release/gatewayd").is_file());
    assert!(workspace.path("gateway/given/lapstrake/oci/index.json").is_file());
    fs::create_dir_all(workspace.path("gateway/.cargo")).unwrap();
    workspace.write("gateway/.cargo/config.toml", "[build]\ntarget-dir = \"configured\"\n");
    build("gateway", None, &[]);
    assert!(workspace.path("gateway/configured/release/gatewayd").is_file());
    assert!(workspace.path("gateway/configured/lapstrake/oci/index.json").is_file());
    assert!(!workspace.path("relative").exists() && !workspace.path("given").exists());
    assert!(!workspace.path("configured").exists() && !workspace.path("target").exists());
}
