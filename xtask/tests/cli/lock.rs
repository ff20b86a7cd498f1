//! `lapstrake.lock`: what is built on stays what it was, until somebody means it to change.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::fixture::{Run, Workspace};

/// Somebody else's base with that text in it, under the tag that the description names.
fn publish(to: &Workspace, text: &str) {
    let vendor = Workspace::new();
    vendor.write("deploy/gateway.toml", text);
    vendor.image(&["build", "cockpit"]).done();
    let bases = to.path("bases");
    if bases.exists() {
        fs::remove_dir_all(&bases).unwrap();
    }
    copy(&vendor.layout(), &bases);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn base(run: &Run) -> Value {
    run.json()["images"][0]["base"]["digest"].clone()
}

#[test]
fn the_first_build_pins_and_the_tag_may_move() {
    let workspace = Workspace::new();
    publish(&workspace, "interval = 1\n");
    let build = |arguments: &[&str]| {
        workspace.describe("derived", &[&["build", "--format", "json"], arguments].concat())
    };
    let refused = workspace.describe("derived", &["build", "--locked"]).failed();
    assert!(refused.stderr.contains("`--locked` was given"), "{}", refused.stderr);
    assert!(!workspace.path("lapstrake.lock").exists());

    let first = base(&build(&[]).done());
    let lock = workspace.read("lapstrake.lock");
    assert!(lock.contains(first.as_str().unwrap()) && lock.contains("oci:bases:cockpit"), "{lock}");
    let written = fs::metadata(workspace.path("lapstrake.lock")).unwrap().modified().unwrap();
    build(&["--locked"]).done();
    assert_eq!(fs::metadata(workspace.path("lapstrake.lock")).unwrap().modified().unwrap(), written);

    // The vendor's folder has the new image alone; the old one comes from the cache.
    publish(&workspace, "interval = 2\n");
    let moved = build(&[]).done();
    assert_eq!(base(&moved), first);
    assert!(moved.stderr.contains("Pinned oci:bases:cockpit to"), "{}", moved.stderr);
    assert_eq!(workspace.read("lapstrake.lock"), lock);

    workspace.describe("derived", &["lock"]).done();
    assert_eq!(workspace.read("lapstrake.lock"), lock, "without `--update` nothing moves");
    workspace.describe("derived", &["lock", "--update"]).done();
    assert_ne!(workspace.read("lapstrake.lock"), lock);
    assert_ne!(base(&build(&["--locked"]).done()), first);
}

#[test]
fn a_plan_writes_nothing() {
    let workspace = Workspace::new();
    publish(&workspace, "interval = 1\n");
    workspace.describe("derived", &["plan"]).done();
    workspace.image(&["plan"]).done();
    assert!(!workspace.path("target").exists());
    // What `check` looks at has to be compiled.
    workspace.image(&["check"]).done();
    assert!(!workspace.path("lapstrake.lock").exists());
    assert!(!workspace.layout().exists());
}

#[test]
fn the_first_build_says_that_it_wrote_the_lockfile_and_the_second_does_not() {
    let workspace = Workspace::new();
    let says =
        |run: &Run| run.stderr.contains("Locked the bases in `lapstrake.lock`, which is new: commit it");
    let [first, second] = [(); 2].map(|()| workspace.image(&["build", "cockpit"]).done());
    assert!(says(&first), "{}", first.stderr);
    assert!(!says(&second), "{}", second.stderr);
}

#[test]
fn a_wrong_digest_for_the_stand_in_is_noticed_without_locked() {
    let workspace = Workspace::new();
    workspace.image(&["build", "cockpit"]).done();
    let lock = workspace.read("lapstrake.lock");
    let (_, right) = lock.split_once("sha256:").unwrap();
    let (right, wrong) = (&right[..64], "0".repeat(64));
    workspace.write("lapstrake.lock", &lock.replace(right, &wrong));
    let told = format!(
        "`lapstrake.lock` has sha256:{wrong} for the stand-in, and this version of the tool has sha256:{right}"
    );
    let plan = workspace.image(&["plan", "cockpit"]).done();
    assert!(plan.stderr.contains(&told), "{}", plan.stderr);
    let build = workspace.image(&["build", "cockpit"]).done();
    assert!(build.stderr.contains(&told), "{}", build.stderr);
    assert_eq!(workspace.read("lapstrake.lock"), lock);
    let again = workspace.image(&["build", "cockpit"]).done();
    assert!(!again.stderr.contains("for the stand-in"), "{}", again.stderr);
}
