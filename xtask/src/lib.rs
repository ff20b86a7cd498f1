//! `cargo xtask image …`: a description of a bootc image becomes a plan, a Containerfile, an OCI image.
//!
//! A user's whole integration is this crate and a `main`:
//!
//! ```no_run
//! use lapstrake_xtask::prelude::*;
//!
//! fn main() -> ExitCode {
//!     lapstrake_xtask::main([Image::new("telematics", Base::stand_in()).layer(Layer::new("app").bin("sensord"))])
//! }
//! ```
//!
//! # The way data flows
//!
//! | room | from | to |
//! |---|---|---|
//! | `workspace`, `source` | the user's cargo workspace | its binaries, and the files a description names |
//! | `base` | `docker://`, `containers-storage:`, `oci:`, `oci-archive:`, `stand-in` | a verified, frozen base and the index of its tree |
//! | `plan` | description, workspace, sources, base | every inode of every layer; pure, total, sorted |
//! | `finding` | what is wrong with any of these | the user's own line, underlined |
//! | `check` | the plan, its tree on the base, the staged files | findings, as early as each can be made |
//! | `analyze` | the units of a plan | the word of systemd-analyze, where this machine has it |
//! | `compile` | the plan's cargo invocations | executables |
//! | `stages` | the plan's stages, builder images | what an engine compiles in them, kept |
//! | `stage` | plan, executables | exact bytes and digests |
//! | `layer` | a planned layer, staged | one deterministic tar, compressed |
//! | `engine`, `prefix` | the layers in which something runs | the same as layers of ours, kept, and the tree they make |
//! | `native` | layers, base | an OCI image in the `store` |
//! | `deliver` | that image | an archive, podman's storage |
//! | `boot` | that image | a disk, a machine in QEMU, and what a command in it said |
//! | `emit` | the same layers | a Containerfile and its context |
//! | `oci`, `lock`, `progress`, `cli` | | blobs and layouts, pins, the talk, the commands |
//!
//! `pipeline` is that table as code. Nothing above `cli` knows of the command line, nothing above
//! `pipeline` of the order; the description itself is the crate [`lapstrake`], which knows none of this.

mod analyze;
mod base;
mod boot;
pub mod check;
#[doc = include_str!("../checks.md")]
pub mod checks {}
mod cli;
mod compile;
mod deliver;
mod emit;
mod engine;
mod finding;
#[cfg(any(test, feature = "__fuzz"))]
#[doc(hidden)]
pub mod fuzz;
mod image;
mod installed;
mod layer;
mod literals;
mod lock;
mod native;
mod oci;
mod parallel;
mod pipeline;
mod plan;
mod prefix;
pub mod prelude;
mod progress;
mod source;
mod stage;
mod stages;
mod store;
#[cfg(test)]
mod tests;
mod workspace;

pub use cli::{ImageArgs, main, main_with};
pub use finding::{Blame, Finding, Related, Severity};
pub use lapstrake;
#[doc(hidden)]
pub use literals::__private;
