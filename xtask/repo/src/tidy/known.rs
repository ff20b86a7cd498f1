//! The violations that are tolerated. There are none: fix a violation instead of adding its key.

/// The keys of the tolerated violations.
pub(super) const KNOWN: &[&str] = &[];
