//! Octal as C writes it.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(0644);
}
