//! The description of a layered bootc image: what a Rust team says about the operating system it ships.
//!
//! An [`Image`] stands on a [`Base`] and is made of [`Layer`]s; a layer holds [`entry`] values: a cargo
//! binary, a file, a systemd unit, a removal. Every word in it is one of the newtypes in [`value`],
//! parsed once. [`systemd`] reads the unit files that a description brings; [`rule`] says what a
//! description may not say.
//!
//! The crate is pure: it starts no process and writes no file. What acts on a description (cargo, the
//! OCI layers, the command line) is `lapstrake-xtask`.
//!
//! ```
//! use lapstrake::{Base, Image, Layer, entry::Unit};
//!
//! let image = Image::new("telematics", Base::stand_in()).layer(
//!     Layer::new("app")
//!         .bin("sensord")
//!         .unit(Unit::text("sensord.service", "[Service]\nExecStart=/usr/bin/sensord\n")),
//! );
//! assert_eq!(image.layers()[0].entries().len(), 2);
//! ```
//!
//! **A builder call never panics and never returns a `Result`.** A bad value is kept beside the
//! [`Site`] of the call that gave it, and `cargo xtask image plan` reports all of them at once.

pub mod entry;
pub mod rule;
pub mod systemd;
pub mod value;

mod base;
mod given;
mod image;
mod layer;
mod site;
mod stage;

pub use base::{Base, Location};
pub use given::Given;
pub use image::Image;
pub use layer::Layer;
pub use site::Site;
pub use stage::Stage;
