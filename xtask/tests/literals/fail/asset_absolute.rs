//! The path on the machine of whoever wrote it.

use lapstrake_xtask::asset;

fn main() {
    let _ = asset!("/srv/telematics/logo.png");
}
