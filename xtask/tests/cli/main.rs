//! The command line as its user meets it: a workspace of their own, the binary of their xtask, what it
//! prints where, and what is on the disk afterwards. Nothing here sees the crate's inside.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod boots;
mod builds;
mod checkouts;
mod checks;
mod columns;
mod compile;
mod context;
mod diff;
mod documents;
mod environment;
mod failures;
mod findings;
mod fixes;
mod fixture;
mod gc;
mod hashes;
mod interrupts;
mod layers;
mod lock;
mod plans;
mod planted;
mod progress;
mod push;
mod registry;
mod repo_digests;
mod result;
mod rootless;
mod sign;
mod storage;
mod transports;
mod verify;
