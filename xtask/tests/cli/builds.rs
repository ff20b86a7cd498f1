//! Builds that meet: two at once, and one that was killed.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::fixture::{Run, Workspace};

#[test]
fn two_builds_at_once_both_succeed() {
    let workspace = Workspace::new();
    let start = |image| {
        let mut command = workspace.command(&["build", image]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = [start("gateway"), start("cockpit"), start("gateway"), start("cockpit")];
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    workspace.verify("gateway");
    workspace.verify("cockpit");
}

#[test]
fn a_killed_build_leaves_the_last_image_and_the_next_build_is_right() {
    let workspace = Workspace::new();
    let digest = |run: &Run| -> Value { run.json()["images"][0]["digest"].clone() };
    workspace.image(&["build", "cockpit"]).done();
    let mut killed = 0;
    for (round, milliseconds) in [0, 5, 10, 20, 35, 50, 75].into_iter().enumerate() {
        // Large enough that writing it takes its time.
        let noise = (0..400_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string());
        workspace.write("deploy/gateway.toml", &format!("# {round}\n{}", noise.collect::<String>()));
        let mut command = workspace.command(&["build", "cockpit"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut talk = BufReader::new(child.stderr.take().unwrap()).lines();
        assert!(talk.any(|line| line.unwrap().contains("Layering config")));
        thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        killed += usize::from(child.wait().unwrap().code().is_none());
        workspace.verify("cockpit");
    }
    assert!(killed > 0, "no build was still at work");
    let after = digest(&workspace.image(&["build", "cockpit", "--format", "json"]).done());
    workspace.verify("cockpit");
    let untouched = Workspace::new();
    untouched.write("deploy/gateway.toml", &workspace.read("deploy/gateway.toml"));
    assert_eq!(after, digest(&untouched.image(&["build", "cockpit", "--format", "json"]).done()));
}
