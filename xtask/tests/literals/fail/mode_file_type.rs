//! All of `st_mode`, the file type included.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!(0o100644);
}
