//! A file of the repository beside this one.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("../common/banner.txt");
}
