//! `image emit`: a folder that builds anywhere, and that takes no folder of the user's.

use std::fs;
use std::process::Command;

use crate::fixture::{Run, Workspace, present};

#[test]
fn a_context_that_was_moved_away_still_builds() {
    if !present(&["podman"]) {
        return;
    }
    let workspace = Workspace::new();
    let context = workspace.image(&["emit", "gateway"]).done().stdout;
    let moved = tempfile::tempdir().unwrap();
    let to = moved.path().join("moved context");
    fs::rename(workspace.path(context.trim_end()), &to).unwrap();
    drop(workspace);
    let tag = format!("localhost/lapstrake-cli-{}", std::process::id());
    let mut podman = Command::new("podman");
    podman.args(["build", "-q", "-t", &tag, "."]).current_dir(&to);
    let built = Run::of(&mut podman);
    Run::of(Command::new("podman").args(["rmi", "--force", &tag]));
    built.done();
}

#[test]
fn a_folder_of_somebody_else_is_left_alone_and_an_own_one_replaced() {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("mine")).unwrap();
    workspace.write("mine/thesis.txt", "irreplaceable");
    let refused = workspace.image(&["emit", "cockpit", "--output", "mine"]).failed();
    assert!(refused.stderr.contains("help: name another folder with `--output DIR`"), "{}", refused.stderr);
    assert_eq!(workspace.read("mine/thesis.txt"), "irreplaceable");

    let emitted = workspace.image(&["emit", "cockpit", "-o", "context"]).done();
    assert_eq!(emitted.stdout, "context\n");
    let first = workspace.read("context/Containerfile");
    workspace.write("context/left-over", "");
    workspace.image(&["emit", "cockpit", "-o", "context"]).done();
    assert_eq!(workspace.read("context/Containerfile"), first);
    assert!(!workspace.path("context/left-over").exists());
}

#[test]
fn an_archive_is_acknowledged_and_a_folder_that_is_missing_is_not_created() {
    let workspace = Workspace::new();
    fs::create_dir(workspace.path("out")).unwrap();
    let built = workspace.image(&["build", "cockpit", "-o", "oci-archive:out/cockpit.tar"]).done();
    let line = "Written cockpit to `oci-archive:out/cockpit.tar`";
    assert!(built.stderr.contains(line), "{}", built.stderr);
    assert!(workspace.path("out/cockpit.tar").is_file());
    let typo = workspace.image(&["build", "cockpit", "-o", "oci-archive:uot/my cockpit/a.tar"]).failed();
    assert_eq!(
        typo.stderr,
        "error: the folder `uot/my cockpit`, which the archive is to be in, does not exist\n  \
         help: create it: `mkdir -p 'uot/my cockpit'`\n"
    );
    assert!(!workspace.path("uot").exists());
}

#[test]
fn layouts_and_archives_are_written_where_output_says_with_the_same_digest() {
    let workspace = Workspace::new();
    let places = ["oci-archive:cockpit.tar", "oci:layouts/cockpit", "oci:layouts/cockpit:other"];
    let outputs = places.iter().flat_map(|place| ["--output", place]);
    let arguments: Vec<_> = ["build", "cockpit", "--format", "json"].into_iter().chain(outputs).collect();
    let built = workspace.image(&arguments).done().json();
    assert!(
        workspace.path("cockpit.tar").is_file() && workspace.path("layouts/cockpit/oci-layout").is_file()
    );
    if present(&["skopeo"]) {
        for place in ["oci-archive:cockpit.tar", "oci:layouts/cockpit:cockpit", "oci:layouts/cockpit:other"] {
            let mut skopeo = Command::new("skopeo");
            skopeo.args(["inspect", "--format", "{{.Digest}}", place]).current_dir(workspace.root());
            assert_eq!(Run::of(&mut skopeo).done().stdout.trim(), built["images"][0]["digest"], "{place}");
        }
    }
}
