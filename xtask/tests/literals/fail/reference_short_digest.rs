//! A digest, cut as `podman images` shows it.

use lapstrake_xtask::reference;

fn main() {
    let _ = reference!("registry.example/autosd@sha256:1f2e3d4c5b6a");
}
