//! A byte string.

use lapstrake_xtask::path;

fn main() {
    let _ = path!(b"/etc/sensord.toml");
}
