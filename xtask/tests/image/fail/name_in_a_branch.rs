//! Names the image by its variant.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        base: stand_in,
        if cfg!(debug_assertions) {
            name: "debug",
        }
        layer "app" { bin "sensord" }
    };
}
