//! A number, for a line.

use lapstrake_xtask::tmpfiles_line;

fn main() {
    let _ = tmpfiles_line!(5);
}
