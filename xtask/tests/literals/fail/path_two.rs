//! Two paths, as a builder method would take them.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("/etc/sensord.toml", "/etc/sensord.key");
}
