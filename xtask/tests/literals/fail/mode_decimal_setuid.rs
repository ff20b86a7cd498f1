//! The `0o` was forgotten, with four digits.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(4755);
}
