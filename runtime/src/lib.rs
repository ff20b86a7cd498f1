//! The description of a layered bootc image.
//!
//! An [`Image`] is built on a [`Base`] and consists of [`Layer`]s. A layer holds values of [`entry`]: a cargo
//! binary, a file, a systemd unit, a removal. Each word of a description is parsed once, into a newtype of
//! [`value`]. [`systemd`] reads unit files; [`rule`] knows which descriptions are refused.
//!
//! The crate is pure: it starts no process and reads and writes no file. `lapstrake-xtask` acts on a
//! description: cargo, the OCI layers, the command line.
//!
//! ```
//! use lapstrake::{Base, Image, Layer, entry::Unit};
//!
//! let image = Image::new("telematics", Base::stand_in()).layer(
//!     Layer::new("app")
//!         .bin("sensord")
//!         .unit(Unit::text("sensord.service", "[Service]\nExecStart=/usr/bin/sensord\n")),
//! );
//! assert_eq!(image.layers[0].entries.len(), 2);
//! assert!(image.find("/usr/bin/sensord").is_some());
//! ```
//!
//! **Methods write, fields read.** `layer.entries([…])` adds entries, `layer.entries` has them.
//!
//! **A builder call never panics and never returns a `Result`.** A bad value is kept with the [`Site`] of the
//! call that gave it; [`Image::faults`] and `cargo xtask image plan` report all of them at once.

pub mod entry;
pub mod rule;
#[doc(hidden)]
pub mod suggest;
pub mod systemd;
pub mod value;

mod base;
mod bound;
mod execution;
mod faults;
mod image;
mod layer;
mod parsed;
mod site;
mod span;
mod words;

pub use base::{Base, IntoBase, TransportRef};
pub use entry::build_stage::BuildStage;
pub use execution::{Arguments, Execution};
pub use image::Image;
pub use layer::Layer;
#[doc(hidden)]
pub use parsed::Parsed;
pub use site::Site;
pub use span::Span;
