//! A suffix that systemd does not have.

use lapstrake_xtask::unit;

fn main() {
    let _ = unit!("sensord.conf");
}
