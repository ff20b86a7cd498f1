//! A binary of 20 MB: the time of the tool beside that of cargo and of podman.
//!
//! *Tool time* is the wall time of the built xtask less that of the same cargo alone. Both run in turn, so that a slow
//! machine slows both.

use std::fs;
use std::process::Command;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::Result;
use super::figures::{Figures, median, print_times, ratio};
use super::measure::time;
use crate::cargo::cargo;
use crate::project::{Project, run};

/// How often each thing is measured.
const ROUNDS: usize = 20;
/// The size of the binary's payload, in bytes.
pub(super) const PAYLOAD: usize = 20 << 20;

/// The most tool time when nothing changed.
const NO_CHANGE: Duration = Duration::from_millis(100);
/// The most that an edit above an engine layer may cost, as a multiple of the same edit without one.
const OVER_ENGINE: f64 = 1.2;

/// The image without an engine, and the one with an engine layer below.
const NATIVE: &str = "bench";
const OVER: &str = "over-engine";

/// The project, and how its images are built.
struct Bench<'a> {
    project: &'a Project<'a>,
    /// No two runs have a binary in common, because the store would have its layer.
    seed: u64,
    context: Utf8PathBuf,
    podman: bool,
}

/// The times of one binary: of cargo alone, of the tool, and of podman.
#[derive(Default)]
struct Rounds {
    cargo: Vec<Duration>,
    tool: Vec<Duration>,
    podman: Vec<Duration>,
}

pub(super) fn measure(project: &Project<'_>, seed: u64, podman: bool, figures: &mut Figures) -> Result<()> {
    let bench = Bench { project, seed, context: project.directory.join("context"), podman };
    bench.build(NATIVE)?;
    bench.emit()?;
    if podman {
        bench.by_podman()?;
        bench.build(OVER)?;
    } else {
        println!("podman is not installed: its rows are left out");
    }
    let unchanged = bench.unchanged()?;
    let changed = bench.changed()?;
    let unchanged_tool = unchanged.print("unchanged");
    let changed_tool = changed.print("20 MB changed");
    figures.bar("tool time, nothing changed", unchanged_tool, NO_CHANGE);
    if podman {
        let third = median(&unchanged.podman) / 3;
        figures.bar("tool time, nothing changed, against a third of podman's", unchanged_tool, third);
        let half = median(&changed.podman) / 2;
        figures.bar("tool time, 20 MB changed, against half of podman's", changed_tool, half);
        bench.over_engine(figures)?;
    }
    Ok(())
}

impl Rounds {
    /// Prints the rows, and returns the tool time.
    fn print(&self, what: &str) -> Duration {
        let cargo = print_times(&format!("{what}, cargo alone"), &self.cargo);
        let tool = print_times(&format!("{what}, image build"), &self.tool);
        if !self.podman.is_empty() {
            print_times(&format!("{what}, podman build"), &self.podman);
        }
        tool.saturating_sub(cargo)
    }
}

impl Bench<'_> {
    fn unchanged(&self) -> Result<Rounds> {
        let mut rounds = Rounds::default();
        for _ in 0..ROUNDS {
            rounds.cargo.push(time(|| self.cargo())?);
            rounds.tool.push(time(|| self.build(NATIVE))?);
            if self.podman {
                rounds.podman.push(time(|| self.by_podman())?);
            }
        }
        Ok(rounds)
    }

    fn changed(&self) -> Result<Rounds> {
        let mut rounds = Rounds::default();
        for round in 0..ROUNDS {
            self.change(round)?;
            self.cargo()?;
            rounds.cargo.push(time(|| self.cargo())?);
            rounds.tool.push(time(|| self.build(NATIVE))?);
            if self.podman {
                self.emit()?;
                rounds.podman.push(time(|| self.by_podman())?);
            }
        }
        Ok(rounds)
    }

    /// Compares an edit above an engine layer with the same edit without one.
    fn over_engine(&self, figures: &mut Figures) -> Result<()> {
        let (mut cargo, mut native, mut over) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            // Each has an edit of its own, because the second would find the layer of the first.
            let mut edits = [(NATIVE, &mut native), (OVER, &mut over)];
            if round % 2 == 1 {
                edits.reverse();
            }
            for (half, (image, times)) in edits.into_iter().enumerate() {
                self.change(ROUNDS + 2 * round + half)?;
                self.cargo()?;
                cargo.push(time(|| self.cargo())?);
                times.push(time(|| self.build(image))?);
            }
        }
        let cargo = print_times("edit, cargo alone", &cargo);
        let native = print_times("edit, all native", &native).saturating_sub(cargo);
        let over = print_times("edit, over an engine layer", &over).saturating_sub(cargo);
        let what = "tool time of an edit over an engine layer, against one without";
        figures.compare(what, ratio(over, native), OVER_ENGINE, "times");
        Ok(())
    }

    /// Runs cargo exactly as the tool runs it.
    fn cargo(&self) -> Result<()> {
        let arguments = ["build", "--profile", "release", "-p", "app@0.1.0", "--bin", "app", "--quiet"];
        run(cargo(&self.project.directory, arguments).arg("--message-format=json-render-diagnostics"))?;
        Ok(())
    }

    fn build(&self, image: &str) -> Result<()> {
        self.project.run_image(&["build", image, "--quiet"])?;
        Ok(())
    }

    fn emit(&self) -> Result<()> {
        self.project.run_image(&["emit", NATIVE, "--quiet", "--output", self.context.as_str()])?;
        Ok(())
    }

    fn by_podman(&self) -> Result<()> {
        let mut command = Command::new("podman");
        command.args(["build", "--quiet", "--tag", "localhost/lapstrake-bench", "."]);
        run(self.project.in_environment(&mut command).current_dir(&self.context))?;
        Ok(())
    }

    /// Writes another payload of the same size.
    fn change(&self, round: usize) -> Result<()> {
        let path = self.project.directory.join("app/payload");
        Ok(fs::write(path, payload(self.seed + 1 + round as u64))?)
    }
}

/// Returns bytes that compress about as a binary does: a third is random.
pub(super) fn payload(seed: u64) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ seed << 17;
    let mut bytes = Vec::with_capacity(PAYLOAD);
    while bytes.len() < PAYLOAD {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
        bytes.extend_from_slice(&[(state & 3) as u8; 16]);
    }
    bytes.truncate(PAYLOAD);
    bytes
}
