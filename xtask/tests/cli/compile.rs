//! What the tool asks of cargo, and what of cargo the user sees.

use std::process::Command;
use std::thread;

use serde_json::Value;

use crate::fixture::{Run, Workspace};

/// The inner commands that a run with `-v` told of.
fn commands(run: &Run) -> Vec<&str> {
    run.stderr.lines().filter_map(|line| line.trim_start().strip_prefix("Running ")).collect()
}

#[test]
fn binaries_of_several_packages_take_one_cargo_for_each_set_of_features() {
    let workspace = Workspace::new();
    let built = workspace.image(&["build", "gateway", "-v"]).done();
    let commands = commands(&built);
    assert_eq!(
        commands,
        [
            "cargo build --profile release -p diagnostics@0.1.0 -p gateway@0.1.0 --bin canprobe --bin gatewayd",
            "cargo build --profile release -p diagnostics@0.1.0 --bin cantrace --features diagnostics/trace",
        ]
    );
    // By hand, in the user's shell, the last of them has nothing left to do.
    for (command, fresh) in [(commands[1], 1), (commands[0], 2)] {
        let script = format!("{command} --message-format=json");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(workspace.root());
        let by_hand = Run::of(workspace.clean(&mut shell)).done();
        let messages = by_hand.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let artifacts: Vec<_> = messages.filter(|message| message["reason"] == "compiler-artifact").collect();
        assert!(artifacts.iter().all(|artifact| artifact["fresh"] == true), "{}", by_hand.stderr);
        let executables = artifacts.iter().filter(|artifact| artifact["executable"].is_string()).count();
        assert_eq!(executables, fresh, "{}", by_hand.stdout);
    }
}

#[test]
fn binaries_of_one_name_stay_apart() {
    let workspace = Workspace::new();
    workspace.write("gateway/src/bin/selftest.rs", "fn main() { println!(\"OF-GATEWAY\") }\n");
    let diagnostics = "fn main() { println!(\"{}\", if cfg!(feature = \"trace\") { \"OF-TRACE\" } else { \"OF-PLAIN\" }) }\n";
    workspace.write("diagnostics/src/bin/selftest.rs", diagnostics);
    let built = workspace.describe("namesakes", &BUILD).done();
    for (name, said) in [("gateway", "OF-GATEWAY"), ("diagnostics", "OF-PLAIN"), ("trace", "OF-TRACE")] {
        assert_eq!(said_by(&workspace, &built, "namesakes", &format!("selftest-{name}")), said);
    }
}

/// Returns what a program of an image says. The image was built with layers that are not compressed.
fn said_by(workspace: &Workspace, built: &Run, image: &str, program: &str) -> String {
    let built = built.json();
    let images = built["images"].as_array().unwrap();
    let image = images.iter().find(|found| found["name"] == image).unwrap();
    let layer = image["layers"].as_array().unwrap().last().unwrap();
    let blob = layer["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
    let tar = workspace.layout().join("blobs/sha256").join(blob);
    let to = workspace.path(&format!("{program}.extracted"));
    let mut extract = Command::new("tar");
    extract.arg("-xOf").arg(&tar).arg(format!("usr/bin/{program}"));
    std::fs::write(&to, extract.output().unwrap().stdout).unwrap();
    std::fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    Run::of(&mut Command::new(&to)).done().stdout.trim().to_owned()
}

const BUILD: [&str; 5] = ["build", "--format", "json", "--compression", "none"];
const VARIANTS: [(&str, &str); 2] = [("plain", "trace: false"), ("traced", "trace: true")];

#[test]
fn images_with_other_features_have_their_own_binaries() {
    let workspace = Workspace::new();
    for _ in 0..2 {
        let built = workspace.describe("variants", &BUILD).done();
        for (image, said) in VARIANTS {
            assert_eq!(said_by(&workspace, &built, image, "canprobe"), said);
        }
    }
}

/// Each build compiles while the other reads what cargo has made.
#[test]
fn builds_at_the_same_time_with_other_features_have_their_own_binaries() {
    let workspace = Workspace::new();
    for round in 0..3 {
        // Both compile in each round.
        let source =
            format!("fn main() {{ println!(\"trace: {{}}\", cfg!(feature = \"trace\")) }} // {round}\n");
        workspace.write("diagnostics/src/bin/canprobe.rs", &source);
        let runs = thread::scope(|scope| {
            let build = |image| workspace.describe("variants", &[&BUILD[..], &[image]].concat());
            let threads = VARIANTS.map(|(image, _)| scope.spawn(move || build(image)));
            threads.map(|thread| thread.join().unwrap().done())
        });
        for ((image, said), built) in VARIANTS.into_iter().zip(runs) {
            assert_eq!(said_by(&workspace, &built, image, "canprobe"), said, "round {round}");
        }
    }
}

#[test]
fn a_binary_whose_features_are_off_is_an_error_in_cargos_words() {
    let run = Workspace::new().describe("untraced", &["build"]).failed();
    assert!(run.stderr.contains("target `cantrace` in package `diagnostics` requires the features: `trace`"));
    assert!(
        run.stderr.contains("error: the binaries of image `untraced` can't be compiled"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_does_not_compile_is_shown_as_cargo_shows_it() {
    let workspace = Workspace::new();
    workspace.write("gateway/src/bin/gatewayd.rs", "fn main() { missing() }\n");
    let run = workspace.image(&["build", "gateway"]).failed();
    assert!(run.stderr.contains("error[E0425]: cannot find function `missing`"), "{}", run.stderr);
    assert!(run.stderr.contains("--> gateway/src/bin/gatewayd.rs:1:13"), "{}", run.stderr);
    assert!(!workspace.layout().join("index.json").exists() || !workspace.tags().contains("gateway"));
}

#[test]
fn cargos_own_options_reach_cargo() {
    let workspace = Workspace::new();
    let host = Run::of(Command::new("rustc").args(["--print", "host-tuple"])).done().stdout;
    let host = host.trim_end();
    let build = |arguments: &[&str]| {
        let run = workspace.image(&[&["build", "gateway", "-v"], arguments].concat());
        commands(&run.done())[0].to_owned()
    };
    let command = build(&["--profile", "dev", "--offline", "--features", "diagnostics/trace"]);
    for option in ["--profile dev", "--offline", "--features diagnostics/trace"] {
        assert!(command.contains(option), "{command}");
    }
    // The lock is there since the build above.
    let command = build(&["--profile", "dev", "--locked", "--target", host]);
    assert!(command.contains("--locked") && command.contains(&format!("--target {host}")), "{command}");
    let command = build(&["--profile", "dev", "--frozen", "--target-dir", "elsewhere"]);
    assert!(command.contains("--frozen") && command.contains("--target-dir elsewhere"), "{command}");
    assert!(workspace.path("elsewhere/lapstrake/oci/index.json").is_file());
}

#[test]
fn a_reproducible_build_does_not_know_where_it_was_made() {
    let digest = |workspace: &Workspace| {
        let run = workspace.image(&["build", "gateway", "--reproducible", "--format", "json"]).done();
        run.json()["images"][0]["digest"].as_str().unwrap().to_owned()
    };
    let (one, other) = (Workspace::new(), Workspace::below("a/longer path"));
    assert_eq!(digest(&one), digest(&other));
}
