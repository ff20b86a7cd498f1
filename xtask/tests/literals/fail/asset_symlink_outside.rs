//! A symlink that leads to a file of the host.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("deploy/host-os-release");
}
