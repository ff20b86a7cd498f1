//! A text that is put together when the program runs.

use lapstrake_xtask::path;

fn main() {
    let name = "sensord";
    let _ = path!(format!("/etc/{name}.toml"));
}
