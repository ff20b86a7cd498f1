//! What several rooms need and none of them owns: programs of this machine, what is reported of an error, progress,
//! threads.

pub(crate) mod columns;
pub(crate) mod der;
pub(crate) mod diagnosis;
pub(crate) mod explain;
pub(crate) mod folder;
pub(crate) mod identity;
pub(crate) mod module_signature;
pub(crate) mod os_error;
pub(crate) mod parallel;
pub(crate) mod program;
pub(crate) mod progress;
pub(crate) mod shell;
pub(crate) mod small_map;
pub(crate) mod transfer;
