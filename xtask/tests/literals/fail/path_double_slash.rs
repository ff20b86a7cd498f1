//! Two paths put together by hand.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("/etc//sensord.toml");
}
