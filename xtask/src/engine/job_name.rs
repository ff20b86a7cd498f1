//! Names the jobs of engines, and their images and containers in the storage of an engine. A later process finds by a
//! name what a killed one left.

use camino::Utf8Path;
use lapstrake_oci::Digest;

use crate::store::Scratch;

/// Returns the name of the job with this context, in the form of a repository's name. No other build uses it: it has
/// the random part of the folder's name, and a digest of the store's path, because several stores share the storage
/// of an engine.
pub(super) fn job_name(context: &Utf8Path) -> String {
    let store = context.parent().expect("a temporary folder is in the store");
    let folder = context.file_name().expect("a temporary folder has a name");
    let random =
        folder.strip_prefix(Scratch::EngineJob.prefix()).expect("a context has the prefix of contexts");
    format!("{}{}", job_prefix(store), random.to_lowercase())
}

/// Returns how the names of all jobs of a store begin.
pub(super) fn job_prefix(store: &Utf8Path) -> String {
    let digest = Digest::of(store.as_str().as_bytes());
    format!("lapstrake-{}-engine-", &digest.hex()[..8])
}

/// Returns the name of the image that a job builds.
pub(super) fn built(job: &str) -> String {
    format!("localhost/{job}-made")
}

/// Returns the name that an engine gives the image below a job, if that is a layout in the context.
pub(super) fn below(job: &str) -> String {
    format!("localhost/{job}")
}

/// Returns the name of the image on which a job collects its results.
pub(super) fn results(job: &str) -> String {
    format!("localhost/{job}-results")
}

/// Returns the name of the second build of a job.
pub(super) fn listing(job: &str) -> String {
    format!("{job}-packages")
}
