//! `cargo xtask image …`: a description of a bootc image becomes a plan, a Containerfile, an OCI image.
//!
//! A user's whole integration is this crate and a `main`:
//!
//! ```no_run
//! use lapstrake_xtask::prelude::*;
//!
//! fn main() -> ExitCode {
//!     Xtask::new([Image::new("telematics", Base::stand_in()).layer(Layer::new("app").bin("sensord"))]).main()
//! }
//! ```
//!
//! # How data flows
//!
//! | room | from | to |
//! |---|---|---|
//! | `macros` | literals in the user's source | calls of the builders, with the caller's place |
//! | `support` | programs of this machine, threads | progress, files written atomically |
//! | `finding` | what is wrong | the user's own line, underlined |
//! | `store` | what was built and fetched | the same layers, files and records, verified and found by their keys |
//! | `project` | the user's cargo workspace | its packages, the files that a description names, its lockfile |
//! | `base` | `docker://`, `containers-storage:`, `oci:`, `oci-archive:`, `stand-in` | a verified, frozen base and the index of its tree |
//! | `plan` | description, project, base | every inode of every layer: pure, total, sorted |
//! | `inputs` | the plan, the executables | exact bytes and digests |
//! | `check` | the plan, its tree on the base, the inputs | findings, as early as each can be made |
//! | `cargo` | the plan's invocations of cargo | executables |
//! | `layer` | a planned layer and its inputs | its cache key, and one deterministic tar |
//! | `image` | layers, base | an OCI image in the store |
//! | `emit` | the same layers | a Containerfile and its context |
//! | `engine` | the layers and build stages in which something runs | engine layers and compiled files, cached by their inputs |
//! | `deliver` | an image of the store | a layout, an archive, containers-storage, a registry |
//! | `difference` | two images, read as bases are | what changes between them, and what a device downloads |
//! | `boot` | an image of the store | a disk, a machine in QEMU, and the output of a command in it |
//! | `session` | descriptions | all of the above, in this order |
//! | `testing` | a description in a `#[test]` | what is where in the image, and the findings |
//! | `cli` | arguments | the commands |
//!
//! A room uses the rooms above it in this table, never those below.
//! The description itself is the crate [`lapstrake`], images as bytes are the crate [`lapstrake_oci`].

mod base;
mod boot;
mod cargo;
pub mod check;
#[doc = include_str!("../checks.md")]
pub mod checks {
    pub use crate::check::names::*;
}
mod cli;
mod deliver;
mod difference;
mod emit;
mod engine;
mod finding;
#[cfg(any(test, feature = "__fuzz"))]
#[doc(hidden)]
pub mod fuzz;
mod image;
mod inputs;
mod layer;
mod macros;
mod plan;
pub mod prelude;
mod project;
mod session;
mod store;
mod support;
pub mod testing;
#[cfg(test)]
mod tests;

/// The examples of the guide are tests.
#[cfg(doctest)]
#[doc = include_str!("../guide/containerfile.md")]
mod guide {}

pub use cli::{ImageArgs, Xtask};
pub use finding::{Blame, Bootc, Finding, Fix, Place, Related, Severity};
pub use lapstrake;
#[doc(hidden)]
pub use macros::__private;
