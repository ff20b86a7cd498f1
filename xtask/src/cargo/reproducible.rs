//! Compiler flags that keep this machine's paths out of a binary. They join the flags that cargo has
//! resolved from environment and configuration, which only a build script gets: a probe asks for
//! them.

use std::fs;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value;

use super::{environment, messages};
use crate::plan::Invocation;
use crate::project::workspace::Workspace;
use crate::support::explain::Explain;
use crate::support::program::{Program, ProgramError};

/// The character between flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: char = '\u{1f}';

const MANIFEST: &str =
    "[package]\nname = \"lapstrake-probe\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\n[workspace]\n";
const BUILD_SCRIPT: &str = "fn main() {
    let flags = std::env::var(\"CARGO_ENCODED_RUSTFLAGS\").unwrap_or_default();
    println!(\"cargo:rustc-env=FLAGS={flags}\");
    println!(\"cargo:rerun-if-changed=build.rs\");
}
";

/// The flags could not be found out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProbeError {
    #[error("probe `{path}` can't be written")]
    Write { path: Utf8PathBuf, source: io::Error },
    #[error(transparent)]
    Cargo(#[from] ProgramError),
    #[error("the probe failed\n{stderr}")]
    Failed { stderr: String },
    #[error("cargo's messages can't be read")]
    Messages(#[source] io::Error),
    #[error("the output of `cargo metadata` can't be parsed")]
    Metadata(#[source] cargo_metadata::Error),
    #[error("the build script of the probe reported no flags")]
    NoFlags,
}

impl Explain for ProbeError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Cargo(source) => source.help(),
            Self::Write { .. }
            | Self::Failed { .. }
            | Self::Messages(_)
            | Self::Metadata(_)
            | Self::NoFlags => None,
        }
    }
}

/// The encoded flags for an invocation: cargo's own, and a remapping of every path that depends on where
/// the sources, the registry and the target directory are.
pub(super) fn flags(
    invocation: &Invocation,
    workspace: &Workspace,
    target: &Utf8Path,
    outside: &[(&Utf8Path, &str)],
) -> Result<String, ProbeError> {
    let mut flags = resolved(invocation, workspace, target)?;
    let mut remap = |from: &str, to: &str| flags.push(format!("--remap-path-prefix={from}={to}"));
    // Of several that match, rustc takes the last: the narrowest comes last.
    if let Some(home) = cargo_home() {
        remap(home.as_str(), "/cargo");
    }
    // A folder may be in that of another package, which sorts before it.
    for (folder, name) in outside {
        remap(folder.as_str(), &format!("/outside/{name}"));
    }
    remap(workspace.root.as_str(), "/workspace");
    remap(target.as_str(), "/target");
    Ok(flags.join(&SEPARATOR.to_string()))
}

fn cargo_home() -> Option<Utf8PathBuf> {
    let given = std::env::var("CARGO_HOME").ok().map(Utf8PathBuf::from);
    given.or_else(|| std::env::var("HOME").ok().map(|home| Utf8PathBuf::from(home).join(".cargo")))
}

/// The flags that cargo would use, asked of cargo.
fn resolved(
    invocation: &Invocation,
    workspace: &Workspace,
    target: &Utf8Path,
) -> Result<Vec<String>, ProbeError> {
    let probe = target.join("probe");
    let write = |path: &str, text: &str| {
        let path = probe.join(path);
        let directory = path.parent().expect("a file of the probe is in its folder");
        let written = fs::create_dir_all(directory).and_then(|()| match fs::read_to_string(&path) {
            Ok(same) if same == text => Ok(()),
            _ => fs::write(&path, text),
        });
        written.map_err(|source| ProbeError::Write { path: path.clone(), source })
    };
    write("Cargo.toml", MANIFEST)?;
    write("build.rs", BUILD_SCRIPT)?;
    write("src/lib.rs", "")?;
    let mut command = Program::CARGO.command()?;
    environment::inherit(&mut command, &workspace.target);
    command.args(["build", "--quiet", "--message-format=json", "--target-dir"]).arg(probe.join("target"));
    command.arg("--manifest-path").arg(probe.join("Cargo.toml"));
    if let Some(target) = &invocation.target {
        command.args(["--target", target]);
    }
    // Configuration is found from the current directory upwards, as for the real build.
    let output = Program::CARGO.output_of(command.current_dir(&workspace.root))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(ProbeError::Failed { stderr });
    }
    let mut found = None;
    let mut take = |script: &Value| {
        let flags = script["env"].as_array().into_iter().flatten().find(|variable| variable[0] == "FLAGS");
        found = flags.and_then(|flags| flags[1].as_str()).map(split).or(found.take());
    };
    messages::each(&mut &output.stdout[..], "build-script-executed", &mut take)
        .map_err(ProbeError::Messages)?;
    found.ok_or(ProbeError::NoFlags)
}

/// Splits the value of `CARGO_ENCODED_RUSTFLAGS`.
fn split(encoded: &str) -> Vec<String> {
    encoded.split(SEPARATOR).filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}
