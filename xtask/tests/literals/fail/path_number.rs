//! A mode in the place of the path.

use lapstrake_xtask::path;

fn main() {
    let _ = path!(0o644);
}
