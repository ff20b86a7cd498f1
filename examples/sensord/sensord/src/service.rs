//! The service itself: sample, serve, tell systemd, until told to stop.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::config::Config;
use crate::history::{self, HistoryError};
use crate::report;
use crate::sample::Sample;
use crate::serve::{LastLine, ServeError, Server};
use crate::source::Source;

const PROC: &str = "/proc";

#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    #[error("can't listen for signals")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error("the thread that serves clients is gone")]
    Unserved,
    #[error("can't write a sample as JSON")]
    Encode(#[source] serde_json::Error),
    #[error("can't notify systemd")]
    Notify(#[source] io::Error),
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// Runs until SIGTERM or SIGINT. Clients find a sample from the moment systemd calls the service ready.
pub fn run(config: &Config) -> Result<(), ServiceError> {
    let stop = stop_signal()?;
    let last = LastLine::default();
    let mut sampler = Sampler { config, last: last.clone(), sequence: 0, failing: BTreeSet::new() };
    sampler.sample()?;
    let server = Server::start(config.socket.as_path(), last.clone())?;
    notify(&[NotifyState::Ready, NotifyState::Status("sampling")])?;

    let mut sample_at = Ticks::every(config.interval.get());
    // systemd.service(5) advises half of the time it waits for.
    let mut watchdog_at = sd_notify::watchdog_enabled().map(|limit| Ticks::every(limit / 2));
    loop {
        let next = watchdog_at.as_ref().map_or(sample_at.next, |watchdog| sample_at.next.min(watchdog.next));
        match stop.recv_timeout(next.saturating_duration_since(Instant::now())) {
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if !server.is_alive() {
            return Err(ServiceError::Unserved);
        }
        if sample_at.is_due() {
            sampler.sample()?;
        }
        if watchdog_at.as_mut().is_some_and(Ticks::is_due) {
            notify(&[NotifyState::Watchdog])?;
        }
    }

    notify(&[NotifyState::Stopping])?;
    if let Some(directory) = &config.history {
        history::keep(directory, &last.get(), Path::new(PROC))?;
    }
    Ok(())
}

struct Sampler<'a> {
    config: &'a Config,
    last: LastLine,
    sequence: u64,
    failing: BTreeSet<Source>,
}

impl Sampler<'_> {
    fn sample(&mut self) -> Result<(), ServiceError> {
        self.sequence += 1;
        let sample = Sample::take(self.sequence, &self.config.sources, Path::new(PROC));
        self.last.set(&sample.line().map_err(ServiceError::Encode)?);
        // The journal gets a failure when it begins, not once a second.
        for (source, error) in &sample.errors {
            if !self.failing.contains(source) {
                report::line(error);
            }
        }
        self.failing = sample.errors.into_keys().collect();
        Ok(())
    }
}

/// A time that comes again and again. One that was missed, by a suspend for example, is not made up for.
struct Ticks {
    every: Duration,
    next: Instant,
}

impl Ticks {
    fn every(every: Duration) -> Self {
        Self { every, next: Instant::now() + every }
    }

    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = now >= self.next;
        if due {
            self.next = if self.next + self.every > now { self.next } else { now } + self.every;
        }
        due
    }
}

/// A channel that gets a message at the first signal to stop.
fn stop_signal() -> Result<Receiver<()>, ServiceError> {
    let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(ServiceError::Signals)?;
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if signals.forever().next().is_some() {
                // The receiver is gone only when the service has stopped by itself.
                let _ = sender.send(());
            }
        })
        .map_err(ServiceError::Signals)?;
    Ok(receiver)
}

/// Tells systemd, when it asked to be told: started by hand, there is nobody to tell.
fn notify(states: &[NotifyState<'_>]) -> Result<(), ServiceError> {
    sd_notify::notify(states).map_err(ServiceError::Notify)
}
