//! A space.

use lapstrake_xtask::unit;

fn main() {
    let _ = unit!("sensor daemon.service");
}
