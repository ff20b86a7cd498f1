//! A file in the place of a directory.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("deploy/sensord.toml/");
}
