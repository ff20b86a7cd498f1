//! The transport that `skopeo` wants.

use lapstrake_xtask::reference;

fn main() {
    let _ = reference!("docker://registry.example/autosd:1");
}
