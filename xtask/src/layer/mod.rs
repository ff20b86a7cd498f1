//! A layer's bytes: one deterministic tar, and the record by which an unchanged layer
//! is known again. The tar keeps to the profile that ostree's and composefs' importers agree on.

mod cache_key;
mod tar;

pub(crate) use cache_key::CacheKey;
pub(crate) use tar::{Removals, write_tar};
