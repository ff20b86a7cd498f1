//! A run over a clean image and one with a fault in every layer: the first has no finding, the second
//! each fault once, blamed on its own layer.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fixture::Workspace;

#[test]
fn every_planted_fault_is_found_and_the_clean_image_has_none() {
    let workspace = Workspace::new();
    let check = workspace.describe("planted", &["check", "--format", "json"]);
    assert_eq!(check.code, Some(1), "{}", check.stderr);
    let check: Value = serde_json::from_str(&check.stdout).unwrap();
    let findings = check["findings"].as_array().unwrap();
    let of =
        |finding: &Value, image: &str| finding["images"].as_array().unwrap().iter().any(|name| name == image);
    assert_eq!(findings.iter().filter(|finding| of(finding, "gateway")).count(), 0, "{findings:#?}");
    let planted = include_str!("described/xtask/planted.rs");
    let (planted, staged) = planted.split_once("/// A fault of each phase").unwrap();
    let (_, staged) = staged.split_once("/// What only the bytes").unwrap();
    let planted = [planted, staged].concat();
    let layers: BTreeSet<_> =
        planted.split("Layer::new(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let mut found = BTreeSet::new();
    for finding in findings {
        let name = finding["name"].as_str().unwrap();
        assert_eq!(finding["blame"]["layer"], name, "another layer has it too: {finding:#}");
        assert!(finding["site"].as_str().unwrap().starts_with("xtask/src/planted.rs:"), "{finding:#}");
        assert!(finding["help"].is_string(), "{finding:#}");
        assert!(found.insert(name), "{name} is found twice");
    }
    assert_eq!(found, layers);
    assert!(layers.len() > 35, "{}", layers.len());
}

#[test]
fn what_a_description_has_wrong_is_told_before_cargo_starts() {
    let workspace = Workspace::new();
    workspace.write("gateway/src/bin/gatewayd.rs", "this is not Rust\n");
    let refused = workspace.describe("early", &["build"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("error[var-tmpfiles]"), "{}", refused.stderr);
    assert!(
        !refused.stderr.contains("Compiling") && !refused.stderr.contains("not Rust"),
        "{}",
        refused.stderr
    );
}

#[test]
fn faults_of_the_tree_do_not_hide_those_of_the_bytes() {
    let workspace = Workspace::new();
    let found = |description: &str, command: &str, more: &[&str]| {
        let run = workspace.describe(description, &[&[command, "--format", "json"], more].concat());
        assert_eq!(run.code, Some(1), "{command}: {}", run.stderr);
        let document = run.json();
        let findings = document["findings"].as_array().unwrap();
        let names: Vec<_> =
            findings.iter().map(|finding| finding["name"].as_str().unwrap().to_owned()).collect();
        (names, run)
    };
    // `check` compiles, and so it has all of them.
    let (all, run) = found("phases", "check", &[]);
    assert_eq!(all, ["var-tmpfiles", "secret-in-layer", "elf-library"], "{}", run.stderr);
    assert_eq!(run.json()["complete"], true);
    // Other commands stop before cargo, with everything that is known by then.
    for command in ["build", "emit", "push", "boot"] {
        let (known, run) = found("phases", command, &[]);
        assert_eq!(known, ["var-tmpfiles", "secret-in-layer"], "{command}");
        assert!(!run.stderr.contains("Compiling"), "{command}: {}", run.stderr);
        assert_eq!(found("phases", command, &["--skip", "secret-in-layer"]).0, ["var-tmpfiles"]);
    }
    assert_eq!(found("phases of files", "build", &[]).0, ["var-tmpfiles", "secret-in-layer"]);
    let (known, run) = found("all phases", "check", &[]);
    assert_eq!(known, ["var-tmpfiles", "secret-in-layer", "unknown-binary"], "{}", run.stderr);
    assert_eq!(run.json()["complete"], false);
}
