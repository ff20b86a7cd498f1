//! A removal, written as a layer writes it.

use lapstrake_xtask::path;

fn main() {
    let _ = path!("/etc/.wh.motd");
}
