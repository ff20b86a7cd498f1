//! What a program costs: wall time, CPU time, and the bytes that it reads.

use std::fs;
use std::time::{Duration, Instant};

use super::Result;

/// The unit of the times in proc(5), which is a hundredth of a second on all architectures that Rust supports.
const TICK: Duration = Duration::from_millis(10);

/// The cost of a program and of all programs that it waits for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) wall: Duration,
    /// User and system time.
    pub(super) cpu: Duration,
    /// The bytes that are returned by read(2) and its like, from a disk or from memory.
    pub(super) read: u64,
}

/// Runs programs and returns their cost. The kernel adds it to this process when it waits for them.
pub(super) fn cost(work: impl FnOnce() -> Result<()>) -> Result<Cost> {
    let (cpu, read, start) = (children_cpu()?, bytes_read()?, Instant::now());
    work()?;
    let wall = start.elapsed();
    Ok(Cost { wall, cpu: children_cpu()?.saturating_sub(cpu), read: bytes_read()?.saturating_sub(read) })
}

/// Runs programs and returns the wall time.
pub(super) fn time(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    Ok(cost(work)?.wall)
}

/// Measures up to `most` rounds, but starts none after ten seconds.
pub(super) fn rounds(most: usize, mut work: impl FnMut(usize) -> Result<Duration>) -> Result<Vec<Duration>> {
    let start = Instant::now();
    let mut times = Vec::new();
    while times.len() < most && (times.is_empty() || start.elapsed() < Duration::from_secs(10)) {
        times.push(work(times.len())?);
    }
    Ok(times)
}

fn children_cpu() -> Result<Duration> {
    parse_cpu(&fs::read_to_string("/proc/self/stat")?)
}

fn parse_cpu(stat: &str) -> Result<Duration> {
    // The name of the program may have spaces and parentheses. Behind it are fields 3 and up; 16 and 17 are the times.
    let (_, fields) = stat.rsplit_once(')').ok_or("`/proc/self/stat` has no name")?;
    let times = fields.split_whitespace().skip(13).take(2).map(str::parse::<u32>);
    let ticks = times.sum::<std::result::Result<u32, _>>()?;
    Ok(TICK * ticks)
}

fn bytes_read() -> Result<u64> {
    let text = fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("rchar:"));
    Ok(line.ok_or("`/proc/self/io` has no `rchar`")?.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b (c) R 1 7 7 0 -1 4194560 1 2 3 4 50 60 150 25 20 0 1 0 99";
        assert_eq!(parse_cpu(stat).unwrap(), Duration::from_millis(1750));
    }

    #[test]
    fn what_a_program_reads_is_counted() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, vec![0; 3 << 20]).unwrap();
        let work = || {
            Command::new("cat").arg(file.path()).stdout(Stdio::null()).status()?;
            Ok(())
        };
        let read = cost(work).unwrap().read;
        assert!(read >= 3 << 20, "{read}");
    }
}
