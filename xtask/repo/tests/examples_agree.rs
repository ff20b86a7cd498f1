//! Each example's image, built natively and built by podman from the emitted context, is the same root
//! filesystem. Both are mounted by podman; find and sha256sum say what is in them. ostree and composefs-rs, which bootc
//! imports images by, have the same tree.

#![expect(clippy::unwrap_used, reason = "what a test can't do without, it stops at")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn read(program: &str, arguments: &[&str], directory: &Path) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name == "LD_LIBRARY_PATH" || name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_")
        {
            command.env_remove(&*name);
        }
    }
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}\n{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every name of a tree with type, mode, owner, size, link target and content.
fn tree(root: &str) -> Vec<String> {
    const SCRIPT: &str = r#"
cd "$1"
find . -mindepth 1 ! -type d -printf '%P %y %m %U:%G %s %l\n' -o -mindepth 1 -type d -printf '%P %y %m %U:%G\n' | sort
find . -type f -print0 | sort -z | xargs -0 -r sha256sum
"#;
    read("sh", &["-c", SCRIPT, "sh", root], Path::new("/")).lines().map(str::to_owned).collect()
}

/// The tree that ostree makes of an image, committed and checked out layer after layer, as ostree-rs-ext does.
fn by_ostree(reference: &str, example: &Path) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path();
    read("skopeo", &["copy", "-q", reference, &format!("dir:{}", to.join("image").display())], example);
    let manifest = std::fs::read(to.join("image/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    read("ostree", &["init", "--repo=repo", "--mode=bare"], to);
    for (number, layer) in manifest["layers"].as_array().unwrap().iter().enumerate() {
        let blob = layer["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let (branch, tree) = (format!("--branch=layer-{number}"), format!("--tree=tar=image/{blob}"));
        let commit =
            ["commit", "--repo=repo", "--tar-autocreate-parents", "--no-bindings", "--subject=layer"];
        read("ostree", &[&commit[..], &[&branch, &tree]].concat(), to);
        let checkout = ["checkout", "--repo=repo", "--union", "--whiteouts", "--force-copy"];
        read("ostree", &[&checkout[..], &[&format!("layer-{number}"), "root"]].concat(), to);
    }
    tree(to.join("root").to_str().unwrap())
}

/// The tree that composefs-rs makes of an image: all of its dump but the times, which podman takes from the sources.
fn by_composefs(cfsctl: &Path, reference: &str, example: &Path) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    let repository = directory.path().to_str().unwrap();
    let run = |arguments: &[&str]| {
        read(cfsctl.to_str().unwrap(), &[&["--repo", repository], arguments].concat(), example)
    };
    run(&["init", "--insecure"]);
    run(&["oci", "pull", reference, "imported"]);
    let dump = run(&["oci", "dump", "imported"]);
    let without_time = |line: &str| {
        let fields = line.split(' ').enumerate().filter(|(number, _)| *number != 7);
        fields.map(|(_, field)| field).collect::<Vec<_>>().join(" ")
    };
    dump.lines().map(without_time).collect()
}

struct Mounted(String);

impl Mounted {
    fn tree(&self) -> Vec<String> {
        tree(read("podman", &["image", "mount", &self.0], Path::new("/")).trim())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        for arguments in [["image", "umount", "--force", &self.0].as_slice(), &["rmi", "--force", &self.0]] {
            drop(Command::new("podman").args(arguments).output());
        }
    }
}

#[test]
fn what_we_build_of_an_example_is_what_podman_builds() {
    let missing: Vec<_> = ["podman", "skopeo", "ostree"]
        .into_iter()
        .filter(|program| Command::new(program).arg("--version").output().is_err())
        .collect();
    if !missing.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "under CI {missing:?} must be there");
        eprintln!("\n*** SKIPPED: {missing:?} not installed; `cargo xtask test` as root installs them ***\n");
        return;
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let cfsctl = root.join("target/fixtures/composefs/bin/cfsctl");
    let cfsctl = cfsctl.exists().then_some(cfsctl);
    if cfsctl.is_none() {
        assert!(std::env::var_os("CI").is_none(), "under CI composefs-rs must be there");
        eprintln!("\n*** SKIPPED: `cargo xtask fixtures` brings composefs-rs ***\n");
    }
    let temporary = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for example in std::fs::read_dir(root.join("examples")).unwrap() {
        let example = example.unwrap().path();
        if !example.join("xtask").is_dir() {
            continue;
        }
        if std::fs::read_to_string(example.join("Cargo.toml")).unwrap().contains("\nneeds = ") {
            eprintln!("{} needs more than a checkout has: `real_parts` compares it", example.display());
            continue;
        }
        let tool =
            ["run", "-q", "--profile", "xtask", "--target", "host-tuple", "-p", "xtask", "--", "image"];
        let image = |arguments: &[&str]| {
            let text = read(env!("CARGO"), &[&tool, arguments, &["--format", "json"]].concat(), &example);
            serde_json::from_str::<Value>(&text).unwrap()["images"].as_array().unwrap().clone()
        };
        let contexts = temporary.path().join(example.file_name().unwrap());
        let emitted = image(&["emit", "--output", contexts.to_str().unwrap()]);
        for (built, emitted) in image(&["build"]).iter().zip(emitted) {
            let name = built["name"].as_str().unwrap();
            assert_eq!(emitted["name"], name);
            let [native, podman] =
                ["native", "podman"].map(|by| Mounted(format!("localhost/lapstrake-example/{name}-{by}")));
            let reference = built["reference"].as_str().unwrap();
            read("skopeo", &["copy", "-q", reference, &format!("containers-storage:{}", native.0)], &example);
            let context = emitted["context"].as_str().unwrap();
            read("podman", &["build", "-q", "-t", &podman.0, "."], Path::new(context));
            let (left, right) = (native.tree(), podman.tree());
            assert!(left.len() > 50, "{name} is nearly empty: {left:?}");
            assert_eq!(left, right, "{name}");
            assert_eq!(by_ostree(reference, &example), right, "{name}, imported by ostree");
            if let Some(cfsctl) = &cfsctl {
                let layout = format!("oci:{}:image", temporary.path().join(name).display());
                read(
                    "skopeo",
                    &["copy", "-q", &format!("containers-storage:{}", podman.0), &layout],
                    &example,
                );
                let [ours, podmans] = [reference, &layout].map(|image| by_composefs(cfsctl, image, &example));
                assert_eq!(ours, podmans, "{name}, imported by composefs-rs");
            }
            compared += 1;
        }
    }
    assert!(compared > 0, "no example was compared");
}
