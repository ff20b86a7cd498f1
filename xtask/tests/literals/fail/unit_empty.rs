//! Nothing between the quotes yet.

use lapstrake_xtask::unit;

fn main() {
    let _ = unit!("");
}
