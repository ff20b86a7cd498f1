//! A directory, as a shell completes it.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("/etc/sensord/");
}
