//! The Containerfile of a stage: its sources, its steps, cargo where binaries are wanted, and a last stage
//! that holds the results alone.

use std::fmt::Write;

use super::sources::WORKSPACE;
use crate::emit::{self, Mounts, exec};
use crate::plan::{Invocation, PlannedStage, Product};

/// Where the workspace, cargo's own files and what it made are in the stage.
const HOME: &str = "/lapstrake";

/// The text; `caches` tells apart what cargo keeps between builds.
pub(super) fn containerfile(stage: &PlannedStage, from: &str, caches: &str) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = render(stage, from, caches, &mut out);
    out
}

fn render(stage: &PlannedStage, from: &str, caches: &str, out: &mut String) -> std::fmt::Result {
    writeln!(out, "FROM {from} AS stage\nUSER 0:0")?;
    for (name, at) in &stage.copies {
        writeln!(out, "COPY {}", exec([name.as_str(), at.as_str()]))?;
    }
    for run in &stage.runs {
        emit::run(run, ".", out)?;
    }
    for (number, invocation) in stage.compile.iter().enumerate() {
        compile(number, invocation, caches, out)?;
    }
    writeln!(out, "FROM scratch")?;
    for (number, product) in stage.results.iter().enumerate() {
        let from = match product {
            Product::Path(path) => path.to_string(),
            Product::Artefact(artefact) => made(artefact.invocation, &artefact.bin),
        };
        writeln!(out, "COPY --from=stage {}", exec([from, format!("/{number}")]))?;
    }
    Ok(())
}

/// Where a binary is in the stage when cargo is done.
fn made(invocation: usize, bin: &str) -> String {
    format!("{HOME}/made/{invocation}/{bin}")
}

fn compile(number: usize, invocation: &Invocation, caches: &str, out: &mut String) -> std::fmt::Result {
    let mut mounts = Mounts::default();
    mounts.bind(WORKSPACE, &format!("{HOME}/{WORKSPACE}"));
    mounts.cache_named(&format!("lapstrake-cargo-{caches}"), &format!("{HOME}/cargo"));
    mounts.cache_named(&format!("lapstrake-target-{caches}"), &format!("{HOME}/target"));
    let build = emit::in_directory(&format!("{HOME}/{WORKSPACE}")).into_iter().chain([
        "env".to_owned(),
        format!("CARGO_HOME={HOME}/cargo"),
        format!("CARGO_TARGET_DIR={HOME}/target"),
        "cargo".to_owned(),
    ]);
    let arguments = invocation.arguments().into_iter().chain(["--locked".to_owned()]);
    writeln!(out, "RUN {mounts}{}", exec(build.chain(arguments)))?;
    // cargo-build(1): the folder of a profile has its name, but for those of the dev profile.
    let profile = match invocation.profile.as_str() {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    };
    let target = invocation.target.as_ref().map(|target| format!("/{target}")).unwrap_or_default();
    for bin in &invocation.bins {
        let from = format!("{HOME}/target{target}/{profile}/{bin}");
        let copy = ["install", "-D", &from, &made(number, bin)];
        writeln!(out, "RUN {mounts}{}", exec(copy))?;
    }
    Ok(())
}
