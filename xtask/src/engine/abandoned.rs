//! Removes what killed processes left of the work of an engine: the engine itself, if it still runs, the containers
//! and images of its job, in which a step may have written a secret, and the context.
//!
//! A job is found by its context. Somebody may have deleted the target directory with the contexts, so the storage of an
//! engine is also searched for the names of jobs of this store. An image that an engine was killed while it wrote has no
//! name; it is found by a label.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use camino::Utf8Path;
use rustix::process::Pid;

use super::interrupt::end;
use super::job_name::{job_name, job_prefix, listing};
use super::unfinished::{self, UnfinishedImage};
use super::{ENGINES, Engine};
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
        for engine in available() {
            remove(engine, &job);
        }
        // The folder is removed last: as long as it is there, the next process tries again.
        drop(fs::remove_dir_all(&context));
    }
}

/// Returns the names of the jobs of killed processes that built in this store, without a change.
pub(crate) fn jobs_of_killed(paths: &Paths) -> BTreeSet<String> {
    let with_context = paths.abandoned_jobs().into_iter().map(|(context, _claim)| job_name(&context));
    let lost = available().flat_map(|engine| {
        let unfinished = unfinished_images(engine).into_iter().map(|image| image.job);
        lost_jobs(engine.stored_names().into_iter().chain(unfinished), paths)
    });
    with_context.chain(lost).collect()
}

/// Does what [`sweep_storage`] does with the storage of each engine, and removes unfinished images too.
pub(crate) fn sweep_storages(paths: &Paths, progress: &Progress) {
    for engine in available() {
        let unfinished = unfinished_images(engine).into_iter().map(|image| image.job);
        for job in lost_jobs(engine.stored_names().into_iter().chain(unfinished), paths) {
            remove_lost(engine, &job, progress);
        }
    }
}

fn unfinished_images(engine: &dyn Engine) -> Vec<UnfinishedImage> {
    engine.storage().map(|root| unfinished::in_storage(&root)).unwrap_or_default()
}

fn available() -> impl Iterator<Item = &'static dyn Engine> {
    ENGINES.into_iter().filter(|engine| engine.require().is_ok())
}

/// Removes the jobs of this store that are in the storage of an engine and have no context any more.
pub(crate) fn sweep_storage(engine: &dyn Engine, paths: &Paths, progress: &Progress) {
    for job in lost_jobs(engine.stored_names().into_iter(), paths) {
        remove_lost(engine, &job, progress);
    }
}

fn remove_lost(engine: &dyn Engine, job: &str, progress: &Progress) {
    progress.status("Removing", format_args!("what a killed build left in {}: `{job}`", engine.name()));
    remove(engine, job);
}

/// Returns the jobs of this store among the names of images and containers that have no context any more.
fn lost_jobs(stored: impl Iterator<Item = String>, paths: &Paths) -> BTreeSet<String> {
    let prefix = job_prefix(paths.root());
    let stored: BTreeSet<String> = stored.filter_map(|name| job_of(&name, &prefix)).collect();
    if stored.is_empty() {
        return stored;
    }
    // A job makes its context first and removes it last. So a job that was listed above and has no context has ended.
    let contexts: BTreeSet<String> = paths.jobs().iter().map(|context| job_name(context)).collect();
    stored.difference(&contexts).cloned().collect()
}

fn remove(engine: &dyn Engine, job: &str) {
    engine.remove(&listing(job));
    engine.remove(job);
    let is_of_job = |image: &UnfinishedImage| {
        let name = image.job.strip_prefix("localhost/").unwrap_or(&image.job);
        name.strip_prefix(job).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    for image in unfinished_images(engine).into_iter().filter(is_of_job) {
        engine.remove_image(&image.id);
    }
}

/// Returns the job of the store with that prefix to which an image or container with this name belongs.
fn job_of(name: &str, prefix: &str) -> Option<String> {
    let name = name.strip_prefix("localhost/").unwrap_or(name);
    let random = name.strip_prefix(prefix)?.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    (!random.is_empty()).then(|| format!("{prefix}{random}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_jobs_of_the_same_store_are_of_a_job() {
        let store = Utf8Path::new("/w/target/lapstrake");
        let (prefix, job) = (job_prefix(store), job_name(&store.join(".engine-aB3x9Z")));
        assert!(job.starts_with(&prefix), "{job} {prefix}");
        let names = ["", "-made", "-results", "-packages", "-packages-results", "-working-container"];
        for name in names {
            assert_eq!(job_of(&format!("localhost/{job}{name}"), &prefix), Some(job.clone()));
            assert_eq!(job_of(&format!("{job}{name}"), &prefix), Some(job.clone()));
        }
        let other = job_name(Utf8Path::new("/other/target/lapstrake/.engine-aB3x9Z"));
        for name in [&*other, "localhost/app", "<none>", "working-container", &prefix, "docker.io/x"] {
            assert_eq!(job_of(name, &prefix), None, "{name}");
        }
    }
}
