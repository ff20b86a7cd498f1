//! A minus before the number.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(-0o755);
}
