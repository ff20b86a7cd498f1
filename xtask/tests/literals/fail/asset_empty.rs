//! Nothing between the quotes yet.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("");
}
