//! A text that is put together when the program runs, from a literal.

use lapstrake_xtask::path;

fn main() {
    let name = "sensord";
    let _ = path!("/etc/".to_owned() + name);
}
