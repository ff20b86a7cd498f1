//! The ABI gate: whether the loader of the image can start each program that the layers bring.

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
