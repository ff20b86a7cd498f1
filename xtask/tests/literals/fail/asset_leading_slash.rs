//! A slash before a path of the workspace.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("/deploy/sensord.service");
}
