//! What is on stdout, what on stderr, and how a command ends.

use serde_json::Value;

use crate::fixture::{Run, Workspace};

#[test]
fn stdout_has_the_result_and_stderr_the_talk() {
    let workspace = Workspace::new();
    assert_eq!(workspace.image(&["list"]).done().stdout, "gateway\ncockpit\n");
    let built = workspace.image(&["build", "cockpit"]).done();
    assert_eq!(built.stdout, "oci:target/lapstrake/oci:cockpit\n");
    assert!(built.stderr.contains("Finished cockpit"), "{}", built.stderr);
    assert!(built.stderr.contains("Next look at it: `skopeo inspect oci:target/lapstrake/oci:cockpit`"));
    let again = workspace.image(&["build", "cockpit"]).done();
    assert!(
        again.stderr.contains("(no layer written)") && !again.stderr.contains("Next"),
        "{}",
        again.stderr
    );
    let quiet = workspace.image(&["build", "cockpit", "--quiet"]).done();
    assert_eq!((quiet.stdout, quiet.stderr), (built.stdout, String::new()));
    let none = workspace.image(&["build", "cockpit", "--progress", "none"]).done();
    assert_eq!(none.stderr, "");
    let lines = workspace.image(&["build", "cockpit", "--progress", "json"]).done().stderr;
    for line in lines.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        assert!(event["event"].is_string() && event["message"].is_string(), "{line}");
    }
}

#[test]
fn json_is_one_object_with_the_fields_that_scripts_read() {
    let workspace = Workspace::new();
    let names = |document: &Value| -> Vec<String> {
        let images = document["images"].as_array().unwrap();
        images.iter().map(|image| image["name"].as_str().unwrap().to_owned()).collect()
    };
    for command in ["list", "plan", "emit"] {
        let document = workspace.image(&[command, "--format", "json", "cockpit"]).done().json();
        assert_eq!(document["schema"], 1, "{command}");
        assert_eq!(names(&document), ["cockpit"], "{command}");
    }
    let check = workspace.image(&["check", "--format", "json"]).done().json();
    assert_eq!((&check["schema"], &check["findings"]), (&1.into(), &Value::Array(Vec::new())));

    let built = workspace.image(&["build", "--format", "json", "cockpit"]).done().json();
    assert_eq!(built["schema"], 1);
    let image = &built["images"][0];
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value} of {image}")).to_owned();
    assert_eq!(text(&image["reference"]), "oci:target/lapstrake/oci:cockpit");
    assert!(text(&image["digest"]).starts_with("sha256:"));
    assert_eq!(
        (text(&image["engine"]), text(&image["base"]["reference"])),
        ("native".into(), "stand-in".into())
    );
    assert!(text(&image["base"]["digest"]).starts_with("sha256:"));
    assert!(image["findings"].is_array() && image["timings"].is_object(), "{image}");
    let layers = image["layers"].as_array().unwrap();
    for layer in layers {
        for field in ["digest", "diff_id"] {
            assert!(text(&layer[field]).starts_with("sha256:"), "{layer}");
        }
        assert!(text(&layer["media_type"]).starts_with("application/vnd.oci.image.layer.v1.tar"), "{layer}");
        assert!(layer["size"].is_u64() && layer["reused"].is_boolean(), "{layer}");
        assert!(layer.get("reason").is_some() && layer.get("name").is_some(), "{layer}");
    }
    let own = layers.last().unwrap();
    assert_eq!((text(&layers[0]["origin"]), text(&own["origin"])), ("base".into(), "native".into()));
    assert_eq!((text(&own["name"]), own["reused"].clone()), ("config".into(), false.into()));
    let again = workspace.image(&["build", "--format", "json", "cockpit"]).done().json();
    assert_eq!(again["images"][0]["layers"].as_array().unwrap().last().unwrap()["reused"], true);
    assert_eq!(again["images"][0]["digest"], image["digest"]);
}

#[test]
fn exit_codes_tell_a_fatal_finding_a_wrong_command_and_a_failure_apart() {
    let workspace = Workspace::new();
    let usage = |arguments: &[&str]| {
        let run = workspace.image(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{arguments:?}\n{}", run.stderr);
        run.stderr
    };
    assert!(usage(&["build", "--lokced"]).contains("'--locked'"));
    assert!(usage(&["biuld"]).contains("'build'"));
    usage(&["build", "--base", "autosd"]);
    usage(&["build", "--output", "somewhere"]);
    let several = usage(&["build", "--output", "oci:out"]);
    assert!(
        several.contains("`image build --output` works on one image, and there are several"),
        "{several}"
    );
    insta::assert_snapshot!(usage(&["plan", "cockpti"]), @r"
error: no image is named `cockpti`
  help: did you mean `cockpit`?
");
    insta::assert_snapshot!(usage(&["build", "zebra*"]), @r"
error: no image is named `zebra*`
  help: there are `gateway`, `cockpit`
");
    insta::assert_snapshot!(usage(&["build", "[z"]), @r"
error: `[z` is not a glob pattern
  caused by: Pattern syntax error near position 0: invalid range pattern
");
    assert_eq!(workspace.describe("faulty", &["build", "faulty"]).refused().code, Some(1));
    let mut no_cargo = workspace.command(&["build"]);
    let failed = Run::of(no_cargo.env("CARGO", "/no/such/cargo"));
    assert_eq!((failed.code, failed.stdout.as_str()), (Some(3), ""), "{}", failed.stderr);
    let help = workspace.image(&["--help"]);
    assert_eq!(help.code, Some(0));
    for line in ["0  the command did", "1  a finding is fatal", "2  the command line", "3  something outside"]
    {
        assert!(help.stdout.contains(line), "no `{line}` in {}", help.stdout);
    }
}

#[test]
fn a_printed_command_is_quoted_for_a_shell() {
    let workspace = Workspace::new();
    let emitted = workspace.image(&["emit", "cockpit", "-o", "it's mine/$HOME"]).done();
    assert_eq!(emitted.stdout, "it's mine/$HOME\n");
    assert!(emitted.stderr.contains(r"`cd 'it'\''s mine/$HOME' && podman build "), "{}", emitted.stderr);
    let emitted = workspace.image(&["emit", "cockpit", "--output=-mine"]).done();
    assert!(emitted.stderr.contains("`cd ./-mine && podman build "), "{}", emitted.stderr);
    let built = workspace.image(&["build", "cockpit", "--target-dir", "my target"]).done();
    assert_eq!(built.stdout, "oci:my target/lapstrake/oci:cockpit\n");
    let quoted = "`skopeo inspect 'oci:my target/lapstrake/oci:cockpit'`";
    assert!(built.stderr.contains(quoted), "{}", built.stderr);
}

#[test]
fn colours_follow_the_environment_unless_the_command_line_says() {
    let workspace = Workspace::new();
    let coloured = |variables: &[(&str, &str)], arguments: &[&str]| {
        let arguments: Vec<_> = ["check", "cockpi"].iter().chain(arguments).copied().collect();
        let mut command = workspace.command(&arguments);
        command.env_remove("CARGO_TERM_COLOR").envs(variables.iter().copied());
        Run::of(&mut command).stderr.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]), "stderr is not a terminal");
    assert!(coloured(&[("CARGO_TERM_COLOR", "always")], &[]));
    assert!(coloured(&[("CLICOLOR_FORCE", "1")], &[]));
    assert!(!coloured(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]));
    assert!(!coloured(&[("CARGO_TERM_COLOR", "always")], &["--color", "never"]));
    assert!(coloured(&[("NO_COLOR", "1")], &["--color", "always"]));
}

#[test]
fn options_of_cargo_are_taken_or_explained() {
    let workspace = Workspace::new();
    let version = workspace.image(&["--version"]).done().stdout;
    assert!(version.trim_end().ends_with(env!("CARGO_PKG_VERSION")), "{version}");
    let built = workspace.image(&["build", "gateway", "--release", "-j", "1", "-v"]).done();
    assert!(built.stderr.contains("cargo build --profile release "), "{}", built.stderr);
    let broken = workspace.image(&["build", "gateway", "--jobs", "many", "--profile", "dev"]).failed();
    assert!(broken.stderr.contains("could not parse `many`"), "{}", broken.stderr);
    for (option, advice) in [
        ("-p", "tip: a binary's package is part of the description: `Bin::new("),
        ("--json", "tip: write `--format json`"),
        ("--dry-run", "tip: `cargo xtask image plan` shows"),
        ("--lokced", "tip: a similar argument exists: '--locked'"),
    ] {
        let run = workspace.image(&["build", option]);
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.contains(advice) && run.stderr.matches("tip:").count() == 1, "{}", run.stderr);
    }
}

#[test]
fn a_glob_means_the_images_it_matches() {
    let workspace = Workspace::new();
    assert_eq!(workspace.image(&["list", "c*"]).done().stdout, "cockpit\n");
    assert_eq!(workspace.image(&["list", "cockpit", "gate*"]).done().stdout, "gateway\ncockpit\n");
}
