//! Work whose bytes are counted: how many are done, of how many that are known. It knows nothing of what the bytes are.

use std::io::{self, Read, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use indicatif::{HumanBytes, ProgressBar};
use serde_json::{Map, Value, json};

use super::progress::Progress;

/// How often the size of a folder is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Bytes on their way. A terminal shows them for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Transfer {
    progress: Progress,
    bar: Option<ProgressBar>,
    verb: &'static str,
    what: String,
    done: AtomicU64,
    total: Option<u64>,
    throttle: Option<Throttle>,
}

impl Transfer {
    /// Begins to count bytes; `verb` is that of the lines, such as `Reading`.
    pub(crate) fn start(
        progress: &Progress,
        verb: &'static str,
        what: impl Into<String>,
        total: Option<u64>,
    ) -> Self {
        let what = what.into();
        let bar = progress.bar(&format!("{} {what}", verb.to_lowercase()), total);
        let throttle = progress.interval().map(|interval| Throttle::new(interval, Instant::now()));
        Self { progress: progress.clone(), bar, verb, what, done: AtomicU64::new(0), total, throttle }
    }

    /// Counts more bytes.
    pub(crate) fn add(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        self.show();
    }

    /// Sets how many bytes are done, which can be fewer than before if something is done again.
    pub(crate) fn set(&self, bytes: u64) {
        self.done.store(bytes, Ordering::Relaxed);
        self.show();
    }

    /// Counts what is read from a reader.
    pub(crate) fn count<T>(&self, inner: T) -> Counted<'_, T> {
        Counted { inner, transfer: self }
    }

    /// Does work that writes files to a folder, and counts their bytes.
    pub(crate) fn watch<T>(&self, folder: &Utf8Path, work: impl FnOnce() -> T) -> T {
        let (ended, end) = std::sync::mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while end.recv_timeout(LOOK) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    self.set(size_of_files(folder));
                }
            });
            let made = work();
            drop(ended);
            self.set(size_of_files(folder));
            made
        })
    }

    /// Returns how many bytes are done. Where the known bytes are an estimate, it is not more than these.
    pub(crate) fn done(&self) -> u64 {
        let done = self.done.load(Ordering::Relaxed);
        self.total.map_or(done, |total| done.min(total))
    }

    fn show(&self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.done());
        }
        if self.throttle.as_ref().is_some_and(|throttle| throttle.is_due(Instant::now())) {
            self.report();
        }
    }

    fn report(&self) {
        let Self { progress, verb, what, total, .. } = self;
        let done = self.done();
        let of = total.map(|total| format!(" of {}", HumanBytes(total))).unwrap_or_default();
        let figures = format!("{what}: {}{of}", HumanBytes(done));
        if progress.is_json() {
            let message = format!("{} {figures}", verb.to_lowercase());
            let what = format!("{} {what}", verb.to_lowercase());
            let fields = [("what", json!(what)), ("done", json!(done)), ("total", json!(total))];
            let fact: Map<String, Value> =
                fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            progress.event("progress", &message, fact);
        } else {
            progress.status(verb, figures);
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        // A program gets the end of each transfer; lines for a person are written for long ones only.
        if self.throttle.is_some() && self.progress.is_json() {
            self.report();
        }
    }
}

/// Lets a report pass once in an interval.
#[derive(Debug)]
struct Throttle {
    interval: Duration,
    last: Mutex<Instant>,
}

impl Throttle {
    fn new(interval: Duration, now: Instant) -> Self {
        Self { interval, last: Mutex::new(now) }
    }

    fn is_due(&self, now: Instant) -> bool {
        let mut last = self.last.lock().expect("no thread panics while it holds the time");
        let is_due = now.saturating_duration_since(*last) >= self.interval;
        if is_due {
            *last = now;
        }
        is_due
    }
}

/// A reader or a writer whose bytes are counted.
#[derive(Debug)]
pub(crate) struct Counted<'a, T> {
    inner: T,
    transfer: &'a Transfer,
}

impl<T: Read> Read for Counted<'_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.transfer.add(count as u64);
        Ok(count)
    }
}

impl<T: Write> Write for Counted<'_, T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.transfer.add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn size_of_files(folder: &Utf8Path) -> u64 {
    let files = folder.read_dir_utf8().into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Throttle, Transfer};
    use crate::support::progress::Progress;

    #[test]
    fn reports_are_an_interval_apart() {
        let start = Instant::now();
        let throttle = Throttle::new(Duration::from_secs(10), start);
        let at = |seconds| start + Duration::from_secs(seconds);
        let due: Vec<_> = [1, 9, 10, 11, 19, 20, 45, 54, 55]
            .into_iter()
            .filter(|second| throttle.is_due(at(*second)))
            .collect();
        assert_eq!(due, [10, 20, 45, 55]);
    }

    #[test]
    fn more_bytes_than_were_estimated_are_not_reported() {
        let transfer = Transfer::start(&Progress::silent(), "Writing", "x", Some(10));
        transfer.add(7);
        assert_eq!(transfer.done(), 7);
        transfer.add(7);
        assert_eq!(transfer.done(), 10);
        transfer.set(3);
        assert_eq!(transfer.done(), 3);
    }

    #[test]
    fn what_a_program_writes_to_a_folder_is_counted() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = camino::Utf8Path::from_path(scratch.path()).unwrap();
        let transfer = Transfer::start(&Progress::silent(), "Copying", "x", None);
        transfer.watch(folder, || std::fs::write(folder.join("blob"), [0; 300])).unwrap();
        assert_eq!(transfer.done(), 300);
    }
}
