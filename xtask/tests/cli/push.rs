//! `image push`: what a registry is asked and sent. One registry is the test's own, which counts requests and fails on
//! demand; the other is Debian's, which skopeo and podman read.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Run, Workspace, present};
use crate::registry::{Counting, Fault};
use crate::transports::Registry;

/// Pushes the image `cockpit` to a repository of that host.
fn push(workspace: &Workspace, host: &str, more: &[&str]) -> Run {
    let reference = format!("{host}/fleet/cockpit:1");
    let arguments = ["push", "cockpit", &reference, "--format", "json"];
    let mut command = workspace.command(&[&arguments[..], more].concat());
    command.env("REGISTRY_AUTH_FILE", workspace.path("auth.json")).env_remove("HTTP_PROXY");
    Run::of(&mut command)
}

/// Saves credentials for a host. The base64 text is `user:MARKER`.
fn log_in(workspace: &Workspace, host: &str) {
    workspace.write("auth.json", &format!(r#"{{"auths":{{"{host}":{{"auth":"dXNlcjpNQVJLRVI="}}}}}}"#));
}

fn image(run: &Run) -> Value {
    run.json()["images"][0].clone()
}

#[test]
fn a_push_sends_what_is_missing_and_an_unchanged_one_is_one_head_request() {
    let workspace = Workspace::new();
    let registry = Counting::start(None);
    let first = push(&workspace, &registry.host, &["--tag", "stable"]).done();
    let pushed = image(&first);
    assert_eq!(pushed["layers"]["present"], 0, "{pushed}");
    assert!(pushed["layers"]["sent"].as_u64() > Some(1), "{pushed}");
    let references = pushed["references"].as_array().unwrap();
    assert_eq!(references[1], format!("docker://{}/fleet/cockpit:stable", registry.host));
    assert!(first.stderr.contains("Pushed cockpit (layers: 0 present, 0 mounted, "), "{}", first.stderr);
    assert_eq!(registry.manifest("stable"), registry.manifest("1"));
    let layers = pushed["layers"]["sent"].as_u64().unwrap();

    registry.forget();
    let again = image(&push(&workspace, &registry.host, &[]).done());
    assert_eq!(registry.requests(), ["HEAD /v2/fleet/cockpit/manifests/1"]);
    assert_eq!((&again["layers"]["present"], &again["bytes"]), (&layers.into(), &0.into()));

    // An edit sends one layer, the config and the manifest.
    workspace.write("deploy/gateway.toml", "interval = 77\n");
    let edited = image(&push(&workspace, &registry.host, &[]).done());
    assert_eq!(edited["layers"]["sent"], 1, "{edited}");
    assert_ne!(edited["digest"], again["digest"]);
}

#[test]
fn the_bytes_of_each_sent_blob_are_reported() {
    let workspace = Workspace::new();
    let registry = Counting::start(None);
    let first = push(&workspace, &registry.host, &["--progress", "json"]).done();
    let events = first.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_sent =
        |event: &Value| event["what"].as_str().is_some_and(|what| what.starts_with("sending blob "));
    let sent: Vec<_> = events.filter(is_sent).collect();
    let sum: u64 = sent.iter().map(|event| event["done"].as_u64().unwrap()).sum();
    assert!(
        sent.iter().all(|event| event["event"] == "progress" && event["done"] == event["total"]),
        "{sent:?}"
    );
    assert_eq!(image(&first)["bytes"], sum, "{sent:?}");
}

#[test]
fn a_push_survives_what_fails_for_a_moment() {
    for fault in [Fault::Dropped, Fault::Busy, Fault::Broken, Fault::TooLarge] {
        let workspace = Workspace::new();
        let registry = Counting::start(Some(fault));
        let pushed = image(&push(&workspace, &registry.host, &[]).done());
        assert!(registry.faults() > 0, "{fault:?} was met");
        assert_eq!(pushed["digest"], registry.manifest("1").unwrap(), "{fault:?}");
    }
}

#[test]
fn credentials_go_to_the_registry_and_its_token_server_only_and_are_never_printed() {
    for fault in [Fault::Basic, Fault::Bearer, Fault::Elsewhere] {
        let workspace = Workspace::new();
        let registry = Counting::start(Some(fault));
        let refused = push(&workspace, &registry.host, &["--progress", "json"]);
        if fault != Fault::Elsewhere {
            assert_eq!(refused.code, Some(3), "{}", refused.stderr);
            assert!(refused.stderr.contains("wants credentials for `fleet/cockpit`"), "{}", refused.stderr);
            assert!(
                refused.stderr.contains("\"help\":\"log in: `podman login 127.0.0.1:"),
                "{}",
                refused.stderr
            );
        }
        log_in(&workspace, &registry.host);
        let run = push(&workspace, &registry.host, &[]).done();
        for text in [&run.stdout, &run.stderr, &refused.stderr] {
            assert!(
                !text.contains("MARKER") && !text.contains("dXNlcjpNQVJLRVI") && !text.contains("TOKEN"),
                "{text}"
            );
        }
        assert_eq!(registry.leaked(), 0, "{fault:?}: another host got a credential");
    }
}

#[test]
fn a_registry_that_stores_something_else_is_not_believed() {
    let workspace = Workspace::new();
    let registry = Counting::start(Some(Fault::WrongDigest));
    let run = push(&workspace, &registry.host, &[]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(run.stderr.contains("answers with digest `sha256:0000"), "{}", run.stderr);
}

#[test]
fn a_reference_that_cannot_be_pushed_to_is_an_error_with_the_way_out() {
    let workspace = Workspace::new();
    let usage = |arguments: &[&str]| {
        let run = workspace.image(&[&["push"], arguments].concat());
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        run.stderr
    };
    assert!(usage(&["cockpit", "localhost:1/a@sha256:00"]).contains("help: write `localhost:1/a`"));
    assert!(usage(&["cockpit", "localhost:1/A:1"]).contains("help: write `localhost:1/a:1`"));
    assert!(usage(&[]).contains("`image push` works on one image"));
    let unreachable = workspace.image(&["push", "cockpit", "127.0.0.1:9/edge:1"]);
    assert_eq!(unreachable.code, Some(3), "{}", unreachable.stderr);
    assert!(
        unreachable.stderr.contains("the registry `127.0.0.1:9` can't be reached"),
        "{}",
        unreachable.stderr
    );
    let help = workspace.image(&["push", "--help"]).done().stdout;
    assert!(help.contains("--tls-verify <BOOL>") && help.contains("--tag <TAG>"), "{help}");
}

#[test]
fn skopeo_and_podman_read_what_was_pushed_and_the_base_is_mounted() {
    if !present(&["skopeo", "podman", "docker-registry"]) {
        return;
    }
    let workspace = Workspace::new();
    let registry = Registry::start(&workspace);
    let to = format!("{}/fleet/cockpit:1", registry.host);
    let arguments = ["push", "cockpit", &to, "--format", "json"];
    let first = image(&Run::of(registry.trusted(&mut workspace.command(&arguments))).done());
    let reference = format!("docker://{to}");
    let inspect = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &reference];
    let digest = Run::of(Command::new("skopeo").args(inspect)).done();
    assert_eq!(first["digest"], digest.stdout.trim());
    let name = format!("{}/fleet/cockpit:1", registry.host);
    Run::of(Command::new("podman").args(["pull", "--quiet", "--tls-verify=false", &name])).done();
    Run::of(Command::new("podman").args(["rmi", "--force", &name])).done();

    // A second image on the first has its layers mounted, and `build -o` pushes too.
    let second = format!("{}/fleet/derived:1", registry.host);
    let arguments = ["push", "gateway", &second, "--format", "json", "--base", &reference];
    let derived = image(&Run::of(registry.trusted(&mut workspace.command(&arguments))).done());
    let layers = first["layers"]["sent"].as_u64().unwrap();
    assert_eq!(derived["layers"]["mounted"].as_u64(), Some(layers), "{derived}");
    let output = format!("docker://{}/fleet/other:1", registry.host);
    let arguments = ["build", "cockpit", "-o", &output];
    let built = Run::of(registry.trusted(&mut workspace.command(&arguments))).done();
    assert!(built.stderr.contains(&format!("Pushed {output} (layers: ")), "{}", built.stderr);
    assert!(fs::metadata(workspace.path("registry")).is_ok());
}
