//! A constant of the user.

use lapstrake_xtask::mode;

const PRIVATE: u32 = 0o600;

fn main() {
    let _ = mode!(PRIVATE);
}
