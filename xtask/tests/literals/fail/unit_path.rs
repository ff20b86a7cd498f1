//! Where the unit file is, in the place of its name.

use lapstrake_xtask::unit;

fn main() {
    let _ = unit!("/usr/lib/systemd/system/sensord.service");
}
