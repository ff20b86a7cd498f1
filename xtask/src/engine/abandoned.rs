//! Removes what killed processes left of the work of an engine: the engine itself, if it still runs, the containers
//! and images of its job, in which a step may have written a secret, and the context.

use std::fs;
use std::time::Duration;

use camino::Utf8Path;
use rustix::process::Pid;

use super::ENGINES;
use super::cached::job_name;
use super::interrupt::end;
use super::layers::listing;
use crate::store::Paths;
use crate::support::progress::Progress;

/// How long this process waits for an engine that it has asked to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Removes the jobs of killed processes that built in this store.
pub(crate) fn sweep(paths: &Paths, progress: &Progress) {
    for (context, _claim) in paths.abandoned_jobs() {
        progress.status("Removing", format_args!("what a killed build left: `{context}`"));
        for engine in engines_in(&context) {
            end(engine, PATIENCE);
        }
        let job = job_name(&context);
        for engine in ENGINES.into_iter().filter(|engine| engine.require().is_ok()) {
            engine.remove(&listing(&job));
            engine.remove(&job);
        }
        // The folder is removed last: as long as it is there, the next process tries again.
        drop(fs::remove_dir_all(&context));
    }
}

/// Returns the processes that work in a context: an engine that its own process did not outlive.
fn engines_in(context: &Utf8Path) -> Vec<Pid> {
    // procfs has the path without symlinks.
    let context = context.canonicalize_utf8().unwrap_or_else(|_| context.to_owned());
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let works_there = |process: &fs::DirEntry| {
        fs::read_link(process.path().join("cwd")).is_ok_and(|folder| folder.starts_with(&context))
    };
    let id = |process: fs::DirEntry| Pid::from_raw(process.file_name().to_str()?.parse().ok()?);
    processes.filter(works_there).filter_map(id).collect()
}
