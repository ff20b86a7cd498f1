//! Kills builds in each phase, some with everything that they have started, as a power cut does.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::Result;
use super::debris::names;
use super::random::Random;
use super::workshop::{VERSIONS, Workshop};

/// How often a phase is tried again that ended before the kill.
const ATTEMPTS: usize = 8;

/// A phase of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Compile,
    Stage,
    Step,
    Layer,
    Store,
    Lockfile,
    Delivery,
}

impl Phase {
    const ALL: [Self; 7] =
        [Self::Compile, Self::Lockfile, Self::Layer, Self::Stage, Self::Store, Self::Delivery, Self::Step];

    fn needs_engine(self) -> bool {
        matches!(self, Self::Stage | Self::Step)
    }

    fn image(self) -> &'static str {
        if self.needs_engine() { "engine" } else { "native" }
    }

    /// Returns by what the beginning of the phase is seen, and the most microseconds from there to the kill.
    fn begins(self, workshop: &Workshop<'_>) -> (Sign, u64) {
        let (root, store) = (&workshop.places.root, workshop.places.store());
        match self {
            Self::Compile => (Sign::Line("Compiling app"), 300_000),
            Self::Stage => (Sign::Line("Compiling in "), 1_500_000),
            Self::Step => (Sign::Line("Running layer"), 1_500_000),
            Self::Layer => (Sign::Line("Layering data"), 60_000),
            Self::Store => (Sign::File(store.join("records/.partial"), ""), 500),
            Self::Lockfile => (Sign::File(root.clone(), ".lapstrake.lock.tmp"), 500),
            Self::Delivery => (Sign::File(root.join("out"), ".image.tar"), 30_000),
        }
    }
}

/// What shows that a phase has begun.
enum Sign {
    /// A line of output with this text.
    Line(&'static str),
    /// A file in the folder whose name begins so.
    File(Utf8PathBuf, &'static str),
}

/// The kills of each phase, and what was wrong after them.
#[derive(Default)]
pub(super) struct Kills {
    pub(super) phases: BTreeMap<Phase, u64>,
    pub(super) with_engine: u64,
    pub(super) faults: usize,
}

pub(super) fn run(workshop: &Workshop<'_>, count: u64, random: &mut Random) -> Result<Kills> {
    let mut kills = Kills::default();
    let phases: Vec<_> =
        Phase::ALL.into_iter().filter(|phase| workshop.has_engine || !phase.needs_engine()).collect();
    let mut versions: BTreeMap<&str, u64> = BTreeMap::new();
    for round in 0..count {
        let phase = phases[usize::try_from(round)? % phases.len()];
        let whole_machine = random.below(2) == 0;
        let mut is_killed = false;
        let mut wrong = Vec::new();
        for _ in 0..ATTEMPTS {
            let version = versions.entry(phase.image()).or_default();
            *version = (*version + 1) % VERSIONS;
            let version = *version;
            is_killed = kill(workshop, phase, version, whole_machine, random)?;
            let lost = workshop.lost_pins(&[version])?;
            let found = lost.into_iter().chain(workshop.check(phase.image(), version)?);
            let name =
                format!("kill {round} in {phase:?}, version {version}, whole machine: {whole_machine}");
            wrong.extend(found.map(|what| format!("{name}: {what}")));
            if is_killed {
                break;
            }
        }
        if !is_killed {
            wrong.push(format!("kill {round}: no build could be killed in {phase:?}"));
        }
        *kills.phases.entry(phase).or_default() += u64::from(is_killed);
        kills.with_engine += u64::from(is_killed && whole_machine);
        kills.faults += wrong.len();
        super::progress("kills", (round, count), &wrong);
    }
    Ok(kills)
}

/// Starts a build, and kills it in a phase. Returns false if it ended before.
fn kill(
    workshop: &Workshop<'_>,
    phase: Phase,
    version: u64,
    whole_machine: bool,
    random: &mut Random,
) -> Result<bool> {
    if phase == Phase::Lockfile {
        workshop.unpin(&[version])?;
    }
    let to = format!("oci-archive:{}", workshop.places.root.join("out/image.tar"));
    let mut command = workshop.command(&["build", phase.image(), "-o", &to], version);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let lines = lines(&mut child);
    let (sign, most) = phase.begins(workshop);
    let has_begun = || match &sign {
        Sign::Line(text) => lines.try_iter().any(|line| line.contains(text)),
        Sign::File(folder, prefix) => names(folder).iter().any(|name| name.starts_with(prefix)),
    };
    let started = Instant::now();
    while !has_begun() {
        if child.try_wait()?.is_some() || started.elapsed() > Duration::from_mins(2) {
            child.kill()?;
            child.wait()?;
            return Ok(false);
        }
        if let Sign::Line(_) = sign {
            thread::sleep(Duration::from_micros(200));
        }
    }
    thread::sleep(Duration::from_micros(random.below(most)));
    let others = if whole_machine { descendants(child.id()) } else { Vec::new() };
    child.kill()?;
    let status = child.wait()?;
    for process in others {
        // It may have ended.
        drop(Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status());
    }
    Ok(status.code().is_none())
}

/// Returns the lines of the child's stderr as they come.
fn lines(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stderr) = child.stderr.take() {
        thread::spawn(move || {
            // The receiver is gone after the kill; the pipe is read to its end all the same.
            BufReader::new(stderr)
                .lines()
                .map_while(std::result::Result::ok)
                .for_each(|line| drop(sender.send(line)));
        });
    }
    receiver
}

/// Returns the processes that a process has started, and those that they have started.
fn descendants(of: u32) -> Vec<u32> {
    let processes = names(Utf8Path::new("/proc")).into_iter().filter_map(|name| name.parse().ok());
    let parents: Vec<(u32, u32)> = processes.filter_map(|id| Some((id, parent(id)?))).collect();
    let mut found = vec![of];
    let mut known = 0;
    while let Some(process) = found.get(known).copied() {
        found.extend(parents.iter().filter(|(_, parent)| *parent == process).map(|(id, _)| *id));
        known += 1;
    }
    found.split_off(1)
}

/// proc(5), `/proc/PID/stat`: the name is in brackets, and may hold some.
fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
