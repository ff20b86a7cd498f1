//! The one way in which work of an engine is done: it is looked up in the cache by its inputs first, and its result
//! is refused if it holds a secret.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use lapstrake_oci::Digest;

use super::abandoned::sweep_storage;
use super::interrupt::SignalGuard;
use super::job_name::job_name;
use super::{Engine, EngineError, EnginePolicy, Job, Secrets};
use crate::image::Epoch;
use crate::store::{Scratch, Store};
use crate::support::folder::TempFolder;
use crate::support::progress::Progress;

/// Work of an engine with a result that is cached by its inputs.
pub(super) trait CachedJob {
    /// The result as the engine leaves it in the context.
    type Made;
    /// The result in the cache.
    type Kept;
    type Error: From<EngineError> + From<ContextError>;

    /// Returns the digest of everything that decides the result.
    fn key(&self) -> Result<Digest, Self::Error>;

    /// Returns the result of an earlier build, if it can be used.
    fn cached(&self, key: &Digest) -> Option<Self::Kept>;

    /// Reads the secrets of the steps.
    fn secrets(&self) -> Result<Secrets, Self::Error>;

    /// Reports that the engine starts.
    fn report(&self, engine: &dyn Engine);

    /// Writes the Containerfile, and the files that it reads.
    fn write_context(&self, engine: &'static dyn Engine, context: &Context) -> Result<(), Self::Error>;

    fn wants_network(&self) -> bool;

    fn epoch(&self) -> Epoch;

    /// Runs the engine.
    fn run(&self, engine: &'static dyn Engine, job: &Job<'_>) -> Result<Self::Made, EngineError>;

    /// Puts the result into the cache.
    ///
    /// # Errors
    /// If it holds a secret.
    fn keep(
        &self,
        key: &Digest,
        made: Self::Made,
        secrets: &Secrets,
        engine: &'static dyn Engine,
    ) -> Result<Self::Kept, Self::Error>;
}

/// Returns the result of a job: from the cache, or by running an engine. None, where it is not cached and no engine
/// may be used.
pub(super) fn ensure<J: CachedJob>(
    job: &J,
    policy: EnginePolicy,
    store: &Store,
) -> Result<Option<J::Kept>, J::Error> {
    let key = job.key()?;
    if let Some(kept) = job.cached(&key) {
        return Ok(Some(kept));
    }
    let Some(engine) = policy.engine()? else { return Ok(None) };
    let secrets = job.secrets()?;
    sweep_storage(engine, store.paths(), store.progress());
    job.report(engine);
    let context = Context::create(store)?;
    job.write_context(engine, &context)?;
    let running = Job {
        context: context.path(),
        name: &context.name,
        network: job.wants_network(),
        epoch: job.epoch(),
        secrets: &secrets,
    };
    let made = supervise(engine, &running, store.progress(), || job.run(engine, &running))?;
    job.keep(&key, made, &secrets, engine).map(Some)
}

/// How often a job is run whose layers the removal of another job takes away.
const ATTEMPTS: usize = 4;

/// Runs an engine so that a signal stops it and not this process, and so that it leaves neither an image nor a
/// container of the job, also after an error.
///
/// Jobs that run at the same time share equal layers in the storage. Where one removes its images, a layer can vanish
/// that another has found and not yet used. The other then runs again.
fn supervise<T>(
    engine: &dyn Engine,
    job: &Job<'_>,
    progress: &Progress,
    mut work: impl FnMut() -> Result<T, EngineError>,
) -> Result<T, EngineError> {
    let _guard = SignalGuard::start().map_err(EngineError::Signals)?;
    let mut made = work();
    for _ in 1..ATTEMPTS {
        let lost_layer = made.as_ref().is_err_and(EngineError::is_lost_layer);
        if !lost_layer || SignalGuard::is_interrupted() {
            break;
        }
        progress.status("Repeating", "the job, because another one removed a layer that both had");
        engine.remove(job.name);
        made = work();
    }
    engine.remove(job.name);
    if SignalGuard::is_interrupted() { Err(EngineError::Interrupted) } else { made }
}

/// The folder of a context. It is removed when the value is dropped.
#[derive(Debug)]
pub(super) struct Context {
    folder: TempFolder,
    /// The name of the job, which is also that of the folder for the image below.
    pub(super) name: String,
}

/// A context can't be written.
#[derive(Debug, thiserror::Error)]
#[error("its context can't be written to `{folder}`")]
pub(crate) struct ContextError {
    folder: Utf8PathBuf,
    source: io::Error,
}

impl Context {
    /// Creates the folder in the store, so that blobs can be linked.
    fn create(store: &Store) -> Result<Self, ContextError> {
        let folder = store.paths().scratch(Scratch::EngineJob);
        let folder = folder.map_err(|source| ContextError { folder: store.root().to_owned(), source })?;
        let name = job_name(folder.path());
        Ok(Self { folder, name })
    }

    pub(super) fn path(&self) -> &Utf8Path {
        self.folder.path()
    }

    /// Returns the error of a context that can't be written.
    pub(super) fn failed(&self, source: io::Error) -> ContextError {
        ContextError { folder: self.path().to_owned(), source }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;

    use super::Context;
    use crate::tests::workshop::Workshop;

    #[test]
    fn a_context_that_cant_be_written_is_named_by_its_folder() {
        let workshop = Workshop::stand_in();
        let context = Context::create(&workshop.store).unwrap();
        let failed = context.failed(std::io::ErrorKind::StorageFull.into());
        assert_eq!(failed.to_string(), format!("its context can't be written to `{}`", context.path()));
        assert_eq!(failed.source().unwrap().to_string(), "no storage space");
        drop(context);
        let root = workshop.store.root();
        fs::remove_dir_all(root).unwrap();
        fs::write(root, "").unwrap();
        let failed = Context::create(&workshop.store).unwrap_err();
        assert_eq!(failed.to_string(), format!("its context can't be written to `{root}`"));
    }
}
