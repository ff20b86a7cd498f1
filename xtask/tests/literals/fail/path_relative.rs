//! The leading slash was forgotten.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("etc/sensord.toml");
}
