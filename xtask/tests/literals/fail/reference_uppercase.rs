//! A capital letter.

use lapstrake_xtask::reference;

fn main() {
    let _ = reference!("registry.example/AutoSD:1");
}
