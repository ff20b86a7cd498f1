//! Nothing between the quotes yet.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("");
}
