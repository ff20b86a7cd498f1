//! As `ls -l` writes it.

use lapstrake_xtask::mode;

fn main() {
    let _ = mode!("rwxr-xr-x");
}
