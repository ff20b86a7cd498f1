//! AutoSD: sealed bases, what Automotive Image Builder needs of an image, its path rules, QM, transient /etc.

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
