//! `Cargo.lock` under `--locked`. The alias `xtask` is a `cargo run`, and that cargo has no `--locked`: it writes the lock
//! anew before it starts this tool, whose own cargo then finds it current.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::param::clock_ticks_per_second;
use rustix::time::{ClockId, clock_gettime};

use crate::support::explain::Explain;

/// The lock has changed since the command began.
#[derive(Debug, thiserror::Error)]
#[error("`{path}` was written after this command began, and `--locked` was given")]
pub(crate) struct CargoLockError {
    path: Utf8PathBuf,
}

impl Explain for CargoLockError {
    fn help(&self) -> Option<String> {
        Some(
            "restore it, and run `cargo --locked xtask image …`: that keeps each cargo from writing it"
                .to_owned(),
        )
    }
}

/// Refuses a lock that was written after this process began. `cargo run` becomes the program that it runs, so the process
/// is the one in which cargo wrote the lock. Where a system does not show when a process began, nothing is refused.
pub(crate) fn unchanged(root: &Utf8Path) -> Result<(), CargoLockError> {
    let path = root.join("Cargo.lock");
    let written = fs::metadata(&path).and_then(|metadata| metadata.modified());
    match (written, began()) {
        (Ok(written), Some(began)) if written >= began + TICK => Err(CargoLockError { path }),
        // cargo itself refuses a lock that is missing.
        _ => Ok(()),
    }
}

/// When a process began is known to a tick of 10 ms, and a file's time is up to a tick late.
const TICK: Duration = Duration::from_millis(10);

/// Returns when this process began, as `/proc/self/stat` has it (`proc_pid_stat(5)`, field 22).
fn began() -> Option<SystemTime> {
    let ticks = ticks(&fs::read_to_string("/proc/self/stat").ok()?)?;
    let since_boot = Duration::from_millis(ticks.checked_mul(1000)? / clock_ticks_per_second().max(1));
    let elapsed = now(ClockId::Boottime)?.checked_sub(since_boot)?;
    UNIX_EPOCH.checked_add(now(ClockId::Realtime)?.checked_sub(elapsed)?)
}

fn now(clock: ClockId) -> Option<Duration> {
    Duration::try_from(clock_gettime(clock)).ok()
}

/// Returns the ticks from the boot to the beginning of a process. Its name, in brackets, may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_process_is_read_behind_whatever_its_name_is() {
        let stat = "7 (a) b (1) 2) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 9 9";
        assert_eq!(ticks(stat), Some(4711));
        assert_eq!(ticks("7 (a"), None);
        let began = began().unwrap();
        assert!(began <= SystemTime::now() && began.elapsed().unwrap() < Duration::from_hours(1));
    }
}
