//! The Containerfile of a stage: its sources, its steps, cargo where binaries are wanted, and a last stage
//! that holds the results alone.

use std::fmt::Write;

use super::sources::WORKSPACE;
use crate::emit::{self, Mounts, exec};
use crate::plan::{Invocation, PlannedBuildStage, Product};

/// Where the workspace, cargo's own files and what it made are in the stage.
const HOME: &str = "/lapstrake";

/// The images on which the two stages are built.
#[derive(Clone, Copy)]
pub(super) struct StageImages<'a> {
    pub(super) builder: &'a str,
    /// An image without files, for the results.
    pub(super) results: &'a str,
}

/// Returns the text. `caches` names what cargo keeps between builds.
pub(super) fn containerfile(stage: &PlannedBuildStage, from: StageImages<'_>, caches: &str) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    _ = render(stage, from, caches, &mut out);
    out
}

/// Builds, and copies the binaries out of cargo's folder, in one step: no other build comes between. cargo goes
/// by times, and what another build compiled meanwhile may be newer than our sources: they are touched first.
/// All that is not constant is an argument; a binary's name has no blank.
const BUILD: &str = "cd \"$0\"; find . -exec touch {} +; from=$1 to=$2 bins=$3; shift 3; \"$@\"; \
                     mkdir -p \"$to\"; for bin in $bins; do cp \"$from/$bin\" \"$to\"; done";

fn render(
    stage: &PlannedBuildStage,
    from: StageImages<'_>,
    caches: &str,
    out: &mut String,
) -> std::fmt::Result {
    writeln!(out, "FROM {} AS stage\nUSER 0:0", from.builder)?;
    for (name, at) in &stage.copies {
        writeln!(out, "COPY {}", exec([name.as_str(), at.as_str()]))?;
    }
    for run in &stage.runs {
        emit::run(run, ".", out)?;
    }
    if !stage.compile.is_empty() {
        writeln!(out, "COPY {}", exec([WORKSPACE.to_owned(), format!("{HOME}/{WORKSPACE}")]))?;
    }
    for (number, invocation) in stage.compile.iter().enumerate() {
        compile(number, invocation, caches, out)?;
    }
    writeln!(out, "FROM {}", from.results)?;
    for (number, product) in stage.results.iter().enumerate() {
        let from = match product {
            Product::Path(path) | Product::Tree(path) => path.to_string(),
            Product::Artefact(artefact) => made(artefact.invocation, &artefact.bin),
            // It is read out of the image, and no engine is started.
            Product::Layout => continue,
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
    mounts.cache_alone(&format!("lapstrake-cargo-{caches}"), &format!("{HOME}/cargo"));
    mounts.cache_alone(&format!("lapstrake-target-{caches}"), &format!("{HOME}/target"));
    // cargo-build(1): the folder of a profile has its name, but for those of the dev profile.
    let profile = match invocation.profile.as_str() {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    };
    let target = invocation.target.as_ref().map(|target| format!("/{target}")).unwrap_or_default();
    let bins: Vec<_> = invocation.bins.iter().map(String::as_str).collect();
    let script = ["/bin/sh", "-ec", BUILD].map(str::to_owned).into_iter().chain([
        format!("{HOME}/{WORKSPACE}"),
        format!("{HOME}/target{target}/{profile}"),
        made(number, ""),
        bins.join(" "),
    ]);
    let cargo = ["env", "CARGO_HOME=/lapstrake/cargo", "CARGO_TARGET_DIR=/lapstrake/target", "cargo"];
    let cargo = cargo.map(str::to_owned).into_iter();
    let arguments = invocation.arguments().into_iter().chain(["--locked".to_owned()]);
    writeln!(out, "RUN {mounts}{}", exec(script.chain(cargo).chain(arguments)))
}
