//! Names an image in capitals.

use lapstrake_xtask::prelude::*;

fn main() {
    let _ = image! {
        name: "Telematics",
        base: stand_in,
        layer "app" { bin "sensord" }
    };
}
