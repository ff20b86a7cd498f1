//! No argument yet.

use lapstrake_xtask::path;

fn main() {
    let _ = path!();
}
