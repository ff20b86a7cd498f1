//! What a program reads on stderr with `--progress json`: each line is one object, however the command ends.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::fixture::{Run, Workspace};

#[test]
fn a_build_writes_only_json_lines_and_so_does_cargo_in_it() {
    let workspace = Workspace::new();
    let built = workspace.image(&["build", "gateway", "--progress", "json", "--color", "auto"]).done();
    let events = events(&built);
    let of = |name: &str| -> Vec<&str> {
        let named = events.iter().filter(|event| event["event"] == name);
        named.map(|event| event["message"].as_str().unwrap()).collect()
    };
    assert!(of("output").iter().any(|line| line.contains("Compiling gateway v0.1.0")), "{}", built.stderr);
    assert!(of("finished")[0].starts_with("gateway sha256:"), "{}", built.stderr);
}

#[test]
fn findings_are_json_lines() {
    let workspace = Workspace::new();
    for (command, code) in [("plan", 1), ("build", 1), ("emit", 1)] {
        let run = workspace.describe("faulty", &[command, "faulty", "--progress", "json", "--quiet"]);
        assert_eq!(run.code, Some(code), "{}", run.stderr);
        let events = events(&run);
        let finding = events.iter().find(|event| event["finding"]["name"] == "duplicate-destination");
        let finding = finding.unwrap_or_else(|| panic!("{command}: {}", run.stderr));
        assert_eq!(finding["event"], "finding");
        assert_eq!(finding["message"], finding["finding"]["message"]);
    }
}

#[test]
fn the_error_is_a_json_line_and_so_is_what_cargo_printed_about_it() {
    let workspace = Workspace::new();
    let cargo = workspace.path("cargo");
    let script = "#!/bin/sh\n[ \"$1\" = build ] && { printf 'no\\033[1m linker\\nlast' >&2; exit 1; }\n";
    fs::write(&cargo, format!("{script}exec {} \"$@\"\n", env!("CARGO"))).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = workspace.command(&["build", "gateway", "--progress", "json", "--quiet"]);
    let failed = Run::of(command.env("CARGO", &cargo)).failed();
    let events = events(&failed);
    assert_eq!(events[0], json!({ "event": "output", "message": "no\u{1b}[1m linker" }));
    assert_eq!(events[1], json!({ "event": "output", "message": "last" }));
    let error = &events[2];
    assert_eq!(
        (&error["event"], &error["message"]),
        (&json!("error"), &json!("the binaries of image `gateway` can't be compiled"))
    );
    assert!(error["causes"][0].as_str().unwrap().ends_with("` failed"), "{error}");
    assert_eq!(events.len(), 3);
}

#[test]
fn a_wrong_command_line_is_a_json_line() {
    let workspace = Workspace::new();
    for (arguments, message, help) in [
        (["build", "cockpti"], "no image is named `cockpti`", Some("did you mean `cockpit`?")),
        (
            ["build", "--lokced"],
            "unexpected argument '--lokced' found",
            Some("a similar argument exists: '--locked'"),
        ),
        (["build", "--json"], "unexpected argument '--json' found", Some("write `--format json`")),
        (
            ["biuld", "cockpit"],
            "unrecognized subcommand 'biuld'",
            Some("a similar subcommand exists: 'build'"),
        ),
        (["build", "--target"], "a value is required for '--target <TRIPLE>' but none was supplied", None),
    ] {
        let run = workspace.image(&[&arguments[..], &["--format=json", "--progress", "json"]].concat());
        let error = json!({ "message": message, "causes": [], "help": help, "site": null, "exit_code": 2 });
        assert_eq!((run.code, &run.json()["error"]), (Some(2), &error), "{}", run.stderr);
        let line = &events(&run)[0];
        assert_eq!(
            (&line["event"], &line["message"], &line["help"]),
            (&json!("error"), &json!(message), &json!(help))
        );
    }
    let text = workspace.image(&["build", "--lokced", "--execute", "--progress", "json"]);
    assert!(text.stderr.starts_with("error: unexpected argument '--lokced' found\n"), "{}", text.stderr);
}

#[test]
fn bytes_that_are_done_are_reported_of_those_that_are_known() {
    let workspace = Workspace::new();
    // Large enough that there are many reads and writes.
    let noise = (0..400_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string());
    workspace.write("deploy/gateway.toml", &format!("# {}", noise.collect::<String>()));
    let size = fs::metadata(workspace.path("deploy/gateway.toml")).unwrap().len();
    let arguments = ["build", "cockpit", "-o", "oci-archive:cockpit.tar"];
    let built = workspace.image(&[&arguments[..], &["--progress", "json"]].concat()).done();
    let events = events(&built);
    let of = |what: &str| -> Vec<(u64, u64)> {
        let named = events.iter().filter(|event| event["event"] == "progress" && event["what"] == what);
        named.map(|event| (event["done"].as_u64().unwrap(), event["total"].as_u64().unwrap())).collect()
    };
    let last = |what: &str| {
        let all = of(what);
        assert!(all.is_sorted() && all.len() < 60, "one a second is enough: {all:?}");
        let (done, total) = *all.last().unwrap_or_else(|| panic!("nothing of {what}: {}", built.stderr));
        assert_eq!(done, total, "{what}");
        total
    };
    assert!(last("reading base stand-in") > 0);
    let tar = last("writing layer config");
    assert!(tar >= size && tar < size + 4096, "{tar} bytes of a tar with a file of {size}");
    let archive = fs::metadata(workspace.path("cockpit.tar")).unwrap().len();
    let blobs = last("writing `oci-archive:cockpit.tar`");
    assert!(blobs > size / 4 && blobs < archive, "{blobs} of {archive}");

    fs::remove_dir_all(workspace.path("target/lapstrake")).unwrap();
    let lines = workspace.image(&arguments).done().stderr;
    let verbs: Vec<_> = lines.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(verbs, ["Layering", "Written", "Base", "Layer", "Finished", "Next", "Next"], "{lines}");
}

/// Returns the objects on stderr. Every line is one.
#[track_caller]
fn events(run: &Run) -> Vec<Value> {
    let event = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"));
        assert!(event["event"].is_string() && event["message"].is_string(), "{line}");
        event
    };
    run.stderr.lines().map(event).collect()
}
