//! What planning itself finds: values that are none, sources that are missing, destinations that clash.
//! They are listed here so that `--list` and the page of checks are whole; `plan` finds them.

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
