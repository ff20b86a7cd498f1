//! What several rooms need and none of them owns: programs of this machine, progress, threads.

pub(crate) mod parallel;
pub(crate) mod program;
pub(crate) mod progress;
