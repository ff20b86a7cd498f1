//! A character that slipped behind the quotes.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("/etc/sensord.toml"s);
}
