//! What several rooms need and none of them owns: programs of this machine, progress, threads, suggestions.

pub(crate) mod parallel;
pub(crate) mod program;
pub(crate) mod progress;
pub(crate) mod suggest;
