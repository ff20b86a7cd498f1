//! A layer's bytes: one deterministic tar, and the cache key by which an unchanged layer is found again. The tar
//! has the profile on which the importers of ostree and composefs agree.

mod cache_key;
mod tar;

pub(crate) use cache_key::{CacheKey, CacheKeys, Keyed, marks_of_paths};
pub(crate) use tar::{Removals, write_tar};
