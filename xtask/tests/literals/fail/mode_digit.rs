//! No octal digit; rustc itself says so, and nothing is added.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(0o8);
}
