//! The user's cargo workspace as it lies on this machine: its packages, the files that a description names, and
//! its `lapstrake.lock`.

pub(crate) mod assets;
pub(crate) mod cargo_flags;
pub(crate) mod cargo_lock;
pub(crate) mod fixes;
pub(crate) mod lockfile;
pub(crate) mod workspace;
