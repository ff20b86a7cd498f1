//! A layer's bytes: one deterministic tar, its compression, and the record by which an unchanged layer
//! is known again. The tar keeps to the profile that ostree's and composefs' importers agree on.

mod compression;
pub(crate) mod header;
mod recipe;
mod tarball;

pub(crate) use compression::Compression;
pub(crate) use recipe::Recipe;
pub(crate) use tarball::{Removals, write_tar, write_whiteout};
