//! The lints of `bootc container lint`, on the merged tree, in bootc's order and with its exemptions.
//! All of them always run: where bootc stops at two kernels, these go on.

mod base_directories;

use super::Check;

pub(super) const CHECKS: &[Check] = &[base_directories::CHECK];
