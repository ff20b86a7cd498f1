//! `cargo xtask bench`: how long the tool takes beside cargo and podman, on a 20 MB binary. It prints
//! every number it measured; what it concludes are ratios within one run, for machines are noisy.
//!
//! *Tool time* is the wall time of the built xtask less that of the identical inner cargo, both run in
//! turn, so that what slows the one slows the other.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant, UNIX_EPOCH};

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
/// What an edit above a layer of an engine's may cost, as a multiple of the same without one.
const OVER_ENGINE: f64 = 1.2;

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
    let app = || Layer::new(\"app\").bin(\"app\");
    let config = || Layer::new(\"config\").text(\"interval = 1\\n\", \"/etc/app.toml\").dir(\"/usr/share/app\");
    let native = Image::new(\"bench\", Base::stand_in()).layer(config()).layer(app());
    let tools = Layer::new(\"tools\").with(File::new(\"tools/busybox\", \"/usr/bin/busybox\").mode(0o755));
    let made = Layer::new(\"made\").run([\"/usr/bin/busybox\", \"sh\", \"-ec\", include_str!(\"../step.sh\")]);
    let over = Image::new(\"over-engine\", Base::stand_in());
    lapstrake_xtask::main([native, over.layer(tools).layer(made).layer(config()).layer(app())])
}
";
/// As many files as a few packages bring.
const STEP: &str = "\
for i in $(busybox seq 2000); do
    at=/usr/share/made/$((i / 50))
    busybox mkdir -p $at && echo $i >$at/$i
done
";

/// Runs the benchmark in `target/bench`; a missed bar is a failure.
pub(crate) fn bench(root: &Utf8Path, ready: &Ready) -> Result<ExitCode> {
    // What it prints is the same as here; it has the inside of the tool, and misses its bar by itself.
    let checks = ["-q", "--lib", "--", "--ignored", "--nocapture", "tests::speed"];
    let checks = ["test", "-p", "lapstrake-xtask"].into_iter().chain(TOOL).chain(checks);
    let checks_met = cargo(root, checks).status()?.success();
    let project = Project::create(root, ready)?;
    project.build_image(NATIVE)?;
    project.emit()?;
    let podman = Command::new("podman").arg("--version").output().is_ok_and(|output| output.status.success());
    if podman {
        project.podman()?;
        project.build_image(OVER)?;
    } else {
        println!("podman is not here: what needs it is left out");
    }
    let mut rounds = Rounds::default();
    for _ in 0..ROUNDS {
        rounds.unchanged_cargo.push(time(|| project.cargo())?);
        rounds.unchanged_tool.push(time(|| project.build_image(NATIVE))?);
        if podman {
            rounds.unchanged_podman.push(time(|| project.podman())?);
        }
    }
    for round in 0..ROUNDS {
        project.change(round)?;
        project.cargo()?;
        rounds.changed_cargo.push(time(|| project.cargo())?);
        rounds.changed_tool.push(time(|| project.build_image(NATIVE))?);
        if podman {
            project.emit()?;
            rounds.changed_podman.push(time(|| project.podman())?);
        }
    }
    for round in 0..if podman { ROUNDS } else { 0 } {
        // Each has an edit of its own: what one has written the other would only find.
        let mut edits = [(NATIVE, &mut rounds.edit_native), (OVER, &mut rounds.edit_over)];
        if round % 2 == 1 {
            edits.reverse();
        }
        for (half, (image, times)) in edits.into_iter().enumerate() {
            project.change(ROUNDS + 2 * round + half)?;
            project.cargo()?;
            rounds.edit_cargo.push(time(|| project.cargo())?);
            times.push(time(|| project.build_image(image))?);
        }
    }
    let rounds_met = rounds.conclude();
    Ok(if checks_met && rounds_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The image that starts no engine, and the one with an engine's layer below.
const NATIVE: &str = "bench";
const OVER: &str = "over-engine";

/// A workspace of a user's with one app of 20 MB.
struct Project<'a> {
    /// No two runs have a binary in common: it would be there already.
    seed: u64,
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
        let seed = UNIX_EPOCH.elapsed()?.as_secs();
        write("app/payload", &payload(seed))?;
        write("xtask/Cargo.toml", XTASK_MANIFEST.as_bytes())?;
        write("xtask/src/main.rs", XTASK.as_bytes())?;
        write("xtask/step.sh", STEP.as_bytes())?;
        // Where there is none, no engine is there either.
        if let Some(busybox) = find("busybox") {
            write("tools/busybox", &fs::read(busybox)?)?;
        }
        let arguments = ["build", "-q", "--profile", "xtask", "-p", "xtask", "--message-format=json"];
        let built = cargo(&directory, arguments).stderr(Stdio::inherit()).output()?;
        let messages = String::from_utf8(built.stdout)?;
        let executable = messages
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter_map(|message| message["executable"].as_str().map(Utf8PathBuf::from))
            .next_back()
            .ok_or("cargo built no xtask")?;
        Ok(Self { seed, context: directory.join("context"), directory, xtask: executable, ready })
    }

    /// The inner cargo, exactly as the tool runs it.
    fn cargo(&self) -> Result<()> {
        let arguments = ["build", "--profile", "release", "-p", "app@0.1.0", "--bin", "app", "--quiet"];
        succeed(cargo(&self.directory, arguments).arg("--message-format=json-render-diagnostics"))
    }

    fn build_image(&self, name: &str) -> Result<()> {
        self.tool(&["image", "build", name, "--quiet"])
    }

    fn emit(&self) -> Result<()> {
        self.tool(&["image", "emit", NATIVE, "--quiet", "--output", self.context.as_str()])
    }

    fn tool(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.xtask);
        forget(&mut command);
        command.envs(self.ready.env.iter().map(|(name, value)| (name, value)));
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
        Ok(fs::write(self.directory.join("app/payload"), payload(self.seed + 1 + round as u64))?)
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
fn payload(seed: u64) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed << 17;
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

/// Where a program is.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
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
    edit_cargo: Vec<Duration>,
    edit_native: Vec<Duration>,
    edit_over: Vec<Duration>,
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
            ("edit, cargo alone", &self.edit_cargo),
            ("edit, all native", &self.edit_native),
            ("edit, over an engine's layer", &self.edit_over),
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
            let tool = |times| median(times).saturating_sub(median(&self.edit_cargo));
            let (native, over) = (tool(&self.edit_native), tool(&self.edit_over));
            println!(
                "         an edit over an engine's layer is {:.2} times one without",
                millis(over) / millis(native)
            );
            bar("tool time of an edit over an engine's layer", over, native.mul_f64(OVER_ENGINE));
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
