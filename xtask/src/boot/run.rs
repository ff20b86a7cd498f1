//! QEMU while it runs: its console is read and shown, and it ends when the machine is switched off, when
//! the console says that no result will come, or when its time is over. It never outlives this process.

use std::fs::{self, File};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::console::{Console, Sign, untimed};
use super::folder::Folder;
use super::machine::Machine;
use super::record::{self, Record};
use super::{BootError, Job};
use crate::support::progress::Progress;

const TICK: Duration = Duration::from_millis(50);
/// How long a console that has shown a bad end may show more of it.
const AFTER_A_SIGN: Duration = Duration::from_secs(2);

/// QEMU, which is gone when this is.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Killing one that has ended is no failure that matters.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A bad sign, the line that has it, and when it was seen.
type Bad = (Sign, String, Instant);

/// Runs a machine until it is off, and gives what it has recorded.
pub(super) fn run(
    machine: &Machine<'_>,
    job: &Job<'_>,
    folder: &Folder,
    progress: &Progress,
) -> Result<Record, BootError> {
    let qemu = job.programs.qemu;
    let talk = folder.work().join("qemu.log");
    let file = |path: &Utf8Path| {
        File::create(path).map_err(|source| BootError::Write { path: path.to_owned(), source })
    };
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut command = super::program::bound_to_this_process(qemu)?;
    command.args(machine.arguments(processors));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(file(&talk)?);
    drop(file(machine.serial_log)?);
    let mut console = Console::open(machine.serial_log).map_err(BootError::Console)?;
    let started = Instant::now();
    let mut qemu = Running(command.spawn().map_err(qemu.not_started())?);
    let working = progress.working(format!("booting {}", job.image));
    let (mut bad, mut up): (Option<Bad>, _) = (None, false);
    let status = loop {
        // Asked first: what it wrote before it ended is there then.
        let ended = qemu.0.try_wait().map_err(BootError::Console)?;
        for (line, sign) in console.read().map_err(BootError::Console)? {
            working.tell(&line);
            match sign {
                Some(Sign::Up) => {
                    up = true;
                    progress.status("Running", job.command.shown());
                }
                Some(sign) if bad.is_none() && !up => {
                    bad = Some((sign, untimed(&line).to_owned(), Instant::now()));
                }
                // Once the system is up, a panic alone means that no result will come.
                Some(Sign::Panic) if bad.is_none() => {
                    bad = Some((Sign::Panic, untimed(&line).to_owned(), Instant::now()));
                }
                _ => {}
            }
        }
        let told = bad.as_ref().is_some_and(|(_, _, seen)| seen.elapsed() > AFTER_A_SIGN);
        match ended {
            Some(status) => break Some(status),
            None if told || started.elapsed() > job.asked.timeout => break None,
            None => thread::sleep(TICK),
        }
    };
    drop(qemu);
    drop(working);
    let last = console.last();
    let seconds = job.asked.timeout.as_secs();
    match (bad, status) {
        (Some((Sign::Panic, line, _)), _) => Err(BootError::Panic { line, last }),
        (Some((Sign::NoRoot, line, _)), _) => Err(BootError::NoRoot { line, last }),
        (Some((_, line, _)), _) => Err(BootError::Emergency { line, last }),
        (None, None) if up => Err(BootError::NotEnded { command: job.command.shown(), seconds, last }),
        (None, None) => Err(BootError::NotUp { seconds, last }),
        (None, Some(status)) if !status.success() => Err(BootError::Qemu { status, said: said(&talk), last }),
        (None, Some(_)) => match record::read(machine.record).map_err(BootError::Console)? {
            Some(record) => Ok(record),
            None => Err(BootError::Off { last }),
        },
    }
}

/// The last line of what QEMU itself said.
fn said(talk: &Utf8Path) -> Option<String> {
    let text = fs::read(talk).ok()?;
    let text = String::from_utf8_lossy(&text);
    let line = text.lines().rfind(|line| !line.trim().is_empty())?;
    Some(line.escape_debug().to_string())
}
