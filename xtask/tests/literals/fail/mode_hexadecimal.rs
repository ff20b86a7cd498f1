//! Hexadecimal, as a debugger prints it.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(0x1ed);
}
