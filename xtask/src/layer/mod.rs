//! A layer's bytes: one deterministic tar, and the record by which an unchanged layer
//! is known again. The tar keeps to the profile that ostree's and composefs' importers agree on.

pub(crate) mod header;
mod recipe;
mod tarball;

pub(crate) use recipe::Recipe;
pub(crate) use tarball::{Removals, write_tar, write_whiteout};
