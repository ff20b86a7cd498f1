//! The suffix was forgotten, as systemctl allows.

use lapstrake_xtask::unit;

fn main() {
    let _ = unit!("sensord");
}
