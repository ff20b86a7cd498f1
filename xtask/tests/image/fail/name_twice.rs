//! Copies an image and keeps its name.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "cluster",
        base: stand_in,
        name: "infotainment",
        layer "app" { bin "sensord" }
    };
}
