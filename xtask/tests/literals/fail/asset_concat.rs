//! A text that another macro would make.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!(concat!("deploy/", "sensord.toml"));
}
