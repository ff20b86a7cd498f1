//! Units and the files around them: what systemd would refuse, or start and see fail, in the merged tree.

use super::Check;

pub(super) const CHECKS: &[Check] = &[];
