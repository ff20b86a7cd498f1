//! What a script reads with `--format json` where a command does not succeed: one document, with the findings and the error.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::fixture::{Run, Workspace};

/// The commands that plan images.
const PLANNING: [&str; 6] = ["plan", "check", "emit", "build", "push", "boot"];

#[test]
fn a_failure_is_a_document_with_the_error_its_causes_and_its_help() {
    let workspace = Workspace::new();
    for command in PLANNING.into_iter().chain(["lock", "gc"]) {
        let arguments = [command, "--format", "json"];
        let arguments = if ["push", "boot"].contains(&command) {
            [&arguments[..], &["cockpit"]].concat()
        } else {
            arguments.to_vec()
        };
        let run = Run::of(workspace.command(&arguments).env("CARGO", "/no/such/cargo"));
        assert_eq!(run.code, Some(3), "{command}: {}", run.stderr);
        let document = run.json();
        assert_eq!((&document["schema"], &document["findings"]), (&json!(1), &json!([])), "{document}");
        let error = &document["error"];
        assert_eq!(error["message"], "the workspace can't be read", "{command}");
        assert_eq!(error["exit_code"], 3);
        assert_eq!(error["causes"][0], "`cargo` can't be started", "{error}");
        assert!(
            run.stderr.starts_with("error: the workspace can't be read\n  caused by: "),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_wrong_name_is_a_document_with_the_near_one() {
    let workspace = Workspace::new();
    for command in PLANNING.into_iter().chain(["list"]) {
        let run = workspace.image(&[command, "cockpti", "--format", "json"]);
        assert_eq!(run.code, Some(2), "{command}: {}", run.stderr);
        let error = json!({
            "message": "no image is named `cockpti`",
            "causes": [],
            "help": "did you mean `cockpit`?",
            "site": null,
            "exit_code": 2,
        });
        assert_eq!(run.json()["error"], error, "{command}");
    }
    let unknown = workspace.image(&["check", "--only", "no-such-check", "--format", "json"]);
    assert_eq!((unknown.code, &unknown.json()["complete"]), (Some(2), &json!(false)), "{}", unknown.stderr);
}

#[test]
fn fatal_findings_are_in_the_document_of_each_command() {
    let workspace = Workspace::new();
    for command in PLANNING {
        let run = workspace.describe("faulty", &[command, "faulty", "--format", "json"]);
        assert_eq!(run.code, Some(1), "{command}: {}", run.stderr);
        let document = run.json();
        let found = names(&document);
        assert!(found.contains(&"duplicate-destination".to_owned()), "{command}: {found:?}");
        assert!(document.get("error").is_none(), "{command}: {}", document["error"]);
        if ["emit", "build", "push", "boot"].contains(&command) {
            assert_eq!(document["images"], json!([]), "{command}");
        }
    }
}

#[test]
fn what_was_found_and_built_before_a_failure_is_in_its_document() {
    let workspace = Workspace::new();
    let found = |run: &Run| {
        assert_eq!(run.code, Some(3), "{}", run.stderr);
        assert!(run.json()["error"]["message"].is_string());
        names(&run.json())
    };
    let cargo = workspace.path("cargo");
    let real = env!("CARGO");
    fs::write(
        &cargo,
        format!("#!/bin/sh\n[ \"$1\" = build ] && {{ echo no linker >&2; exit 1; }}\nexec {real} \"$@\"\n"),
    )
    .unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let fails = |command: &str| {
        let arguments = [command, "--format", "json"];
        let mut command = workspace.command(&arguments);
        Run::of(command.env("DESCRIBE", "doubtful").env("CARGO", &cargo))
    };
    for command in ["check", "emit", "build"] {
        let run = fails(command);
        assert_eq!(found(&run), ["empty-layer"], "{command}: {}", run.stderr);
        let document = run.json();
        let error = &document["error"];
        assert_eq!(error["message"], "the binaries of image `doubtful` can't be compiled", "{error}");
        assert!(error["causes"][0].as_str().unwrap().ends_with("` failed"), "{error}");
        if command == "build" {
            assert_eq!(document["images"][0]["name"], "cockpit", "an image that is built stays");
        }
    }
}

#[test]
fn the_pins_are_a_document() {
    let workspace = Workspace::new();
    let document = workspace.image(&["lock", "--format", "json"]).done().json();
    let pin = &document["pins"][0];
    assert_eq!((&pin["reference"], document.get("error")), (&json!("stand-in"), None));
    assert!(pin["digest"].as_str().unwrap().starts_with("sha256:"), "{pin}");
}

fn names(document: &Value) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["name"].as_str().unwrap().to_owned()).collect()
}
