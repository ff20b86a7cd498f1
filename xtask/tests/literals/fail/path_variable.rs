//! A value that only the running program knows.

use lapstrake_xtask::path;

fn main() {
    let place = String::from("/etc/sensord.toml");
    let _ = path!(place);
}
