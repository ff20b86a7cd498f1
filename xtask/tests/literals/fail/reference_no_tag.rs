//! No tag, as `podman pull` allows.

use lapstrake_xtask::reference;

fn main() {
    let _ = reference!("registry.example:5000/autosd");
}
