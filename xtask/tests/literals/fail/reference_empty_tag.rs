//! The tag is still to be typed.

use lapstrake_xtask::reference;

fn main() {
    let _ = reference!("registry.example/autosd:");
}
