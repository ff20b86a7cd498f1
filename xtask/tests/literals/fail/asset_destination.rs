//! Source and destination in one.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("deploy/sensord.toml", "/etc/sensord.toml");
}
