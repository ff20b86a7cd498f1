//! `image check`: which checks run, how it ends, and the forms of what it finds.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::fixture::{Run, Workspace, installed};

/// The schema as OASIS publishes it.
const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schema/sarif-schema-2.1.0.json");

#[test]
fn sarif_is_valid_and_leads_an_editor_to_the_line() {
    let workspace = Workspace::new();
    workspace.write("../outside.toml", "");
    let check = workspace.describe("faulty", &["check", "--format", "sarif"]);
    assert_eq!(check.code, Some(1), "{}", check.stderr);
    let log = check.json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];

    let result = named(&log, "duplicate-destination");
    assert_eq!(result["level"], "error");
    let place = |line: u32, columns: [u32; 2]| {
        json!({
            "artifactLocation": { "uri": "xtask/src/faulty.rs", "uriBaseId": "SRCROOT" },
            "region": { "startLine": line, "startColumn": columns[0], "endColumn": columns[1] },
        })
    };
    let location = &result["locations"][0];
    assert_eq!(location["physicalLocation"], place(16, [18, 54]));
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "/etc/gateway.toml");
    let related = &result["relatedLocations"][0];
    assert_eq!(related["physicalLocation"], place(15, [18, 66]));
    assert_eq!(related["message"]["text"], "first written here");
    assert_eq!(result["properties"]["images"], json!(["faulty"]));

    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        assert!(result["locations"][0]["physicalLocation"].is_object(), "{result}");
    }
    valid(&workspace, &check);
}

/// An editor opens the unit at its line; the call that brings it is the second place.
#[test]
fn a_fault_of_a_unit_file_is_placed_in_it() {
    let workspace = Workspace::new();
    workspace.write("deploy/gatewayd.service", "[Service]\nExecStart=/usr/bin/gatewayd\nUser=gateway\n");
    let arguments = ["check", "gateway", "--only", "unit-user", "--format"];
    let check = workspace.describe("plain", &[&arguments[..], &["sarif"]].concat());
    let result = named(&check.json(), "unit-user").clone();
    let unit = json!({
        "artifactLocation": { "uri": "deploy/gatewayd.service", "uriBaseId": "SRCROOT" },
        "region": { "startLine": 3, "startColumn": 6, "endColumn": 13 },
    });
    assert_eq!(result["locations"][0]["physicalLocation"], unit, "{result:#}");
    let call = &result["relatedLocations"][0];
    assert_eq!(call["physicalLocation"]["artifactLocation"]["uri"], "xtask/src/main.rs", "{call:#}");
    assert_eq!(call["message"]["text"], "brought here by this entry");
    valid(&workspace, &check);
    let check = workspace.describe("plain", &[&arguments[..], &["json"]].concat()).json();
    let found = check["findings"].as_array().unwrap();
    let finding = found.iter().find(|finding| finding["name"] == "unit-user").unwrap();
    let place = json!({ "file": "deploy/gatewayd.service", "line": 3, "column": 6, "end-column": 13 });
    assert_eq!(finding["place"], place, "{finding:#}");
    assert!(finding["site"].as_str().unwrap().starts_with("xtask/src/main.rs:"), "{finding:#}");
    let shown = workspace.describe("plain", &arguments[..4]);
    assert!(shown.stdout.contains("3 | User=gateway"), "{}", shown.stdout);
    assert!(shown.stdout.contains("brought here by this entry"), "{}", shown.stdout);
}

#[test]
fn sarif_of_nothing_found_is_valid_too() {
    let workspace = Workspace::new();
    let check = workspace.describe("plain", &["check", "cockpit", "--format", "sarif"]).done();
    assert_eq!(check.json()["runs"][0]["results"], json!([]));
    assert_eq!(check.json()["runs"][0]["properties"]["complete"], true);
    valid(&workspace, &check);
}

#[test]
fn sarif_of_a_failure_is_valid_and_says_what_failed() {
    let workspace = Workspace::new();
    let log = |check: &Run, code: i32| {
        assert_eq!(check.code, Some(code), "{}", check.stderr);
        valid(&workspace, check);
        let log = check.json()["runs"][0].clone();
        assert_eq!(log["properties"]["complete"], false);
        let invocation = &log["invocations"][0];
        assert_eq!(
            (&invocation["executionSuccessful"], &invocation["exitCode"]),
            (&json!(false), &json!(code))
        );
        let text =
            invocation["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap().to_owned();
        (text, log)
    };
    let arguments = ["check", "--format", "sarif"];
    let mut no_cargo = workspace.command(&arguments);
    let (text, _) = log(&Run::of(no_cargo.env("CARGO", "/no/such/cargo")), 3);
    assert!(text.starts_with("the workspace can't be read\ncaused by: `cargo` can't be started\n"), "{text}");
    let (text, _) = log(&workspace.image(&["check", "cockpti", "--format", "sarif"]), 2);
    assert_eq!(text, "no image is named `cockpti`\nhelp: did you mean `cockpit`?");
    let (text, _) = log(&workspace.image(&["check", "--lokced", "--format=sarif"]), 2);
    assert_eq!(text, "unexpected argument '--lokced' found\nhelp: a similar argument exists: '--locked'");
    // What was found before the failure is in the log.
    workspace.write("gateway/src/bin/gatewayd.rs", "this is not Rust\n");
    let (text, found) = log(&workspace.describe("early", &arguments), 3);
    assert!(text.starts_with("the binaries of image `planted-app` can't be compiled\n"), "{text}");
    assert_eq!(found["results"][0]["ruleId"], "var-tmpfiles");
    let fine = workspace.image(&["check", "cockpit", "--format", "sarif"]).done();
    assert_eq!(fine.json()["runs"][0]["invocations"], json!([{ "executionSuccessful": true }]));
}

/// Holds a log to the schema, and to saying nothing of this machine.
#[track_caller]
fn valid(workspace: &Workspace, check: &Run) {
    let place = workspace.root();
    let locations: String = check.json()["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| format!("{}{}", result["locations"], result["relatedLocations"]))
        .collect();
    assert!(!locations.contains(place.to_str().unwrap()), "{locations}");
    assert!(!locations.contains("\"uri\":\"/"), "{locations}");
    if installed("jsonschema") {
        let log = workspace.path("log.sarif");
        fs::write(&log, &check.stdout).unwrap();
        Run::of(Command::new("jsonschema").arg("-i").args([&log, Path::new(SCHEMA)])).done();
    }
}

#[test]
fn every_check_is_listed_with_what_it_needs_to_see() {
    let workspace = Workspace::new();
    let list = workspace.image(&["check", "--list"]).done().stdout;
    let line = list.lines().find(|line| line.starts_with("api-base-directories")).unwrap();
    assert!(line.contains("fatal") && line.contains("tree") && line.contains("systemd mounts"), "{line}");
    let document = workspace.image(&["check", "--list", "--format", "json"]).done().json();
    let checks = document["checks"].as_array().unwrap();
    assert_eq!(checks.len(), list.lines().count());
    let empty = checks.iter().find(|check| check["name"] == "empty-layer").unwrap();
    assert_eq!((&empty["severity"], &empty["phase"]), (&json!("warning"), &json!("description")));
}

#[test]
fn a_check_is_explained_with_what_bootc_says_and_an_example() {
    let workspace = Workspace::new();
    let text = workspace.image(&["explain", "var-tmpfiles", "tmpfiles-mode"]).done().stdout;
    let (first, second) = text.split_once("tmpfiles-mode: ").unwrap();
    assert!(first.starts_with("var-tmpfiles: warning, of the tree\n"), "{text}");
    assert!(first.contains("`bootc container lint` has this check, too, and warns."), "{text}");
    assert!(second.contains("d /var/lib/app 0644 root root -") && !second.contains("bootc"), "{text}");
    let document = workspace.image(&["explain", "var-tmpfiles", "--format", "json"]).done().json();
    let check = &document["checks"][0];
    assert_eq!((&check["name"], &check["bootc"]), (&json!("var-tmpfiles"), &json!("lint-warns")));
    assert!(check["example"]["fixed"].is_string(), "{check}");

    let wrong = workspace.image(&["explain", "var-tmpfile"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
    assert!(wrong.stderr.contains("did you mean `var-tmpfiles`?"), "{}", wrong.stderr);
}

#[test]
fn one_check_runs_alone_and_one_is_left_out() {
    let workspace = Workspace::new();
    let names = |arguments: &[&str]| -> (Option<i32>, Vec<String>) {
        let check = workspace.describe("shadowed", &[&["check", "--format", "json"], arguments].concat());
        let findings = check.json()["findings"].as_array().unwrap().clone();
        (check.code, findings.iter().map(|finding| finding["name"].as_str().unwrap().to_owned()).collect())
    };
    let both = ["shadowed-entry", "empty-layer"].map(str::to_owned).to_vec();
    assert_eq!(names(&[]), (Some(0), both.clone()));
    assert_eq!(names(&["--only", "empty-layer"]), (Some(0), both[1..].to_vec()));
    assert_eq!(names(&["--skip", "empty-layer"]), (Some(0), both[..1].to_vec()));
    assert_eq!(names(&["--fatal-warnings"]), (Some(1), both.clone()));
    assert_eq!(
        names(&["--fatal-warnings", "--skip", "empty-layer", "--skip", "shadowed-entry"]),
        (Some(0), vec![])
    );
}

#[test]
fn a_missing_second_opinion_on_units_is_a_note() {
    let workspace = Workspace::new();
    let programs = workspace.path("programs");
    fs::create_dir(&programs).unwrap();
    std::os::unix::fs::symlink(env!("CARGO"), programs.join("cargo")).unwrap();
    let arguments = ["check", "gateway", "--only", "systemd-analyze", "--format", "json"];
    let check = Run::of(workspace.command(&arguments).env("PATH", &programs));
    assert_eq!(check.code, Some(0), "{}", check.stderr);
    let json = check.json();
    let [finding] = json["findings"].as_array().unwrap().as_slice() else { panic!("{json}") };
    assert_eq!((&finding["name"], &finding["severity"]), (&json!("systemd-analyze"), &json!("note")));
    let message =
        "`systemd-analyze` did not read the units of the layers: `systemd-analyze` is not installed";
    assert_eq!(finding["message"], message);
}

#[test]
fn a_fatal_finding_of_the_description_can_not_be_left_out() {
    let check =
        Workspace::new().describe("twins", &["check", "--skip", "duplicate-image", "--format", "json"]);
    assert_eq!(check.code, Some(1));
    assert_eq!(check.json()["findings"][0]["name"], "duplicate-image");
}

#[test]
fn an_xtask_without_an_image_is_an_error_of_every_command() {
    for verb in ["list", "plan", "check", "emit", "build", "boot", "lock"] {
        let ended = Workspace::new().describe("nothing", &[verb]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(3), ""), "{verb}: {}", ended.stderr);
        assert!(ended.stderr.contains("error: this xtask describes no image\n"), "{verb}: {}", ended.stderr);
        assert!(ended.stderr.contains("help: write `Xtask::new("), "{verb}: {}", ended.stderr);
    }
}

#[test]
fn a_check_that_is_none_is_wrong_usage_and_the_nearest_is_named() {
    for option in ["--only", "--skip"] {
        let check = Workspace::new().image(&["check", option, "api-base-directory"]);
        assert_eq!(check.code, Some(2), "{}", check.stderr);
        assert_eq!(check.stdout, "");
        assert!(check.stderr.contains("no check is named `api-base-directory`"), "{}", check.stderr);
        assert!(check.stderr.contains("did you mean `api-base-directories`?"), "{}", check.stderr);
    }
}

#[track_caller]
fn named<'a>(log: &'a Value, name: &str) -> &'a Value {
    let results = log["runs"][0]["results"].as_array().unwrap();
    results.iter().find(|result| result["ruleId"] == name).unwrap()
}
