//! Secrets that would ship in a layer: private keys, tokens, passwords. A short and precise set.

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
