//! A letter is missing in the suffix.

use lapstrake_xtask::unit;

fn main() {
    let _ = unit!("sensord.sevice");
}
