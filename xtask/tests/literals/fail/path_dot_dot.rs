//! A path that climbs.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("/usr/share/../lib/sensord");
}
