//! A signal to this process while an engine is at work. The engine must not go on by itself: it is
//! stopped, what it has made is removed, and then this process ends by the signal as if it had never
//! caught it. Where no engine is at work, a signal does what it always did.

use std::fs;
use std::io;
use std::process::Child;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::small_map::SmallSet;
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// What has come, and whom it concerns: as signals are, the process's.
static STATE: Mutex<State> = Mutex::new(State { watches: 0, engines: SmallSet::new(), came: None });

struct State {
    watches: usize,
    /// The process groups of engines at work; each leads its own.
    engines: SmallSet<i32>,
    came: Option<i32>,
}

/// For as long as it lives, a signal stops engines and not this process.
pub(super) struct SignalGuard(());

/// An engine at work.
pub(super) struct RunningEngine(Pid);

impl SignalGuard {
    pub(super) fn start() -> io::Result<Self> {
        static CAUGHT: OnceLock<io::Result<()>> = OnceLock::new();
        if let Err(error) = CAUGHT.get_or_init(catch) {
            return Err(io::Error::new(error.kind(), error.to_string()));
        }
        state().watches += 1;
        Ok(Self(()))
    }

    /// Whether a signal has come.
    pub(super) fn is_interrupted() -> bool {
        state().came.is_some()
    }
}

impl Drop for SignalGuard {
    fn drop(&mut self) {
        state().watches -= 1;
    }
}

impl RunningEngine {
    /// Takes note of an engine, which leads a process group.
    pub(super) fn started(child: &Child) -> Self {
        let group = Pid::from_child(child);
        let mut state = state();
        state.engines.insert(group.as_raw_nonzero().get());
        if state.came.is_some() {
            stop(group, false);
        }
        Self(group)
    }
}

impl Drop for RunningEngine {
    fn drop(&mut self) {
        state().engines.remove(&self.0.as_raw_nonzero().get());
    }
}

/// Ends this process by the signal that has come, if one has.
pub(crate) fn reraise_signal() {
    let came = state().came;
    if let Some(signal) = came {
        // It fails for a signal without a default action, and these have one.
        drop(emulate_default_handler(signal));
    }
}

fn state() -> MutexGuard<'static, State> {
    // A panic leaves the state as it was before a change or after it, and engines must be stopped all the same.
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn catch() -> io::Result<()> {
    let ignored = ignored();
    let caught = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored & 1 << (signal - 1) == 0);
    let mut signals = Signals::new(caught)?;
    thread::spawn(move || signals.forever().for_each(came));
    Ok(())
}

/// The signals that whoever started us wants ignored (nohup(1)), as a mask (proc(5), `SigIgn`).
fn ignored() -> u64 {
    // Without procfs, no signal is taken for one that is ignored.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

fn came(signal: i32) {
    let mut state = state();
    let again = state.came.replace(signal).is_some();
    if state.watches == 0 {
        drop(state);
        reraise_signal();
        return;
    }
    for group in state.engines.iter().copied().filter_map(Pid::from_raw) {
        stop(group, again);
    }
}

/// Ends a step where one runs: the engine then sees it fail, and takes its container away itself. One
/// that runs none is stopped. A second signal has no patience.
fn stop(engine: Pid, again: bool) {
    let steps = steps(engine);
    for step in &steps {
        _ = kill_process(*step, Signal::KILL);
    }
    // Whatever is told to end may have done so by itself.
    if again {
        _ = kill_process_group(engine, Signal::KILL);
    } else if steps.is_empty() {
        _ = kill_process_group(engine, Signal::INT);
    }
}

/// Ends an engine whose own process was killed, and the steps that it runs. Returns when it has ended, or at a
/// deadline.
///
/// An engine whose step was killed takes its container away and ends by itself. A signal in that time would leave the
/// layer of the container, with what the step wrote, in a storage that names it no more. So the engine itself is interrupted
/// only where it goes on for a quarter of the time, and is killed after half of it.
pub(super) fn end(engine: Pid, deadline: Duration) {
    let started = Instant::now();
    let mut is_interrupted = false;
    while test_kill_process(engine).is_ok() && started.elapsed() < deadline {
        let elapsed = started.elapsed();
        for step in steps(engine) {
            _ = kill_process(step, Signal::KILL);
        }
        if elapsed > deadline / 2 {
            _ = kill_process_group(engine, Signal::KILL);
        } else if elapsed > deadline / 4 && !is_interrupted {
            is_interrupted = true;
            _ = kill_process_group(engine, Signal::INT);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The processes that an engine has started and that have left its process group: those in a container.
fn steps(engine: Pid) -> Vec<Pid> {
    let processes: Vec<_> =
        fs::read_dir("/proc").into_iter().flatten().filter_map(|entry| process(&entry.ok()?)).collect();
    let mut descendants = vec![engine.as_raw_nonzero().get()];
    let mut known = 0;
    while let Some(parent) = descendants.get(known).copied() {
        descendants
            .extend(processes.iter().filter(|process| process.parent == parent).map(|process| process.id));
        known += 1;
    }
    let left = processes.iter().filter(|process| {
        descendants.contains(&process.id) && process.group != engine.as_raw_nonzero().get()
    });
    left.filter_map(|process| Pid::from_raw(process.id)).collect()
}

struct Process {
    id: i32,
    parent: i32,
    group: i32,
}

/// proc(5), `/proc/PID/stat`: the name is in brackets, and may hold some.
fn process(entry: &fs::DirEntry) -> Option<Process> {
    let id = entry.file_name().to_str()?.parse().ok()?;
    let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1).map(str::parse);
    Some(Process { id, parent: fields.next()?.ok()?, group: fields.next()?.ok()? })
}
