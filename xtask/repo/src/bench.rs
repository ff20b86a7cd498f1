//! `cargo xtask bench`: how long the tool takes beside cargo and podman, on a 20 MB binary. It prints
//! every number it measured; what it concludes are ratios within one run, for machines are noisy.
//!
//! *Tool time* is the wall time of the built xtask less that of the identical inner cargo, both run in
//! turn, so that what slows the one slows the other.

use std::error::Error;
use std::fs;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use crate::cargo::{TOOL, cargo, forget};
use crate::test::Ready;

/// How often each thing is measured.
const ROUNDS: usize = 20;
/// The size of the binary's payload, in bytes.
const PAYLOAD: usize = 20 << 20;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The bars: the least that was promised.
const NO_CHANGE: Duration = Duration::from_millis(100);

const MANIFEST: &str = r#"[workspace]
members = ["app", "xtask"]
resolver = "3"

[profile.xtask]
inherits = "dev"
debug = false

# What reads, hashes, packs and compresses. All dependencies at 3 would take several times as long to
# build, proc macros and all, and save a millisecond.
[profile.xtask.package]
cargo_metadata = { opt-level = 3 }
flate2 = { opt-level = 3 }
lapstrake = { opt-level = 3 }
lapstrake-xtask = { opt-level = 3 }
postcard = { opt-level = 3 }
serde_json = { opt-level = 3 }
sha2 = { opt-level = 3 }
tar = { opt-level = 3 }
zlib-rs = { opt-level = 3 }
zstd = { opt-level = 3 }
zstd-safe = { opt-level = 3 }
zstd-sys = { opt-level = 3 }
"#;
const APP_MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
const APP: &str = "static PAYLOAD: &[u8] = include_bytes!(\"../payload\");

fn main() {
    let at = std::env::args().count() % PAYLOAD.len();
    println!(\"{}\", std::hint::black_box(PAYLOAD)[at]);
}
";
const XTASK_MANIFEST: &str = "[package]\nname = \"xtask\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nlapstrake-xtask = \"0.1\"\n";
const XTASK: &str = "use lapstrake_xtask::prelude::*;

fn main() -> ExitCode {
    let app = Layer::new(\"app\").bin(\"app\");
    let config = Layer::new(\"config\").text(\"interval = 1\\n\", \"/etc/app.toml\").dir(\"/usr/share/app\");
    lapstrake_xtask::main([Image::new(\"bench\", Base::stand_in()).layer(config).layer(app)])
}
";

/// Runs the benchmark in `target/bench`; a missed bar is a failure.
pub(crate) fn bench(root: &Utf8Path, ready: &Ready) -> Result<ExitCode> {
    // What it prints is the same as here; it has the inside of the tool, and misses its bar by itself.
    let checks = ["-q", "--lib", "--", "--ignored", "--nocapture", "tests::speed"];
    let checks = ["test", "-p", "lapstrake-xtask"].into_iter().chain(TOOL).chain(checks);
    let checks_met = cargo(root, checks).status()?.success();
    let project = Project::create(root, ready)?;
    project.build_image()?;
    project.emit()?;
    let podman = Command::new("podman").arg("--version").output().is_ok_and(|output| output.status.success());
    if podman {
        project.podman()?;
    } else {
        println!("podman is not here: ratios to it are left out");
    }
    let mut rounds = Rounds::default();
    for _ in 0..ROUNDS {
        rounds.unchanged_cargo.push(time(|| project.cargo())?);
        rounds.unchanged_tool.push(time(|| project.build_image())?);
        if podman {
            rounds.unchanged_podman.push(time(|| project.podman())?);
        }
    }
    for round in 0..ROUNDS {
        project.change(round)?;
        project.cargo()?;
        rounds.changed_cargo.push(time(|| project.cargo())?);
        rounds.changed_tool.push(time(|| project.build_image())?);
        if podman {
            project.emit()?;
            rounds.changed_podman.push(time(|| project.podman())?);
        }
    }
    let rounds_met = rounds.conclude();
    Ok(if checks_met && rounds_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A workspace of a user's with one app of 20 MB.
struct Project<'a> {
    directory: Utf8PathBuf,
    context: Utf8PathBuf,
    xtask: Utf8PathBuf,
    ready: &'a Ready,
}

impl<'a> Project<'a> {
    fn create(root: &Utf8Path, ready: &'a Ready) -> Result<Self> {
        let directory = root.join("target").join("bench");
        let write = |name: &str, content: &[u8]| -> Result<()> {
            let path = directory.join(name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            // An equal file keeps its time, so that a second run compiles nothing.
            if fs::read(&path).ok().as_deref() != Some(content) {
                fs::write(path, content)?;
            }
            Ok(())
        };
        write("Cargo.toml", MANIFEST.as_bytes())?;
        write("app/Cargo.toml", APP_MANIFEST.as_bytes())?;
        write("app/src/main.rs", APP.as_bytes())?;
        write("app/payload", &payload(0))?;
        write("xtask/Cargo.toml", XTASK_MANIFEST.as_bytes())?;
        write("xtask/src/main.rs", XTASK.as_bytes())?;
        let arguments = ["build", "-q", "--profile", "xtask", "-p", "xtask", "--message-format=json"];
        let built = cargo(&directory, arguments).stderr(Stdio::inherit()).output()?;
        let messages = String::from_utf8(built.stdout)?;
        let executable = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|message| message["executable"].as_str().map(Utf8PathBuf::from))
            .next_back()
            .ok_or("cargo built no xtask")?;
        Ok(Self { context: directory.join("context"), directory, xtask: executable, ready })
    }

    /// The inner cargo, exactly as the tool runs it.
    fn cargo(&self) -> Result<()> {
        let arguments = ["build", "--profile", "release", "-p", "app@0.1.0", "--bin", "app", "--quiet"];
        succeed(cargo(&self.directory, arguments).arg("--message-format=json-render-diagnostics"))
    }

    fn build_image(&self) -> Result<()> {
        self.tool(&["image", "build", "--quiet"])
    }

    fn emit(&self) -> Result<()> {
        self.tool(&["image", "emit", "--quiet", "--output", self.context.as_str()])
    }

    fn tool(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.xtask);
        forget(&mut command);
        succeed(command.args(arguments).current_dir(&self.directory))
    }

    fn podman(&self) -> Result<()> {
        let mut command = Command::new("podman");
        command
            .args(["build", "--quiet", "--tag", "localhost/lapstrake-bench", "."])
            .current_dir(&self.context);
        command.envs(self.ready.env.iter().map(|(name, value)| (name, value)));
        succeed(&mut command)
    }

    /// Another binary of the same size.
    fn change(&self, round: usize) -> Result<()> {
        Ok(fs::write(self.directory.join("app/payload"), payload(round + 1))?)
    }
}

fn succeed(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Bytes that compress about as a binary does: a third random, the rest not.
fn payload(seed: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ (seed as u64) << 17;
    let mut bytes = Vec::with_capacity(PAYLOAD);
    while bytes.len() < PAYLOAD {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
        bytes.extend_from_slice(&[(state & 3) as u8; 16]);
    }
    bytes
}

fn time(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}

/// All that was measured.
#[derive(Default)]
struct Rounds {
    unchanged_cargo: Vec<Duration>,
    unchanged_tool: Vec<Duration>,
    unchanged_podman: Vec<Duration>,
    changed_cargo: Vec<Duration>,
    changed_tool: Vec<Duration>,
    changed_podman: Vec<Duration>,
}

impl Rounds {
    /// Whether every bar is met.
    fn conclude(&self) -> bool {
        for (what, times) in [
            ("unchanged, cargo alone", &self.unchanged_cargo),
            ("unchanged, image build", &self.unchanged_tool),
            ("unchanged, podman build", &self.unchanged_podman),
            ("20 MB changed, cargo alone", &self.changed_cargo),
            ("20 MB changed, image build", &self.changed_tool),
            ("20 MB changed, podman build", &self.changed_podman),
        ] {
            let all: Vec<_> = times.iter().map(|time| time.as_millis().to_string()).collect();
            println!("{what:>28}: median {:>6.1} ms of [{}]", millis(median(times)), all.join(" "));
        }
        let unchanged = median(&self.unchanged_tool).saturating_sub(median(&self.unchanged_cargo));
        let changed = median(&self.changed_tool).saturating_sub(median(&self.changed_cargo));
        let mut missed = false;
        let mut bar = |what: &str, found: Duration, most: Duration| {
            let met = found <= most;
            missed |= !met;
            let word = if met { "met" } else { "MISSED" };
            println!("{word:>7}: {what}: {:.1} ms, at most {:.1} ms", millis(found), millis(most));
        };
        bar("tool time, nothing changed", unchanged, NO_CHANGE);
        if !self.unchanged_podman.is_empty() {
            bar(
                "tool time, nothing changed, against a third of podman's",
                unchanged,
                median(&self.unchanged_podman) / 3,
            );
            bar(
                "tool time, 20 MB changed, against half of podman's",
                changed,
                median(&self.changed_podman) / 2,
            );
        }
        !missed
    }
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
