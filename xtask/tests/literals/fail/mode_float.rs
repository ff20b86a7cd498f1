//! A point in the number.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(0.755);
}
