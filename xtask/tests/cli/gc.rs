//! What no image needs: a build keeps the store bounded, and `gc` removes the rest, and nothing else.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;

use crate::fixture::{Run, Workspace, present};
use crate::storage::Storage;

/// A file of the image that does not compress.
fn change(workspace: &Workspace, number: u64) {
    let mut state = number + 1;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("{:08x}", state >> 32)
    });
    workspace.write("deploy/gateway.toml", &format!("# {}\n", noise.take(20_000).collect::<String>()));
}

/// The bytes and the names of all blobs.
fn blobs(workspace: &Workspace) -> (u64, BTreeSet<String>) {
    let folder = workspace.layout().join("blobs/sha256");
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    let bytes = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    (bytes, files.iter().map(|file| file.file_name().into_string().unwrap()).collect())
}

fn build(workspace: &Workspace) -> Run {
    workspace.image(&["build", "cockpit", "--format", "json"]).done()
}

fn digest(run: &Run) -> String {
    run.json()["images"][0]["digest"].as_str().unwrap().to_owned()
}

#[test]
fn the_store_keeps_the_last_builds_and_does_not_grow_by_each() {
    let workspace = Workspace::new();
    let mut sizes = Vec::new();
    let mut digests = Vec::new();
    for number in 0..27 {
        change(&workspace, number);
        digests.push(digest(&build(&workspace)));
        sizes.push(blobs(&workspace).0);
    }
    let one = sizes[1] - sizes[0];
    assert!(one > 50_000, "{sizes:?}");
    let limit = sizes[0] + 5 * one;
    assert!(sizes.iter().all(|size| *size <= limit), "{sizes:?} against {limit}");
    // What was built lately is not written again.
    change(&workspace, 23);
    let again = build(&workspace);
    assert_eq!(digest(&again), digests[23]);
    let layers = again.json();
    let layers = layers["images"][0]["layers"].as_array().unwrap();
    assert!(layers.iter().all(|layer| layer["reused"] == true), "{}", again.stdout);
    workspace.verify("cockpit");
}

#[test]
fn gc_keeps_what_the_last_build_needs_and_a_dry_run_keeps_everything() {
    let workspace = Workspace::new();
    change(&workspace, 0);
    let first = blobs_after_build(&workspace);
    change(&workspace, 1);
    let both = blobs_after_build(&workspace);
    let surplus = first.difference(&alone(1)).count();
    let dry = workspace.image(&["gc", "--dry-run", "--format", "json"]).done().json();
    assert_eq!(blobs(&workspace).1, both);
    assert_eq!((&dry["schema"], &dry["dry_run"]), (&1.into(), &true.into()));
    let kept = workspace.image(&["gc", "--keep", "2", "--format", "json"]).done().json();
    assert_eq!((&kept["freed"], &kept["removed"]), (&0.into(), &serde_json::json!([])));
    let done = workspace.image(&["gc", "--format", "json"]).done().json();
    assert_eq!(done["freed"], dry["freed"]);
    assert_eq!(done["removed"], dry["removed"]);
    let blob = done["removed"].as_array().unwrap().iter().find(|entry| entry["kind"] == "blob").unwrap();
    assert_eq!(blob["count"], surplus);
    assert!(blob["bytes"].as_u64().unwrap() > 50_000, "{done}");
    assert_eq!(blobs(&workspace).1, alone(1));
    let next = build(&workspace);
    assert!(next.stderr.contains("no layer written"), "{}", next.stderr);
    workspace.verify("cockpit");
    let text = workspace.image(&["gc"]).done();
    let lines: Vec<_> = text.stdout.lines().map(|line| line.trim_start().split_once("  ").unwrap()).collect();
    assert_eq!(lines[0], ("0 B", "freed"));
    assert_eq!([lines[1].1, lines[2].1], ["in the store of this workspace", "in the user's cache"]);
}

/// As du(1) counts it.
#[test]
fn gc_says_what_the_store_and_the_cache_take() {
    let workspace = Workspace::new();
    build(&workspace);
    let taken = workspace.image(&["gc", "--dry-run", "--format", "json"]).done().json();
    let store = workspace.layout().parent().unwrap().to_owned();
    let du = Command::new("du").args(["-s", "--block-size=1"]).arg(store).output().unwrap();
    let du = String::from_utf8(du.stdout).unwrap();
    assert_eq!(taken["store"].as_u64(), du.split_whitespace().next().and_then(|bytes| bytes.parse().ok()));
    assert!(taken["cache"].as_u64().unwrap() > 0, "{taken}");
}

fn blobs_after_build(workspace: &Workspace) -> BTreeSet<String> {
    build(workspace);
    blobs(workspace).1
}

/// The blobs of that version of the image in a store of its own.
fn alone(number: u64) -> BTreeSet<String> {
    let workspace = Workspace::new();
    change(&workspace, number);
    blobs_after_build(&workspace)
}

#[test]
fn gc_removes_an_image_that_is_no_longer_described_and_no_image_of_another_program() {
    let workspace = Workspace::new();
    build(&workspace);
    let mut index: serde_json::Value = serde_json::from_str(&workspace.tags()).unwrap();
    let mut copied = index["manifests"][0].clone();
    copied["annotations"]["org.opencontainers.image.ref.name"] = "copied".into();
    index["manifests"].as_array_mut().unwrap().push(copied);
    fs::write(workspace.layout().join("index.json"), index.to_string()).unwrap();
    assert!(workspace.tags().contains("\"cockpit\""));
    workspace.describe("checked", &["gc"]).done();
    assert!(!workspace.tags().contains("\"cockpit\""), "{}", workspace.tags());
    assert!(workspace.tags().contains("\"copied\""), "{}", workspace.tags());
    workspace.verify("copied");
    let again = workspace.image(&["build", "cockpit"]).done();
    assert!(!again.stderr.contains("warning"), "{}", again.stderr);
    workspace.verify("cockpit");
}

#[test]
fn gc_waits_for_a_build_that_runs() {
    let workspace = Workspace::new();
    build(&workspace);
    change(&workspace, 1);
    build(&workspace);
    let before = blobs(&workspace).1;
    let running = File::open(workspace.path("target/lapstrake/.in-use")).unwrap();
    running.lock_shared().unwrap();
    let mut gc = workspace.command(&["gc"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(gc.stderr.take().unwrap());
    let mut line = String::new();
    log.read_line(&mut line).unwrap();
    assert!(line.contains("Waiting for a build that runs"), "{line}");
    assert!(gc.try_wait().unwrap().is_none(), "it does not wait");
    assert_eq!(blobs(&workspace).1, before);
    drop(running);
    assert!(gc.wait().unwrap().success());
    assert!(blobs(&workspace).1.len() < before.len());
}

#[test]
fn gc_beside_builds_never_breaks_one() {
    let workspace = Workspace::new();
    build(&workspace);
    thread::scope(|scope| {
        let collector = scope.spawn(|| {
            for _ in 0..12 {
                workspace.image(&["gc", "--quiet"]).done();
            }
        });
        let mut number = 0;
        while !collector.is_finished() {
            number = (number + 1) % 4;
            change(&workspace, number);
            workspace.image(&["build", "cockpit", "--quiet"]).done();
            workspace.verify("cockpit");
        }
    });
}

#[test]
fn gc_removes_killed_jobs_of_this_store_from_podman_and_nobody_elses() {
    if !present(&["podman", "buildah", "busybox"]) {
        return;
    }
    let storage = Storage::new();
    let builder = storage.import_builder();
    let store = storage.workspace.path("target/lapstrake").canonicalize();
    let store = store
        .unwrap_or_else(|_| fs::canonicalize(storage.workspace.root()).unwrap().join("target/lapstrake"));
    let sum =
        Run::of(Command::new("sh").args(["-ec", "printf %s \"$0\" | sha256sum", store.to_str().unwrap()]));
    let own = format!("lapstrake-{}-engine-abc123", &sum.done().stdout[..8]);
    let names = [own.clone(), format!("{own}-results"), "lapstrake-00000000-engine-abc123".to_owned()];
    for name in &names {
        let name = format!("localhost/{name}");
        Run::of(storage.with(Command::new("podman").args(["tag", &builder, &name]))).done();
        Run::of(storage.with(Command::new("buildah").args(["from", "--pull-never", &name]))).done();
    }
    let gc = |arguments: &[&str]| {
        let mut command = storage.workspace.command(&[&["gc"], arguments].concat());
        Run::of(storage.with(&mut command)).done()
    };
    let before = storage.content();
    let dry = gc(&["--dry-run", "--format", "json"]).json();
    assert_eq!(dry["killed_jobs"], serde_json::json!([own]));
    assert_eq!(storage.content(), before);
    let done = gc(&[]);
    assert!(done.stdout.contains("1 killed job of podman or buildah"), "{}", done.stdout);
    let content = storage.content();
    assert!(!content.contains(&own), "{content}");
    assert!(content.contains(&names[2]) && content.contains("localhost/builder"), "{content}");
}
