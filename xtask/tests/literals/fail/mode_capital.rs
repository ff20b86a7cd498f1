//! A capital O.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(0O755);
}
