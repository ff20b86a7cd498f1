//! The image of `project/`, which has each option of packages, steps and stages once, from end to end on real parts: a base that boots, RPMs, a builder image. Built by this
//! crate with an engine, by podman, by buildah and by a newer podman; then booted and asked.

#![expect(clippy::unwrap_used, reason = "what a test can't do without, it stops at")]

mod appliance;
mod archetypes;
mod dnf5;
mod example;
mod fixtures;
mod gateway;
mod kernel;
mod server;
mod stored;
mod traces;
mod tree;
mod units;

use std::fs;
use std::process::Command;

use serde_json::Value;

use example::{Example, MARKER};
use stored::Stored;
use tree::assert_same;

/// Returns the image's own layers: name, origin, and whether it was reused.
fn layers(image: &Value) -> Vec<(&str, &str, bool)> {
    let ours = image["layers"].as_array().unwrap().iter().filter(|layer| layer["origin"] != "base");
    ours.map(|layer| {
        let [name, origin] = ["name", "origin"].map(|key| layer[key].as_str().unwrap());
        (name, origin, layer["reused"].as_bool().unwrap())
    })
    .collect()
}

/// Counts the runs of an engine: for layers, for build stages.
fn engines(stderr: &str) -> (usize, usize) {
    let count = |verb: &str| stderr.lines().filter(|line| line.trim_start().starts_with(verb)).count();
    (count("Running layer "), count("Compiling in "))
}

#[test]
fn packages_steps_and_stages_on_a_base_that_boots() {
    let Some(fixtures) = fixtures::made() else { return };
    let example = Example::copied(&fixtures);
    let first = "engine, because it runs inside the image; then kept";
    the_plan_says(&example, [first, first, first, "native, on what the engine makes of `tuning`"]);
    builds_once(&example);
    let kept = "engine, kept: its steps, their inputs and what lies below are the same";
    the_plan_says(&example, [kept, kept, kept, "depends on what a builder image compiles"]);
    an_edit_of_the_app_touches_nothing_below_it(&example);
    the_lock_holds(&example);
    every_engine_makes_the_same(&example);
    it_boots_and_answers(&example);
    traces::assert_none(&example);
}

fn builds_once(example: &Example) {
    let (first, stderr) = example.build("gateway");
    assert_eq!(
        layers(&first),
        [
            ("platform", "engine", false),
            ("changes", "engine", false),
            ("tuning", "engine", false),
            ("app", "native", false)
        ]
    );
    assert_eq!(engines(&stderr), (3, 2));
    let lock = example.lock();
    for nevra in [
        "rig-greeter-1.0-1.noarch",
        "rig-data-1-1.x86_64",
        "rig-signed-1-1.noarch",
        "rig-local-1-1.noarch",
        "rig-new-1-1.noarch",
    ] {
        assert!(lock.contains(&format!("\"{nevra}\"")), "{nevra} in {lock}");
    }
    assert!(!lock.contains("rig-weak"), "what is only recommended is left out");

    let before = traces::names(&example.project.join("target/lapstrake"));
    let (second, stderr) = example.build("gateway");
    assert_eq!(second["digest"], first["digest"]);
    assert!(layers(&second).iter().all(|(_, _, reused)| *reused), "{second}");
    assert_eq!(engines(&stderr), (0, 0), "{stderr}");
    assert_eq!(traces::names(&example.project.join("target/lapstrake")), before);
    assert_eq!(example.lock(), lock);
}

fn an_edit_of_the_app_touches_nothing_below_it(example: &Example) {
    example.edit("gatewayd/src/answer.rs", "gateway: generation", "gateway, generation");
    let (edited, stderr) = example.build("gateway");
    assert_eq!(
        layers(&edited),
        [
            ("platform", "engine", true),
            ("changes", "engine", true),
            ("tuning", "engine", true),
            ("app", "native", false)
        ]
    );
    assert_eq!(engines(&stderr), (0, 1), "{stderr}");
}

fn the_lock_holds(example: &Example) {
    let (code, _, stderr) = example.image(&["build", "gateway", "--locked"]);
    assert_eq!(code, 0, "{stderr}");
    let (known, more) = ("\"rig-user\", \"rig-signed\"]", "\"rig-user\", \"rig-signed\", \"rig-weak\"]");
    example.edit("xtask/src/main.rs", known, more);
    let (code, _, stderr) = example.image(&["build", "gateway", "--locked"]);
    assert_eq!((code, engines(&stderr)), (3, (0, 0)), "{stderr}");
    assert!(stderr.contains("lapstrake.lock") && stderr.contains("platform"), "{stderr}");
    example.edit("xtask/src/main.rs", more, known);

    // Packages that differ from the lock are refused, and the layer is not kept.
    let lock = example.lock();
    let dependency = "\"rig-data-1-1.x86_64\", ";
    example.edit("lapstrake.lock", dependency, "");
    for _ in 0..2 {
        let (code, _, stderr) = example.image(&["build", "gateway", "--locked"]);
        assert_eq!(code, 3, "{stderr}");
        assert!(
            stderr.contains("packages are not those of `lapstrake.lock`: `rig-data-1-1.x86_64`"),
            "{stderr}"
        );
    }
    // Without their pins they are resolved again, even when the layer is kept.
    assert_eq!(example.image(&["lock", "--update"]).0, 0);
    let (code, _, stderr) = example.image(&["build", "gateway", "--locked"]);
    assert_eq!((code, engines(&stderr).0), (3, 0), "{stderr}");
    let (_, stderr) = example.build("gateway");
    assert_eq!(engines(&stderr), (3, 0), "{stderr}");
    assert_eq!(example.lock(), lock);
}

fn the_plan_says(example: &Example, forecasts: [&str; 4]) {
    let (code, plan, stderr) = example.image(&["plan", "gateway"]);
    assert_eq!(code, 0, "{stderr}");
    for (layer, forecast) in ["platform", "changes", "tuning", "app"].into_iter().zip(forecasts) {
        let line = format!("layer  {layer}: {forecast}\n");
        assert!(plan.contains(&line), "`{line}` in {plan}");
    }
}

fn every_engine_makes_the_same(example: &Example) {
    let log = &example.log;
    let hybrid = Stored::named("hybrid");
    example.take("gateway", &hybrid);
    let (expected, packages) = (hybrid.tree(log), hybrid.packages(log));
    assert!(packages.contains(&"rig-greeter-1.0-1.noarch".to_owned()), "{packages:?}");
    let (code, _, stderr) =
        example.image(&["emit", "gateway", "-o", example.beside.join("context").to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");

    let secret = "id=token,env=GATEWAY_TOKEN";
    for engine in ["podman", "buildah"] {
        let built = Stored::named(engine);
        let mut build = Command::new(engine);
        build.args(["build", "-q", "--no-cache", "--secret", secret, "-t", built.name(), "."]);
        log.read(build.current_dir(example.beside.join("context")).env("GATEWAY_TOKEN", MARKER));
        assert_same(&expected, &built.tree(log), &format!("hybrid (left), {engine} (right)"));
        assert_eq!(built.packages(log), packages, "{engine}");
    }

    let built = Stored::named("podman5");
    by_podman5(example, &built);
    assert_same(&expected, &built.tree(log), "hybrid (left), podman 5 (right)");
    assert_eq!(built.packages(log), packages, "podman 5");

    // From nothing.
    fs::remove_dir_all(example.project.join("target/lapstrake")).unwrap();
    let (rebuilt, stderr) = example.build("gateway");
    assert_eq!(engines(&stderr), (3, 2), "{stderr}");
    assert!(layers(&rebuilt).iter().all(|(_, _, reused)| !reused), "{rebuilt}");
    let again = Stored::named("again");
    example.take("gateway", &again);
    assert_same(&expected, &again.tree(log), "hybrid (left), the same made again (right)");
    assert_eq!(again.packages(log), packages, "made again");
}

/// Builds the context by the newer podman, and brings the result over to the machine's own.
fn by_podman5(example: &Example, built: &Stored) {
    let context = example.beside.join("context");
    let podman = |arguments: &[&str]| example.log.read(fixtures::podman5(&context).args(arguments));
    // It runs without the environment, and sees no file outside of the context.
    let (token, archive) = (context.join("token"), context.join("by5.tar"));
    fs::write(&token, MARKER).unwrap();
    podman(&["build", "-q", "--no-cache", "--secret", "id=token,src=token", "-t", built.name(), "."]);
    fs::remove_file(&token).unwrap();
    podman(&["save", "-q", "--format", "docker-archive", "-o", "by5.tar", built.name()]);
    podman(&["rmi", "-f", built.name()]);
    example.log.read(Command::new("podman").args(["load", "-q", "-i"]).arg(&archive));
    fs::remove_file(&archive).unwrap();
}

fn it_boots_and_answers(example: &Example) {
    let script = "systemctl is-active gatewayd && id -un gatewayd && stat -c '%U %F' /var/lib/gatewayd && \
                  gatewayd --ask && gatewayd --ask && cat /var/lib/gatewayd/asked";
    let (code, stdout, stderr) = example.image(&["boot", "gateway", "--execute", "sh", "-c", script]);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let lines: Vec<_> = stdout.lines().collect();
    assert_eq!(
        lines,
        [
            "active",
            "gatewayd",
            "gatewayd directory",
            "gateway, generation new, 3 routes, asked 1",
            "gateway, generation new, 3 routes, asked 2",
            "2"
        ]
    );
}
