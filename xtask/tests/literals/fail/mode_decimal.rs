//! The `0o` was forgotten.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(755);
}
