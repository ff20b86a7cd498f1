//! `image diff`: what it reports of two images, against what other tools see in them and copy.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::fixture::{Run, Workspace, installed, present};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/guide/diff.schema.json");

/// A workspace with two builds of the image `cockpit`, of which the file is another.
fn two_builds() -> Workspace {
    let workspace = Workspace::new();
    workspace.image(&["build", "cockpit"]).done();
    workspace.write("deploy/gateway.toml", "interval = 77\n");
    workspace.image(&["build", "cockpit"]).done();
    workspace
}

fn difference(workspace: &Workspace, arguments: &[&str]) -> Value {
    let arguments = [&["diff"], arguments, &["--format", "json"]].concat();
    workspace.image(&arguments).done().json()["difference"].clone()
}

/// The changes of a part: the sign and the name.
fn names(difference: &Value, part: &str) -> Vec<String> {
    let changes = difference[part]["changes"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    changes.iter().map(|change| format!("{} {}", text(&change["change"]), text(&change["name"]))).collect()
}

#[test]
fn an_image_is_compared_with_the_build_before_it() {
    let workspace = two_builds();
    let run = workspace.image(&["diff", "cockpit"]).done();
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(lines[0].starts_with("a device with cockpit~1 downloads "), "{}", run.stdout);
    assert!(lines[0].contains(" for cockpit: 1 of "), "{}", run.stdout);
    assert!(lines[1].starts_with("  ~ config  ") && lines[1].ends_with("  replaced"), "{}", run.stdout);
    let rest = run.stdout.split_once("\n\n").unwrap().1;
    let (changes, same) = rest.split_once("\n\n").unwrap();
    let start = "files: 1 changed\n  ~ /etc/gateway.toml  size ";
    assert!(changes.starts_with(start) && changes.ends_with(" -> 14 B  content"), "{changes}");
    assert!(
        same.starts_with("no change: packages (neither image has a database), units, users and groups, "),
        "{same}"
    );

    let found = difference(&workspace, &["cockpit~1", "cockpit"]);
    assert_eq!(found, difference(&workspace, &["cockpit"]), "the default is the build before");
    assert_eq!(names(&found, "files"), ["changed /etc/gateway.toml"]);
    let size = &found["files"]["changes"][0]["facts"]["size"];
    assert_eq!(size["new"], 14, "{found}");
    let same = workspace.image(&["diff", "cockpit", "cockpit"]).done().stdout;
    assert_eq!(same, "cockpit and cockpit are the same image: a device downloads nothing\n");
}

#[test]
fn nothing_of_the_store_is_copied_into_the_cache() {
    let workspace = two_builds();
    let blobs = |folder: &Path| fs::read_dir(folder.join("blobs/sha256")).unwrap().count();
    let cache = workspace.cache();
    let before = blobs(&cache);
    workspace.image(&["diff", "cockpit"]).done();
    assert_eq!(blobs(&cache), before);
    // The second comparison reads no layer.
    let again = workspace.image(&["diff", "cockpit"]).done();
    assert_eq!(again.stderr, "");
}

#[test]
fn a_device_downloads_the_blobs_that_skopeo_copies() {
    if !present(&["skopeo"]) {
        return;
    }
    let workspace = Workspace::new();
    let device = workspace.path("device");
    let copy = || {
        let from = format!("oci:{}:cockpit", workspace.layout().display());
        let to = format!("oci:{}:device", device.display());
        Run::of(Command::new("skopeo").args(["copy", "--quiet", &from, &to])).done();
        let blobs = fs::read_dir(device.join("blobs/sha256")).unwrap().map(Result::unwrap);
        blobs.map(|blob| (blob.file_name(), blob.metadata().unwrap().len())).collect::<BTreeMap<_, _>>()
    };
    workspace.image(&["build", "cockpit"]).done();
    let before = copy();
    workspace.write("deploy/gateway.toml", "interval = 77\n");
    workspace.image(&["build", "cockpit"]).done();
    let after = copy();
    let copied: u64 =
        after.iter().filter(|(name, _)| !before.contains_key(*name)).map(|(_, size)| size).sum();
    let download = difference(&workspace, &["oci:device:device", "cockpit"])["download"].clone();
    assert_eq!(download["bytes"], 0, "the device has it now");
    let download = difference(&workspace, &["cockpit"])["download"].clone();
    assert_eq!(download["bytes"], copied, "{download}");
    let layers = download["layers"].as_array().unwrap().iter();
    let layers: u64 = layers.map(|layer| layer["download"].as_u64().unwrap()).sum();
    let documents = download["config"].as_u64().unwrap() + download["manifest"].as_u64().unwrap();
    assert_eq!(layers + documents, copied);
}

#[test]
fn the_files_are_those_that_are_different_once_umoci_has_unpacked_both() {
    if !present(&["umoci", "skopeo"]) {
        return;
    }
    let workspace = Workspace::new();
    workspace.image(&["build"]).done();
    let unpack = |image: &str| {
        // umoci reads no zstd.
        let from = format!("oci:{}:{image}", workspace.layout().display());
        let gzip = format!("{}:{image}", workspace.path("gzip").display());
        let plain = format!("dir:{}", workspace.path(&format!("plain-{image}")).display());
        let copy = |arguments: &[&str]| {
            Run::of(Command::new("skopeo").args(["copy", "--quiet"]).args(arguments)).done()
        };
        copy(&["--dest-decompress", &from, &plain]);
        copy(&[&plain, &format!("oci:{gzip}")]);
        let to = workspace.path(&format!("unpacked-{image}"));
        Run::of(Command::new("umoci").args(["unpack", "--image", &gzip]).arg(&to)).done();
        let root = to.join("rootfs");
        let format = "%P\\t%y %m %U:%G %s %l\\n";
        let listed =
            Run::of(Command::new("find").current_dir(&root).args([".", "-mindepth", "1", "-printf", format]));
        let describe = |line: &str| {
            let (path, facts) = line.split_once('\t').unwrap();
            // The size of a directory is the disk's.
            let facts = if facts.starts_with('d') { facts.rsplitn(3, ' ').last().unwrap() } else { facts };
            let bytes = if facts.starts_with('f') { fs::read(root.join(path)).unwrap() } else { Vec::new() };
            (format!("/{path}"), (facts.to_owned(), bytes))
        };
        listed.done().stdout.lines().map(describe).collect::<BTreeMap<_, _>>()
    };
    let (old, new) = (unpack("cockpit"), unpack("gateway"));
    let how = |path: &String| match (old.get(path), new.get(path)) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    let paths = old.keys().chain(new.keys()).filter(|path| old.get(*path) != new.get(*path));
    let expected: BTreeSet<_> = paths.map(|path| format!("{} {path}", how(path))).collect();
    let found = difference(&workspace, &["cockpit", "gateway"]);
    let found_files: BTreeSet<_> = names(&found, "files").into_iter().collect();
    assert_eq!(found_files, expected);
    assert!(expected.len() > 5, "{expected:?}");
    assert_eq!(names(&found, "units"), ["added gatewayd.service"]);
    let facts = &found["units"]["changes"][0]["facts"];
    assert_eq!(facts["started_by"]["new"], json!(["multi-user.target"]), "{facts}");

    // The same files in other blobs are downloaded again.
    let again = difference(&workspace, &["oci:gzip:gateway", "gateway"]);
    let layers = again["download"]["layers"].as_array().unwrap();
    assert!(layers.iter().all(|layer| layer["state"] == "recompressed"), "{again}");
    assert_eq!(names(&again, "files"), [""; 0]);
}

#[test]
fn the_document_is_what_its_schema_says() {
    let workspace = two_builds();
    workspace.image(&["build", "gateway"]).done();
    for pair in [["cockpit~1", "cockpit"], ["cockpit", "gateway"], ["gateway", "stand-in"]] {
        let run = workspace.image(&["diff", pair[0], pair[1], "--format", "json"]).done();
        let keys: Vec<_> = run.json()["difference"].as_object().unwrap().keys().cloned().collect();
        let expected = [
            "accounts",
            "config",
            "download",
            "files",
            "kernel",
            "new",
            "old",
            "ostree_objects",
            "packages",
            "same_image",
            "units",
        ];
        assert_eq!(keys.iter().collect::<BTreeSet<_>>(), expected.map(str::to_owned).iter().collect());
        if installed("jsonschema") {
            let document = workspace.path("diff.json");
            fs::write(&document, &run.stdout).unwrap();
            Run::of(Command::new("jsonschema").arg("-i").args([&document, Path::new(SCHEMA)])).done();
        }
    }
}

#[test]
fn a_pull_request_gets_tables_and_long_ones_are_folded() {
    let workspace = two_builds();
    workspace.image(&["build", "gateway"]).done();
    let comment = workspace.image(&["diff", "cockpit", "gateway", "--format", "markdown"]).done().stdout;
    assert!(comment.starts_with("**a device with cockpit downloads "), "{comment}");
    assert!(comment.contains("\n| | layer | download | |\n|---|---|---:|---|\n"), "{comment}");
    let folded = "\n<details>\n<summary>files: ";
    assert!(comment.contains(folded) && comment.contains("\n\n| | name | |\n|---|---|---|\n"), "{comment}");
    assert!(comment.contains("| + | `/usr/bin/gatewayd` | "), "{comment}");
    assert_eq!(comment.matches("<details>").count(), comment.matches("</details>").count());
}

#[test]
fn a_change_that_is_forbidden_or_too_large_ends_with_1() {
    let workspace = two_builds();
    workspace.image(&["build", "gateway"]).done();
    let kinds = "units-changed,users-changed,setuid-added";
    let limits = ["--fail-on", kinds, "--max-download", "1kB", "--color", "never"];
    let run = workspace.image(&[&["diff", "cockpit", "gateway"], &limits[..]].concat());
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    let errors: Vec<_> = run.stderr.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), 2, "{}", run.stderr);
    assert_eq!(errors[0], "error[units-changed]: 1 unit is not the same: `gatewayd.service`");
    assert!(errors[1].starts_with("error[max-download]: a device with `cockpit` downloads "), "{errors:?}");
    assert!(errors[1].ends_with(" for `gateway`; the limit is 1000 B (1000 bytes)"), "{errors:?}");
    assert!(run.stdout.contains("units: 1 added"), "the result is there as well: {}", run.stdout);

    let kept = ["diff", "cockpit", "--fail-on", kinds, "--max-download", "1MiB", "--format", "json"];
    assert_eq!(workspace.image(&kept).done().json()["findings"], json!([]));
    let broken = ["diff", "cockpit", "--max-download", "10", "--format", "json"];
    let run = workspace.image(&broken);
    assert_eq!((run.code, &run.json()["findings"][0]["name"]), (Some(1), &json!("max-download")));
    let near = workspace.image(&["diff", "cockpit", "--fail-on", "unit-changed"]);
    assert_eq!(near.code, Some(2), "{}", near.stderr);
    assert!(near.stderr.contains("'units-changed'"), "{}", near.stderr);
    let size = workspace.image(&["diff", "cockpit", "--max-download", "5M"]);
    assert!(size.stderr.contains("write a number of bytes such as `5MB`"), "{}", size.stderr);
}

#[test]
fn a_build_that_is_not_there_is_an_error_with_the_way_out() {
    let workspace = Workspace::new();
    let fails = |arguments: &[&str], code: i32, help: &str| {
        let run = workspace.image(&[&["diff"], arguments].concat());
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        assert!(run.stderr.contains(help), "{}", run.stderr);
    };
    fails(&["cockpit"], 3, "help: run `cargo xtask image build cockpit`");
    workspace.image(&["build", "cockpit"]).done();
    fails(&["cockpit"], 3, "help: there is only `cockpit`; the next build has it as `cockpit~1`");
    fails(&["cockpti"], 2, "help: did you mean `cockpit`?");
    fails(&[], 2, "help: there are `gateway`, `cockpit`");
    fails(&["oci:nowhere:x", "cockpit"], 3, "error: `oci:nowhere:x` can't be read");
    let run = workspace.image(&["diff", "cockpit", "--format", "json"]);
    assert_eq!(run.json()["error"]["message"], "the store has no build `cockpit~1`", "{}", run.stderr);
}
