//! Units and the files around them: what systemd would refuse, or start and see fail, in the merged tree.
//! Only what the layers bring is judged: a unit of theirs, or a setting that their drop-in adds.

mod exec;
mod install;
mod loaded;
mod misplaced;
mod port;
mod quadlet;
mod state;
mod user;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    misplaced::CHECK,
    exec::START,
    exec::MISSING,
    exec::MODE,
    user::CHECK,
    install::TARGET,
    install::REQUIRES,
    install::LINK,
    quadlet::CHECK,
    state::CHECK,
    port::CHECK,
];
