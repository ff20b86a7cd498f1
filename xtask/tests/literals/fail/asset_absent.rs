//! A file that is nowhere.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("deploy/can0.network");
}
